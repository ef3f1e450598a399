"use strict";

/** Pictures under way to the program at most: one that is looked at, one that waits. More would only come late. */
const UNDER_WAY = 2;
/** Answers that the figures below the camera look back at. */
const LOOKED_BACK = 100;

function middle(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted.length ? sorted[Math.floor(sorted.length / 2)] : NaN;
}

/** The web socket to the program, with what it takes from a frame to its answer. */
class Line {
  /** `onTold(message, milliseconds)`: an answer, and how long after its frame; `onGone`: the program has ended. */
  constructor({ onTold, onGone }) {
    Object.assign(this, { onTold, onGone, sent: new Map(), delays: [], arrivals: [] });
    this.socket = new WebSocket(`ws://${location.host}/talk`);
    this.socket.binaryType = "arraybuffer";
    this.socket.addEventListener("message", (event) => this.hear(JSON.parse(event.data)));
    this.socket.addEventListener("close", () => this.onGone());
  }

  get open() {
    return this.socket.readyState === WebSocket.OPEN;
  }

  get free() {
    return this.open && this.sent.size < UNDER_WAY;
  }

  ask(wish) {
    if (this.open) this.socket.send(JSON.stringify(wish));
  }

  /** The program may have ended while a picture was packed. */
  send(number, at, message) {
    if (!this.open) return;
    this.sent.set(number, at);
    this.socket.send(message);
  }

  hear(told) {
    const now = performance.now();
    let delay = NaN;
    if (told.refused) this.sent.clear();
    if (this.sent.has(told.number)) {
      delay = now - this.sent.get(told.number);
      // Pictures that were overtaken are never answered.
      for (const number of [...this.sent.keys()]) if (number <= told.number) this.sent.delete(number);
      this.delays.push(delay);
      this.arrivals.push(now);
      for (const list of [this.delays, this.arrivals]) if (list.length > LOOKED_BACK) list.shift();
    }
    this.onTold(told, delay);
  }

  /** Frames a second and median milliseconds from frame to answer, of the last answers. */
  figures() {
    const [first, last] = [this.arrivals[0], this.arrivals.at(-1)];
    const rate = this.arrivals.length > 1 ? (1000 * (this.arrivals.length - 1)) / (last - first) : NaN;
    return { rate, delay: middle(this.delays) };
  }

  forget() {
    this.sent.clear();
    this.delays = [];
    this.arrivals = [];
  }
}
