"use strict";

const SECONDS = 20;
const ROWS = 9;
/** Strength at the top of a strip, in mm; stronger ones reach it, too. */
const TOP_MM = 2;
/** Of what is shown, what came this long ago counts by a third. */
const FADING_S = 4;
const SORTED_EVERY_MS = 1000;

/** Of the page's time that one kind of drawing may take: slow machines then draw less often, and lose no frames. */
const SHARE = 0.2;

/** A function that does `work` on the next frame of the screen, but no sooner than `least` ms after the last time. */
function paced(work, least) {
  let waiting = false, last = -Infinity, pause = least;
  const run = (now) => {
    if (now - last < pause) {
      requestAnimationFrame(run);
      return;
    }
    waiting = false;
    last = now;
    const began = performance.now();
    work();
    pause = Math.max(least, (performance.now() - began) / SHARE);
  };
  return () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(run);
  };
}

/** The table of displays of the last seconds: a row each, its strength now, and a strip of its strength over time. */
class Strips {
  constructor(body, names) {
    Object.assign(this, { body, names, moments: [], rows: new Map(), sortedAt: -Infinity });
    this.refresh = paced(() => this.paint(), 80);
    this.readColours();
    byId("full-row").textContent = `(a full row is ${TOP_MM} mm or more)`;
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.readColours());
  }

  readColours() {
    const style = getComputedStyle(document.documentElement);
    [this.ink, this.grid] = ["--both", "--grid"].map((name) => style.getPropertyValue(name));
  }

  clear() {
    this.moments = [];
    this.rows.clear();
    this.body.replaceChildren();
  }

  /** A frame: seconds on the page's clock, and strength in mm by display. */
  add(at, said, now) {
    this.moments.push({ at, said });
    while (this.moments.length && this.moments[0].at < at - SECONDS) this.moments.shift();
    if (now - this.sortedAt > SORTED_EVERY_MS) {
      this.sortedAt = now;
      this.sort();
    }
    this.refresh();
  }

  sort() {
    const sums = new Map();
    const last = this.moments.at(-1).at;
    for (const { at, said } of this.moments) {
      const share = Math.exp((at - last) / FADING_S);
      for (const [n, mm] of said) sums.set(n, (sums.get(n) || 0) + share * mm);
    }
    const chosen = [...sums].sort((a, b) => b[1] - a[1] || a[0] - b[0]).slice(0, ROWS).map(([n]) => n);
    for (const [n, row] of this.rows) {
      if (chosen.includes(n)) continue;
      row.line.remove();
      this.rows.delete(n);
    }
    chosen.forEach((n, place) => {
      const row = this.rows.get(n) || this.made(n);
      if (this.body.children[place] !== row.line) this.body.insertBefore(row.line, this.body.children[place] || null);
    });
  }

  made(n) {
    const strip = make("canvas", { "aria-hidden": "true" });
    const number = make("td", { className: "n" });
    const name = make("td", { className: "name" }, make("b", {}, String(n)), ` ${this.names[n] || ""}`);
    const line = make("tr", { data: { display: String(n) } }, name, number, make("td", {}, strip));
    const row = { line, number, strip };
    this.rows.set(n, row);
    return row;
  }

  paint() {
    const last = this.moments.at(-1);
    if (!last) return;
    for (const [n, row] of this.rows) {
      const mm = last.said.get(n) || 0;
      const text = mm ? mm.toFixed(2) : "–";
      if (row.number.textContent !== text) row.number.textContent = text;
      row.line.classList.toggle("now", mm > 0);
      this.strip(row.strip, n, last.at);
    }
  }

  strip(canvas, n, now) {
    const scale = devicePixelRatio || 1;
    const width = Math.round(canvas.clientWidth * scale), height = Math.round(canvas.clientHeight * scale);
    if (!width || !height) return;
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    const pen = canvas.getContext("2d");
    pen.clearRect(0, 0, width, height);
    pen.fillStyle = this.grid;
    pen.fillRect(0, height - scale, width, scale);
    pen.fillStyle = this.ink;
    const x = (at) => width * (1 + (at - now) / SECONDS);
    this.moments.forEach(({ at, said }, i) => {
      const mm = said.get(n);
      if (!mm) return;
      const until = i + 1 < this.moments.length ? Math.min(this.moments[i + 1].at, at + 0.2) : at + 0.04;
      const high = (height - scale) * Math.min(1, mm / TOP_MM);
      pen.fillRect(x(at), height - scale - high, Math.max(1, x(until) - x(at)), high);
    });
  }
}
