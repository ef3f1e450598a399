"use strict";

const NO_POINT = -32768;
/** Frames of landmarks that are asked for at once, and how many such parts are kept. */
const PART = 128;
const PARTS = 12;

/** Boxes and landmarks over the film, in the pixels of the picture as it was measured. */
class Overlay {
  constructor(canvas, video, data, url) {
    Object.assign(this, { canvas, video, data, url, parts: new Map(), place: 0, face: 0 });
    this.look = { box: true, points: false };
    new ResizeObserver(() => this.draw()).observe(canvas);
  }

  /** Where the picture lies in the canvas, which is as wide and high as its frame: scale and shift in CSS pixels. */
  fit() {
    const { width, height } = this.data.picture;
    const wide = width || this.video.videoWidth;
    const high = height || this.video.videoHeight;
    if (!wide || !high) return null;
    const scale = Math.min(this.canvas.clientWidth / wide, this.canvas.clientHeight / high);
    return {
      scale,
      left: (this.canvas.clientWidth - wide * scale) / 2,
      top: (this.canvas.clientHeight - high * scale) / 2,
    };
  }

  show(place, face) {
    Object.assign(this, { place, face });
    this.draw();
  }

  draw() {
    const { canvas } = this;
    const dense = window.devicePixelRatio || 1;
    const [wide, high] = [Math.round(canvas.clientWidth * dense), Math.round(canvas.clientHeight * dense)];
    if (canvas.width !== wide || canvas.height !== high) Object.assign(canvas, { width: wide, height: high });
    const ctx = canvas.getContext("2d");
    ctx.setTransform(1, 0, 0, 1, 0, 0);
    ctx.clearRect(0, 0, wide, high);
    const fit = this.fit();
    if (!fit) return;
    ctx.setTransform(dense, 0, 0, dense, 0, 0);
    if (this.look.box) this.drawBoxes(ctx, fit);
    if (this.look.points && this.data.landmarks) this.drawPoints(ctx, fit);
  }

  drawBoxes(ctx, { scale, left, top }) {
    this.data.faces.forEach((face, i) => {
      const row = rowOfFrame(face, this.place);
      if (row < 0 || face.box[4 * row] === NO_POINT) return;
      const [x, y, w, h] = face.box.subarray(4 * row, 4 * row + 4);
      const mine = i === this.face;
      ctx.strokeStyle = mine ? "#ffd24a" : "#ffffff";
      ctx.lineWidth = mine ? 2 : 1;
      ctx.strokeRect(left + x * scale, top + y * scale, w * scale, h * scale);
      if (this.data.faces.length < 2) return;
      ctx.font = "600 12px sans-serif";
      ctx.fillStyle = ctx.strokeStyle;
      ctx.fillText(`face ${face.id}`, left + x * scale + 3, Math.max(12, top + y * scale - 4));
    });
  }

  drawPoints(ctx, { scale, left, top }) {
    const first = Math.floor(this.place / PART) * PART;
    const part = this.parts.get(first);
    if (!part) {
      this.read(first);
      return;
    }
    ctx.fillStyle = "#6ee7ff";
    part.frame.forEach((frame, row) => {
      if (frame !== this.place) return;
      for (let i = 0; i < 478; i++) {
        const x = part.xy[2 * (478 * row + i)];
        const y = part.xy[2 * (478 * row + i) + 1];
        if (x !== NO_POINT) ctx.fillRect(left + (x / 10) * scale - 0.75, top + (y / 10) * scale - 0.75, 1.5, 1.5);
      }
    });
  }

  async read(first) {
    this.parts.set(first, { frame: [], xy: [] });
    try {
      const answer = await ask(`${this.url}/points?first=${first}&count=${PART}`);
      this.parts.set(first, openBlock(await answer.arrayBuffer()));
    } catch {
      // The film goes on without its points.
    }
    for (const old of [...this.parts.keys()].slice(0, -PARTS)) this.parts.delete(old);
    this.draw();
  }
}

/** Row of a face that shows it in a frame; -1 where it is not seen. Rows stand in order of frames. */
function rowOfFrame(face, place) {
  const row = lastUntil(face.frame, place);
  return row >= 0 && face.frame[row] === place ? row : -1;
}
