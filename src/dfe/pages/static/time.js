"use strict";

/** The stretch of time that all charts show, and the moment under the cursor. All times in milliseconds. */
class TimeWindow {
  static SHORTEST = 200;

  constructor(start, end) {
    this.start = start;
    this.end = end;
    this.from = start;
    this.to = end;
    this.cursor = null;
    /** The moment that a film shows; null where there is none. */
    this.playhead = null;
    /** Stretch that is chosen, {from, to}; null where none is. */
    this.chosen = null;
    this.onWindow = [];
    this.onCursor = [];
    this.onPlayhead = [];
    this.onChosen = [];
    /** Called with a moment (and the strip and the event there, if any) that was clicked; null: clicks go nowhere. */
    this.pick = null;
    /** Whether a stretch can be chosen by dragging with shift. */
    this.choosable = false;
  }

  get length() {
    return this.to - this.from;
  }

  get isWhole() {
    return this.from <= this.start && this.to >= this.end;
  }

  show(from, length) {
    const shortest = Math.min(TimeWindow.SHORTEST, this.end - this.start);
    const kept = Math.min(Math.max(length, shortest), this.end - this.start);
    this.from = Math.min(Math.max(from, this.start), this.end - kept);
    this.to = this.from + kept;
    this.changed();
  }

  /** Zooms by a factor (under 1: closer) so that the moment `at` stays where it is. */
  zoom(factor, at = this.middle()) {
    const shortest = Math.min(TimeWindow.SHORTEST, this.end - this.start);
    const length = Math.min(Math.max(this.length * factor, shortest), this.end - this.start);
    this.show(at - ((at - this.from) / this.length) * length, length);
  }

  scroll(share) {
    this.show(this.from + share * this.length, this.length);
  }

  whole() {
    this.show(this.start, this.end - this.start);
  }

  point(at) {
    this.cursor = at;
    for (const listener of this.onCursor) listener();
  }

  play(at) {
    this.playhead = at;
    for (const listener of this.onPlayhead) listener();
  }

  /** Chooses a stretch; without one, none. */
  choose(from = null, to = null) {
    const [low, high] = from < to ? [from, to] : [to, from];
    this.chosen = from === null ? null : { from: Math.max(low, this.start), to: Math.min(high, this.end) };
    for (const listener of this.onChosen) listener();
  }

  /** Scrolls no further than it takes to see a stretch. */
  reveal(from, to) {
    if (from >= this.from && to <= this.to) return;
    this.show(to - from > this.length ? from : (from + to - this.length) / 2, this.length);
  }

  /** The moment that keys start from: under the cursor, else that of the film; null where there is neither. */
  here() {
    return this.cursor ?? this.playhead;
  }

  middle() {
    const here = this.here();
    return here !== null && here >= this.from && here <= this.to ? here : (this.from + this.to) / 2;
  }

  changed() {
    for (const listener of [...this.onWindow, ...this.onCursor, ...this.onPlayhead, ...this.onChosen]) listener();
  }
}

/** Distance of ticks, at least `room` pixels apart: a round number of milliseconds. */
function tickStep(length, width, room) {
  const steps = [10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 15000, 30000, 60000, 120000, 300000, 600000];
  const least = (length * room) / Math.max(width, 1);
  return steps.find((step) => step >= least) ?? Math.ceil(least / 3600000) * 3600000;
}

/** A moment as the axis writes it: seconds, or minutes and seconds in a recording of over two minutes. */
function clock(ms, longest, digits = 0) {
  if (longest <= 120000) return (ms / 1000).toFixed(digits);
  const whole = Math.floor(ms / 60000);
  const rest = Math.max(0, ms / 1000 - whole * 60).toFixed(digits);
  return `${whole}:${rest.padStart(digits ? digits + 3 : 2, "0")}`;
}

function tickDigits(step) {
  return step % 1000 === 0 ? 0 : step % 100 === 0 ? 1 : 2;
}
