"use strict";

/** The drawn head: at each moment the face that the displays of a row make of the one at rest. */
class TokenHead {
  constructor(canvas, packed, displays) {
    this.canvas = canvas;
    this.usual = displays.map((one) => one.usual);
    this.model = new HeadModel(packed);
    this.painter = Painter.open(this.model);
    this.said = [];
    this.turn = { yaw: 0, pitch: 0 };
    this.own = { yaw: 0, pitch: 0 };
    new ResizeObserver(() => this.draw()).observe(canvas);
    this.listen();
  }

  /** Dragging turns it, a double click turns it back. */
  listen() {
    let from = null;
    this.canvas.addEventListener("pointerdown", (event) => {
      from = { x: event.clientX, y: event.clientY, ...this.own };
      this.canvas.setPointerCapture(event.pointerId);
    });
    this.canvas.addEventListener("pointermove", (event) => {
      if (!from) return;
      this.own.yaw = within(from.yaw + (event.clientX - from.x) / 120, MOST_YAW);
      this.own.pitch = within(from.pitch - (event.clientY - from.y) / 120, MOST_PITCH);
      this.draw();
    });
    for (const kind of ["pointerup", "pointercancel"]) this.canvas.addEventListener(kind, () => (from = null));
    this.canvas.addEventListener("dblclick", () => {
      this.own = { yaw: 0, pitch: 0 };
      this.draw();
    });
  }

  /** `tokens`: pairs of display and mm; null where the face is not seen. */
  show(tokens, yaw = 0, pitch = 0) {
    this.said = (tokens ?? []).map(([display, mm]) => [display, this.usual[display - 1] ? mm / this.usual[display - 1] : 0]);
    this.turn = { yaw, pitch };
    this.canvas.classList.toggle("unseen-face", tokens === null);
    this.draw();
  }

  draw() {
    if (!this.painter || this.painter.lost) return;
    const side = Math.min(720, Math.round(this.canvas.clientWidth * Math.min(devicePixelRatio, 2)));
    if (!side) return;
    if (this.canvas.width !== side) this.canvas.width = this.canvas.height = side;
    const key = JSON.stringify(this.said);
    if (key !== this.key) {
      this.buffer = this.painter.keep(this.buffer, this.said, { flip: false, heat: true });
      this.key = key;
    }
    const yaw = within(this.turn.yaw + this.own.yaw, 1.2);
    const pitch = within(this.turn.pitch + this.own.pitch, 1);
    this.painter.draw(this.buffer, this.canvas, yaw, pitch);
    this.canvas.dataset.drawn = "yes";
  }
}

/** The colours of movement with their millimetres. */
function drawHeat(stops) {
  if (stops.length < 2) return;
  const bar = byId("heat-bar");
  Object.assign(bar, { width: 256, height: 1 });
  const ctx = bar.getContext("2d");
  const most = stops.at(-1)[0];
  const colours = ctx.createLinearGradient(0, 0, 256, 0);
  for (const [mm, colour] of stops) colours.addColorStop(mm / most, colour);
  ctx.fillStyle = colours;
  ctx.fillRect(0, 0, 256, 1);
  const ticks = [0, 0.5, 1].map((share) => `${share === 1 ? "≥ " : ""}${(most * share).toFixed(1)}`);
  byId("heat-ticks").replaceChildren(...ticks.map((text) => make("span", { textContent: text })));
  byId("heat").hidden = false;
}
