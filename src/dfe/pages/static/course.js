"use strict";

/** Ticks of the file in a millisecond. */
const TICKS = 10;
/** Rows that one entry of a pyramid's next level stands for. */
const FOLD = 16;

function milliseconds(ticks) {
  return Float64Array.from(ticks, (tick) => tick / TICKS);
}

/** Place of the last entry that is not after `at`; -1 before the first. */
function lastUntil(sorted, at) {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] <= at) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** Strength of one unit over a face's rows; dense, with largest and mean of ever longer stretches, once it is drawn. */
class Strip {
  constructor(data, course) {
    Object.assign(this, data);
    this.course = course;
    this.marks = course.marksOf(data.token);
    const { start, end } = course;
    const stretches = {
      start: Float64Array.from(data.first, (row) => start[row]),
      end: Float64Array.from(data.first, (row, i) => end[row + data.count[i] - 1]),
    };
    // The keyboard goes from event to event, or from stretch to stretch where there are no events.
    Object.assign(this, this.marks.onset.length ? { start: this.marks.onset, end: this.marks.offset } : stretches);
  }

  get name() {
    return this.kind === "display" ? `display ${this.token}, ${this.label}` : this.label;
  }

  get unit() {
    return this.measure === "degrees" ? "°" : " mm";
  }

  get levels() {
    if (this.pyramid) return this.pyramid;
    const rows = new Uint8Array(this.course.start.length);
    let at = 0;
    this.first.forEach((row, i) => {
      rows.set(this.strength.subarray(at, at + this.count[i]), row);
      at += this.count[i];
    });
    this.pyramid = [{ most: rows, mean: rows }];
    for (let below = this.pyramid[0]; below.most.length > FOLD; below = this.pyramid.at(-1)) {
      const length = Math.ceil(below.most.length / FOLD);
      const most = new Uint8Array(length);
      const mean = new Float32Array(length);
      for (let i = 0; i < length; i++) {
        const end = Math.min((i + 1) * FOLD, below.most.length);
        let sum = 0;
        for (let k = i * FOLD; k < end; k++) {
          if (below.most[k] > most[i]) most[i] = below.most[k];
          sum += below.mean[k];
        }
        mean[i] = sum / (end - i * FOLD);
      }
      this.pyramid.push({ most, mean });
    }
    return this.pyramid;
  }

  /** Largest and mean of rows `from` up to, not with, `to`, in steps of the strip: `out[0]` and `out[1]`. */
  range(from, to, out) {
    const { levels } = this;
    let high = to;
    let low = from;
    let most = 0;
    let sum = 0;
    let weight = 1;
    for (let level = 0; low < high; level++, weight *= FOLD) {
      const { most: largest, mean } = levels[level];
      const last = level + 1 >= levels.length || high - low <= 2 * FOLD;
      const inner = last ? high : Math.ceil(low / FOLD) * FOLD;
      const outer = last ? high : Math.floor(high / FOLD) * FOLD;
      for (let i = low; i < inner; i++) {
        if (largest[i] > most) most = largest[i];
        sum += mean[i] * weight;
      }
      for (let i = outer; i < high; i++) {
        if (largest[i] > most) most = largest[i];
        sum += mean[i] * weight;
      }
      if (last) break;
      low = inner / FOLD;
      high = outer / FOLD;
    }
    out[0] = most;
    out[1] = sum / Math.max(to - from, 1);
  }

  /** Strength at a moment in the strip's measure; null where the face is not seen. */
  at(moment) {
    const row = this.course.rowAt(moment);
    return row < 0 ? null : this.levels[0].most[row] * this.step;
  }

  /** Place among the marks of the event that holds a moment; -1 where none does. */
  markAt(moment) {
    const i = lastUntil(this.marks.onset, moment);
    return i >= 0 && this.marks.offset[i] > moment ? i : -1;
  }
}

/** Everything that is drawn of one face over time. */
class Course {
  constructor(data) {
    this.id = data.id;
    this.anchor = data.anchor ?? "";
    this.start = milliseconds(data.start);
    this.end = milliseconds(data.end);
    this.kinds = data.marks.kinds;
    this.allMarks = {
      of: data.marks.of,
      onset: milliseconds(data.marks.onset),
      apex: milliseconds(data.marks.apex),
      offset: milliseconds(data.marks.offset),
      intensity: data.marks.intensity,
      censored: data.marks.censored,
    };
    this.curves = data.curves;
    const { quality } = data;
    this.quality = { ...quality, start: milliseconds(quality.start), end: milliseconds(quality.end) };
    this.strips = data.strips.map((strip) => new Strip(strip, this));
    // Frames that are lost for longer than this make a gap in a curve.
    const steps = Array.from(this.start.subarray(0, 2000), (at, i) => this.start[i + 1] - at).filter(Number.isFinite);
    this.gap = Math.max(200, 1.5 * (steps.sort((a, b) => a - b)[steps.length >> 1] ?? 0)) + 1;
  }

  marksOf(token) {
    this.byToken ??= this.sorted();
    const { onset, apex, offset, intensity, censored } = this.allMarks;
    const places = this.byToken.get(token) ?? [];
    const pick = (values) => Float64Array.from(places, (i) => values[i]);
    const picked = { onset: pick(onset), apex: pick(apex), offset: pick(offset), intensity: pick(intensity) };
    return { ...picked, censored: pick(censored), places };
  }

  sorted() {
    const byToken = new Map(this.kinds.map((kind) => [kind.token, []]));
    this.allMarks.of.forEach((kind, i) => byToken.get(this.kinds[kind].token).push(i));
    return byToken;
  }

  /** The row that stands for a moment; -1 where none does. */
  rowAt(moment) {
    const row = lastUntil(this.start, moment);
    return row >= 0 && this.end[row] > moment ? row : -1;
  }

  /** For each of `columns` pixels the first row that begins in it, and after the last one the rows that are left. */
  columns(time, columns) {
    const first = new Int32Array(columns + 1);
    const scale = time.length / columns;
    for (let x = 0; x <= columns; x++) first[x] = lastUntil(this.start, time.from + x * scale - 1e-6) + 1;
    return first;
  }

  of(kind) {
    return this.strips.filter((strip) => strip.kind === kind);
  }
}
