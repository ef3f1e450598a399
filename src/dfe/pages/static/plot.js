"use strict";

const ROW = 22;
const AXIS = 24;

/**
 * A chart over time with a column of names at its left. It knows the mouse, the wheel, touch and the keyboard;
 * its children paint it and say what lies at a point.
 */
class Plot {
  constructor(element, time, tip) {
    this.names = element.querySelector(".names");
    this.area = element.querySelector(".area");
    this.canvas = element.querySelector("canvas");
    this.time = time;
    this.tip = tip;
    this.rows = [];
    this.row = 0;
    this.asked = false;
    this.seen = true;
    /** Paper shows all of a chart, whatever of it is in sight. */
    this.printing = false;
    this.lines = { cursor: this.layer("cursor"), playhead: this.layer("playhead"), chosen: this.layer("chosen") };
    this.hearTime();
    this.listen();
  }

  /** What follows the time; a chart that is thrown away must not go on hearing it. */
  hearTime() {
    const { time } = this;
    const heard = [
      [time.onWindow, () => this.ask()],
      [time.onCursor, () => this.placeLine("cursor", time.cursor)],
      [time.onPlayhead, () => this.placeLine("playhead", time.playhead)],
      [time.onChosen, () => this.placeChosen()],
    ];
    for (const [list, listener] of heard) list.push(listener);
    const resized = new ResizeObserver(() => this.ask());
    resized.observe(this.area);
    const scheme = matchMedia("(prefers-color-scheme: dark)");
    const recoloured = () => this.ask();
    scheme.addEventListener("change", recoloured);
    // On a busy machine several changes come at once: the last one holds.
    const watched = new IntersectionObserver((told) => this.see(told.at(-1).isIntersecting), { rootMargin: "80px" });
    watched.observe(this.area);
    // Rows of a tall chart that were out of sight are painted once the page scrolls to them.
    const scrolled = () => this.stale && this.ask();
    document.addEventListener("scroll", scrolled, { capture: true, passive: true });
    this.forget = () => {
      document.removeEventListener("scroll", scrolled, { capture: true });
      scheme.removeEventListener("change", recoloured);
      for (const [list, listener] of heard) list.splice(list.indexOf(listener), 1);
      resized.disconnect();
      watched.disconnect();
    };
  }

  layer(name) {
    const line = this.area.appendChild(document.createElement("div"));
    line.className = name;
    line.hidden = true;
    return line;
  }

  get height() {
    return this.rows.length * ROW;
  }

  /** A chart that is out of sight is drawn once it comes into it. */
  see(seen) {
    this.seen = seen;
    if (seen && this.stale) this.ask();
  }

  /** Paints before the browser next shows the page, however often it is asked for. */
  ask() {
    this.stale = true;
    if (this.asked || !this.seen) return;
    this.asked = true;
    requestAnimationFrame(() => {
      this.asked = false;
      this.draw();
    });
  }

  draw() {
    const width = this.area.clientWidth;
    if (!width) return;
    this.stale = false;
    const scale = window.devicePixelRatio || 1;
    const [wide, high] = [Math.round(width * scale), Math.round((this.height + AXIS) * scale)];
    const ctx = this.canvas.getContext("2d");
    if (this.canvas.width !== wide || this.canvas.height !== high) {
      this.area.style.height = `${this.height + AXIS}px`;
      Object.assign(this.canvas, { width: wide, height: high });
    }
    ctx.setTransform(1, 0, 0, 1, 0, 0);
    ctx.clearRect(0, 0, wide, high);
    const colours = palette();
    const box = { top: 0, width, height: this.height, columns: wide, scale };
    this.paintUnder(ctx, box, colours);
    ctx.setTransform(scale, 0, 0, scale, 0, 0);
    paintAxis(ctx, this.time, box, colours);
    this.paint(ctx, box, colours);
    for (const name of ["cursor", "playhead"]) this.placeLine(name, this.time[name]);
    this.placeChosen();
    this.area.dataset.drawn = "yes";
  }

  /** What is put in pixel by pixel, before the axis; most charts have nothing of that. */
  paintUnder() {}

  x(at) {
    return ((at - this.time.from) / this.time.length) * this.area.clientWidth;
  }

  at(x) {
    return this.time.from + (x / this.area.clientWidth) * this.time.length;
  }

  placeLine(name, at) {
    const line = this.lines[name];
    line.hidden = at === null || at < this.time.from || at > this.time.to;
    if (!line.hidden) line.style.transform = `translateX(${this.x(at)}px)`;
  }

  placeChosen() {
    const { chosen, from, to } = this.time;
    const line = this.lines.chosen;
    line.hidden = !chosen || chosen.to < from || chosen.from > to;
    if (line.hidden) return;
    const left = Math.max(0, this.x(chosen.from));
    line.style.left = `${left}px`;
    line.style.width = `${Math.max(1, Math.min(this.area.clientWidth, this.x(chosen.to)) - left)}px`;
  }

  listen() {
    const area = this.area;
    let drag = null;
    area.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      const at = this.momentOf(event);
      drag = { x: event.clientX, from: this.time.from, at, choosing: event.shiftKey && this.time.choosable, moved: false };
    });
    area.addEventListener("pointermove", (event) => {
      if (drag && event.buttons && Math.abs(event.clientX - drag.x) > 3) this.dragged(drag, event);
      this.hover(event);
    });
    area.addEventListener("pointerup", (event) => {
      if (drag && !drag.moved) this.clicked(event);
      drag = null;
    });
    area.addEventListener("pointerleave", () => {
      drag = null;
      this.tip.hide();
      this.time.point(null);
    });
    area.addEventListener("blur", () => this.tip.hide());
    area.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    area.addEventListener("keydown", (event) => {
      if (event.altKey || event.metaKey || event.ctrlKey || !this.key(event)) return;
      event.preventDefault();
    });
  }

  dragged(drag, event) {
    if (!drag.moved) this.area.setPointerCapture(event.pointerId);
    drag.moved = true;
    if (drag.choosing) this.time.choose(drag.at, this.momentOf(event));
    else if (!this.time.isWhole) {
      const moved = ((event.clientX - drag.x) / this.area.clientWidth) * this.time.length;
      this.time.show(drag.from - moved, this.time.length);
    }
  }

  momentOf(event) {
    return this.at(event.clientX - this.area.getBoundingClientRect().left);
  }

  rowOf(event) {
    return Math.floor((event.clientY - this.area.getBoundingClientRect().top) / ROW);
  }

  clicked(event) {
    this.time.pick?.(this.momentOf(event));
  }

  /** A plain wheel scrolls the page, as everywhere, until the chart has been clicked. */
  wheel(event) {
    const sideways = Math.abs(event.deltaX) > Math.abs(event.deltaY);
    if (sideways && !this.time.isWhole) {
      this.time.scroll(event.deltaX / this.area.clientWidth);
    } else if (!sideways && (event.ctrlKey || document.activeElement === this.area)) {
      const x = event.clientX - this.area.getBoundingClientRect().left;
      this.time.zoom(Math.exp(Math.max(-1, Math.min(1, event.deltaY / 240))), this.at(x));
    } else {
      return;
    }
    event.preventDefault();
  }

  hover(event) {
    const at = this.momentOf(event);
    this.place = null;
    this.time.point(at);
    const shown = this.describe(this.rowOf(event), at);
    if (shown) this.tip.show(shown, event.clientX, event.clientY);
    else this.tip.hide();
  }

  key(event) {
    const arrow = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (arrow && event.shiftKey) this.time.scroll(arrow * 0.2);
    else if (arrow) this.step(arrow);
    else if (event.key === "ArrowUp" || event.key === "ArrowDown") {
      if (this.rows.length < 2) return false;
      this.choose(this.row + (event.key === "ArrowUp" ? -1 : 1));
    } else if (event.key === "+" || event.key === "=") this.time.zoom(0.5);
    else if (event.key === "-") this.time.zoom(2);
    else if (event.key === "0") this.time.whole();
    else if (event.key === "Home" || event.key === "End") this.goTo(event.key === "Home" ? 0 : this.last());
    else if (event.key === "Enter") this.enter();
    else if (event.key === "Escape") this.tip.hide();
    else return false;
    return true;
  }

  last() {
    return this.rows[this.row].start.length - 1;
  }

  /** Goes to the event (or stretch) before or after the cursor, in the row that is chosen. */
  step(direction) {
    const { start } = this.rows[this.row];
    const here = this.standing() ?? this.time.here() ?? (direction > 0 ? -Infinity : Infinity);
    let next = direction > 0 ? start.findIndex((at) => at > here + 0.05) : start.findLastIndex((at) => at < here - 0.05);
    if (next < 0) next = direction > 0 ? this.last() : 0;
    this.goTo(next);
  }

  /** Where the event begins that the keyboard went to last, while the film still stands there. */
  standing() {
    const { place, time } = this;
    return place && (time.playhead === null || Math.abs(time.playhead - place.at) < 100) ? place.start : null;
  }

  goTo(index) {
    const row = this.rows[this.row];
    if (index < 0 || !row.start.length) return this.tip.say(`${this.rowName(this.row)}: nothing here`);
    this.time.reveal(row.start[index], row.end[index]);
    this.time.point(row.start[index]);
    this.visit(index);
    const shown = this.describe(this.row, row.start[index]);
    const frame = this.area.getBoundingClientRect();
    this.tip.show(shown, frame.left + Math.max(0, this.x(row.start[index])), frame.top + (this.row + 0.5) * ROW);
    this.tip.say(`${shown.title}, ${shown.lines.join(", ")}`);
  }

  /** A film goes where the keyboard went. */
  visit(index) {
    this.time.pick?.(this.rows[this.row].start[index]);
  }

  choose(row) {
    this.row = Math.max(0, Math.min(this.rows.length - 1, row));
    this.mark();
    this.tip.hide();
    this.tip.say(`${this.rowName(this.row)}, ${this.rows[this.row].start.length} ${this.counted}`);
  }

  get counted() {
    return "stretches";
  }

  mark() {
    [...this.names.children].forEach((name, i) => name.classList.toggle("chosen", i === this.row));
  }

  enter() {}

  rowName() {
    return "";
  }

  lasts(from, to) {
    const longest = this.time.end;
    const unit = longest <= 120000 ? " s" : "";
    return `${clock(from, longest, 2)} to ${clock(to, longest, 2)}${unit} (${((to - from) / 1000).toFixed(2)} s)`;
  }
}
