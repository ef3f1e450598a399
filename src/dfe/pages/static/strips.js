"use strict";

const STATE_WORDS = ["usable", "found, but not usable", "no face"];
const SIDES = { both: "both sides", left: "the subject's left side moves more", right: "the subject's right side moves more" };

/** What is known of a face at a moment: usable or not, and why; null outside of the recording. */
function stateAt(quality, at) {
  const i = lastUntil(quality.start, at);
  if (i < 0 || quality.end[i] <= at) return null;
  const state = quality.state[i];
  const why = quality.reasons[quality.reason[i]];
  return { state, title: STATE_WORDS[state], why, from: quality.start[i], to: quality.end[i] };
}

/** A row for each unit: its strength over time, its events as bars below, shaded where the face cannot be used. */
class StripPlot extends Plot {
  /** `name(strip)`: the element that names a row, if not plain words. */
  constructor(element, time, tip, course, strips, { name = null, picture = () => null, pick = null } = {}) {
    super(element, time, tip);
    Object.assign(this, { course, picture, pick, makeName: name ?? plainName });
    this.rows = strips;
    this.names.replaceChildren(...strips.map((strip) => this.makeName(strip)));
    this.full = {};
    for (const { measure, strength, step } of strips) {
      let most = 0;
      for (const value of strength) if (value > most) most = value;
      this.full[measure] = Math.max(this.full[measure] ?? (measure === "mm" ? 1 : 5), most * step);
    }
    const told = Object.entries(this.full).map(([measure, most]) => `${most.toFixed(1)} ${measure === "mm" ? "mm" : "degrees"}`);
    const scale = element.querySelector(".scale");
    if (scale) scale.textContent = told.length ? `a full row is ${told.join(" or ")}` : "";
    this.mark();
  }

  enter() {
    this.tip.hide();
    this.names.children[this.row].click();
  }

  get counted() {
    return this.rows[this.row].marks.onset.length ? "events" : "stretches";
  }

  rowName(row) {
    return this.rows[row].name;
  }

  /** Lands where the event is strongest. */
  visit(index) {
    const strip = this.rows[this.row];
    const { apex } = strip.marks;
    const at = apex.length ? apex[index] : strip.start[index];
    this.place = { start: strip.start[index], at };
    this.time.pick?.(at, strip, apex.length ? index : -1);
  }

  clicked(event) {
    const at = this.momentOf(event);
    const strip = this.rows[this.rowOf(event)];
    const mark = strip ? strip.markAt(at) : -1;
    if (strip) {
      this.row = this.rowOf(event);
      this.mark();
    }
    this.time.pick?.(mark < 0 ? at : strip.marks.apex[mark], strip ?? null, mark);
  }

  paintUnder(ctx, box, colours) {
    if (!this.rows.length) return;
    const { time, course } = this;
    const first = course.columns(time, box.columns);
    const step = time.length / box.columns;
    const line = channels(colours.row);
    const paper = channels(colours.paper);
    const mixed = (share) => pixel(paper.map((value, i) => value + (channels(colours["not-usable"])[i] - value) * share), 1);
    const shade = { line, levels: [pixel(paper, 1), mixed(0.2), mixed(0.46)], at: (x) => time.from + (x + 0.5) * step };
    const halves = new Map();
    const high = Math.round(ROW * box.scale);
    const image = ctx.createImageData(box.columns, high);
    const sight = this.area.getBoundingClientRect();
    this.rows.forEach((strip, i) => {
      // Of a tall chart only the rows in sight are painted while it moves.
      const top = sight.top + i * ROW;
      if (!this.printing && (top > innerHeight + 200 || top < -200 - ROW)) {
        this.stale = true;
        return;
      }
      if (!halves.has(strip.half)) halves.set(strip.half, shadeColumns(course.quality, time, box.columns, strip.half));
      const colour = channels(colours[strip.side] || colours.other);
      const shaded = { ...shade, of: halves.get(strip.half) };
      paintStrip(image, strip, first, this.full[strip.measure], colour, shaded);
      ctx.putImageData(image, 0, Math.round(i * ROW * box.scale));
    });
  }

  paint(ctx, box, colours) {
    this.rows.forEach((strip, i) => {
      paintMarks(ctx, strip, this.time, { ...box, top: i * ROW, height: ROW }, colours, box.columns);
    });
  }

  describe(row, at) {
    const strip = this.rows[row];
    if (!strip) return null;
    const shade = stateAt(this.course.quality, at);
    const why = shade && shade.state ? [shade.why ? `${shade.title}: ${shade.why}` : shade.title] : [];
    const strength = strip.at(at);
    const mark = strip.markAt(at);
    if (!strength && mark < 0) {
      return why.length ? { title: shade.title, lines: [shade.why, this.lasts(shade.from, shade.to)].filter(Boolean), picture: null } : null;
    }
    const about = [strip.kind === "display" ? `display ${strip.token}` : "", SIDES[strip.side] ?? ""].filter(Boolean);
    const { onset, offset, apex, intensity, censored } = strip.marks;
    return {
      title: strip.label,
      lines: [
        about.join(", "),
        strength ? `${strength.toFixed(2)}${strip.unit} at this moment` : "",
        mark < 0 ? "" : `event: ${this.lasts(onset[mark], offset[mark])}`,
        mark < 0 ? "" : `most at ${clock(apex[mark], this.time.end, 2)}: ${intensity[mark].toFixed(2)}${strip.unit}`,
        mark >= 0 && censored[mark] ? "cut short: it may have been longer" : "",
        ...why,
      ].filter(Boolean),
      picture: this.picture(strip),
    };
  }
}

function plainName(strip) {
  const name = document.createElement("span");
  fillName(name, strip);
  return name;
}

/** Number and words of a strip, in its side's colour. */
function fillName(name, strip) {
  name.className = `name ${strip.side}`;
  const code = document.createElement("b");
  code.textContent = strip.kind === "display" ? strip.token : "";
  const words = document.createElement("span");
  words.textContent = strip.label;
  name.append(...(code.textContent ? [code] : []), words);
  name.title = strip.name;
}

/** One row: was the face found, was it usable, and why not. */
class QualityPlot extends Plot {
  constructor(element, time, tip, quality) {
    super(element, time, tip);
    this.rows = [quality];
  }

  get height() {
    return 44;
  }

  rowName() {
    return "quality";
  }

  paint(ctx, box, colours) {
    ctx.fillStyle = colours.row;
    ctx.fillRect(0, box.height - 1, box.width, 1);
    paintStates(ctx, this.rows[0], this.time, { ...box, top: 2, height: box.height - 3 }, colours);
  }

  describe(row, at) {
    if (row > 1) return null;
    const here = stateAt(this.rows[0], at);
    if (!here) return null;
    return { title: here.title, lines: [...(here.why ? [here.why] : []), this.lasts(here.from, here.to)], picture: null };
  }
}

/** How the curves are told: what a positive and a negative value mean, and the unit. */
const CURVE_WORDS = {
  yaw: ["turn", "to the subject's left", "to the subject's right", "°"],
  pitch: ["nod", "up", "down", "°"],
  roll: ["tilt", "to the left shoulder", "to the right shoulder", "°"],
  "gaze left": ["gaze", "to the subject's left", "to the subject's right", "°"],
  "gaze up": ["gaze", "up", "down", "°"],
  "lids left": ["left lids apart", "", "", " mm"],
  "lids right": ["right lids apart", "", "", " mm"],
};

/** Curves of one unit of measure over time. */
class CurvePlot extends Plot {
  constructor(element, time, tip, course, names) {
    super(element, time, tip);
    this.course = course;
    this.curves = names.filter((name) => course.curves[name]);
    this.unit = CURVE_WORDS[names[0]][3];
    this.reach = this.unit === "°" ? this.angles() : this.lengths();
  }

  /** Degrees about 0, in even steps of five. */
  angles() {
    let most = 15;
    for (const name of this.curves) {
      for (const tenth of this.course.curves[name]) if (tenth !== UNKNOWN) most = Math.max(most, Math.abs(tenth) / 10);
    }
    const high = Math.ceil(most / 5) * 5;
    return { low: -high, high, step: high > 40 ? 30 : high > 20 ? 15 : 10 };
  }

  lengths() {
    let most = 8;
    for (const name of this.curves) for (const tenth of this.course.curves[name]) most = Math.max(most, tenth / 10);
    const high = Math.ceil(most / 4) * 4;
    return { low: 0, high, step: 4 };
  }

  get height() {
    return 110;
  }

  paint(ctx, box, colours) {
    const { low, high, step } = this.reach;
    ctx.font = `11px ${colours.font}`;
    ctx.textAlign = "left";
    ctx.textBaseline = "bottom";
    for (let value = Math.ceil(low / step) * step; value <= high; value += step) {
      const y = Math.round(box.height * (1 - (value - low) / (high - low))) + 0.5;
      ctx.fillStyle = colours.quiet;
      ctx.strokeStyle = value ? colours.grid : colours.quiet;
      ctx.beginPath();
      ctx.moveTo(0, y);
      ctx.lineTo(box.width, y);
      ctx.stroke();
      const sign = low < 0 && value > 0 ? "+" : value < 0 ? "−" : "";
      if (y > 14) ctx.fillText(`${sign}${Math.abs(value)}${this.unit}`, 2, y - 1);
    }
    for (const name of this.curves) {
      paintCurve(ctx, this.course, this.course.curves[name], this.time, box, this.reach, colours[name]);
    }
  }

  /** Arrows move the cursor, since there are no stretches to go to. */
  step(direction) {
    this.goTo(this.nearest((this.time.here() ?? this.time.middle()) + (direction * this.time.length) / 50));
  }

  last() {
    return this.course.start.length - 1;
  }

  nearest(at) {
    const { start } = this.course;
    const i = Math.max(lastUntil(start, at), 0);
    return i + 1 < start.length && start[i + 1] - at < at - start[i] ? i + 1 : i;
  }

  goTo(index) {
    const at = this.course.start[index];
    if (at === undefined) return;
    this.time.reveal(at, at);
    this.time.point(at);
    this.time.pick?.(at);
    const shown = this.describe(0, at);
    const frame = this.area.getBoundingClientRect();
    this.tip.show(shown, frame.left + this.x(at), frame.top + this.height / 2);
    this.tip.say(`${shown.title}, ${shown.lines.join(", ")}`);
  }

  describe(row, at) {
    const i = this.nearest(at);
    if (row * ROW > this.height || !(Math.abs(this.course.start[i] - at) <= this.course.gap)) return null;
    const lines = this.curves.map((name) => {
      const [words, more, less, unit] = CURVE_WORDS[name];
      const tenth = this.course.curves[name][i];
      if (tenth === UNKNOWN) return `${words}: not known`;
      if (unit !== "°") return `${words}: ${(tenth / 10).toFixed(1)}${unit}`;
      const degrees = Math.round(Math.abs(tenth / 10));
      return `${words} ${degrees ? `${degrees}° ${tenth > 0 ? more : less}` : "0°"}`;
    });
    return { title: `${clock(at, this.time.end, 2)}${this.time.end <= 120000 ? " s" : ""}`, lines, picture: null };
  }
}

/** An empty chart, as the templates write one. */
function plotElement(kind, label, title = "") {
  const element = document.createElement("div");
  element.className = "plot";
  element.dataset.plot = kind;
  const make = (name, where, tag = "div") => Object.assign(where.appendChild(document.createElement(tag)), { className: name });
  if (title) {
    const head = make("plot-title", element, "p");
    make("", head, "b").textContent = title;
    make("scale", head, "span");
  }
  make("names", element);
  const area = make("area", element);
  area.tabIndex = 0;
  area.setAttribute("role", "application");
  area.setAttribute("aria-label", label);
  area.append(document.createElement("canvas"));
  return element;
}

const KINDS = [
  ["group", "Groups of displays"],
  ["region", "Regions"],
  ["eyes", "Eyes: lids and gaze"],
  ["display", "Displays"],
];
const KEYS_WORDS =
  "Keys: left and right arrows go from event to event, up and down from row to row, Enter opens the row, " +
  "plus and minus zoom, shift with an arrow scrolls, 0 shows the whole recording.";

/** The charts of what a face shows, kind by kind, appended to `container`; those that there is nothing of are left out. */
function stripCharts(container, time, tip, course, options = {}) {
  return KINDS.filter(([kind]) => course.of(kind).length).map(([kind, title]) => {
    const element = plotElement(kind, `${title}${options.whose ?? ""} over time. ${KEYS_WORDS}`, title);
    container.append(element);
    return new StripPlot(element, time, tip, course, course.of(kind), options);
  });
}
