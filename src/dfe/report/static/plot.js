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
    this.line = this.area.appendChild(document.createElement("div"));
    this.line.className = "cursor";
    this.line.hidden = true;
    time.onWindow.push(() => this.ask());
    time.onCursor.push(() => this.placeCursor());
    new ResizeObserver(() => this.ask()).observe(this.area);
    this.listen();
  }

  get height() {
    return this.rows.length * ROW;
  }

  /** Paints before the browser next shows the page, however often it is asked for. */
  ask() {
    if (this.asked) return;
    this.asked = true;
    requestAnimationFrame(() => {
      this.asked = false;
      this.draw();
    });
  }

  draw() {
    const width = this.area.clientWidth;
    if (!width) return;
    const scale = window.devicePixelRatio || 1;
    this.area.style.height = `${this.height + AXIS}px`;
    this.canvas.width = Math.round(width * scale);
    this.canvas.height = Math.round((this.height + AXIS) * scale);
    const ctx = this.canvas.getContext("2d");
    ctx.scale(scale, scale);
    const colours = palette();
    const box = { top: 0, width, height: this.height, columns: Math.round(width * scale) };
    paintAxis(ctx, this.time, box, colours);
    this.paint(ctx, box, colours);
    this.area.dataset.drawn = "yes";
  }

  x(at) {
    return ((at - this.time.from) / this.time.length) * this.area.clientWidth;
  }

  at(x) {
    return this.time.from + (x / this.area.clientWidth) * this.time.length;
  }

  placeCursor() {
    const { cursor, from, to } = this.time;
    this.line.hidden = cursor === null || cursor < from || cursor > to;
    if (!this.line.hidden) this.line.style.transform = `translateX(${this.x(cursor)}px)`;
  }

  /** Entries of a row that hold a moment. */
  found(row, at) {
    const { start, end } = this.rows[row];
    const hits = [];
    for (let i = 0; i < start.length && start[i] <= at; i++) if (end[i] > at) hits.push(i);
    return hits;
  }

  listen() {
    const area = this.area;
    let drag = null;
    area.addEventListener("pointerdown", (event) => {
      drag = { x: event.clientX, from: this.time.from };
    });
    area.addEventListener("pointermove", (event) => {
      if (drag && event.buttons && Math.abs(event.clientX - drag.x) > 3 && !this.time.isWhole) {
        area.setPointerCapture(event.pointerId);
        const moved = ((event.clientX - drag.x) / area.clientWidth) * this.time.length;
        this.time.show(drag.from - moved, this.time.length);
      }
      this.hover(event);
    });
    area.addEventListener("pointerup", () => (drag = null));
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
    const frame = this.area.getBoundingClientRect();
    const at = this.at(event.clientX - frame.left);
    this.time.point(at);
    const row = Math.floor((event.clientY - frame.top) / ROW);
    const shown = this.describe(row, at);
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

  /** Goes to the stretch before or after the cursor, in the row that is chosen. */
  step(direction) {
    const { start } = this.rows[this.row];
    const cursor = this.time.cursor ?? (direction > 0 ? -Infinity : Infinity);
    let next = direction > 0 ? start.findIndex((at) => at > cursor) : start.findLastIndex((at) => at < cursor);
    if (next < 0) next = direction > 0 ? this.last() : 0;
    this.goTo(next);
  }

  goTo(index) {
    const row = this.rows[this.row];
    if (index < 0 || !row.start.length) return this.tip.say(`${this.rowName(this.row)}: nothing here`);
    this.time.reveal(row.start[index], row.end[index]);
    this.time.point(row.start[index]);
    const shown = this.describe(this.row, row.start[index]);
    const frame = this.area.getBoundingClientRect();
    this.tip.show(shown, frame.left + Math.max(0, this.x(row.start[index])), frame.top + (this.row + 0.5) * ROW);
    this.tip.say(`${shown.title}, ${shown.lines.join(", ")}`);
  }

  choose(row) {
    this.row = Math.max(0, Math.min(this.rows.length - 1, row));
    this.mark();
    this.tip.hide();
    this.tip.say(`${this.rowName(this.row)}, ${this.rows[this.row].start.length} stretches`);
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
