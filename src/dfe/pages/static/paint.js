"use strict";

const STATES = ["usable", "not-usable", "not-found"];
const STATE_HEIGHT = [1, 0.6, 0.22];
const CURVES = ["yaw", "pitch", "roll", "gaze left", "gaze up", "lids left", "lids right"];
const UNKNOWN = -32768;

/**
 * Share of each pixel column that stretches cover, times their weight.
 * Works alike for one stretch over the whole width and for a hundred thousand in it.
 */
function columnShares(row, weight, time, width) {
  const share = new Float32Array(width);
  const scale = width / time.length;
  for (let i = Math.max(lastUntil(row.start, time.from), 0); i < row.start.length && row.start[i] < time.to; i++) {
    if (row.end[i] <= time.from) continue;
    const a = Math.max(0, (row.start[i] - time.from) * scale);
    const b = Math.min(width, (row.end[i] - time.from) * scale);
    const w = weight(i);
    for (let x = Math.floor(a); x < b; x++) share[x] += w * (Math.min(b, x + 1) - Math.max(a, x));
  }
  return share;
}

/** A colour of the style sheet as red, green, blue. */
const channels = (() => {
  const known = new Map();
  return (colour) => {
    if (!known.has(colour)) {
      const ctx = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d");
      ctx.fillStyle = colour;
      ctx.fillRect(0, 0, 1, 1);
      known.set(colour, [...ctx.getImageData(0, 0, 1, 1).data.subarray(0, 3)]);
    }
    return known.get(colour);
  };
})();

function pixel([red, green, blue], alpha) {
  return ((Math.round(255 * alpha) << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}

/**
 * Strength of a unit as a hill: its mean over each column in full colour, the largest in it paler above that.
 * Written into pixels one by one, since thousands of small rectangles a frame are slow.
 */
function paintStrip(image, strip, first, scale, colour, shade) {
  const { width, height } = image;
  const pixels = new Uint32Array(image.data.buffer);
  const full = pixel(colour, 1);
  const pale = pixel(colour, 0.38);
  const line = pixel(shade.line, 1);
  const grounds = shade.levels;
  const out = [0, 0];
  const unit = (strip.step / scale) * (height - 2);
  const { start, end } = strip.course;
  for (let x = 0; x < width; x++) {
    const ground = grounds[shade.of[x]];
    let a = first[x];
    const b = first[x + 1];
    if (a === b) {
      // No row begins in this column: the one before may reach into it.
      a -= 1;
      if (a < 0 || end[a] <= shade.at(x)) out[0] = out[1] = 0;
      else out[0] = out[1] = strip.levels[0].most[a];
    } else if (b - a === 1) {
      out[0] = out[1] = strip.levels[0].most[a];
    } else {
      strip.range(a, b, out);
    }
    const most = out[0] ? Math.max(1, Math.round(Math.min(out[0] * unit, height - 2))) : 0;
    const mean = out[1] ? Math.round(Math.min(out[1] * unit, height - 2)) : 0;
    let at = x;
    for (let y = 0; y < height - 1; y++, at += width) {
      const up = height - 1 - y;
      pixels[at] = up <= mean ? full : up <= most ? pale : ground;
    }
    pixels[at] = line;
  }
}

/** The ground of each column: 0 usable, 1 not usable or no face, 2 something hides the half that the unit moves. */
function shadeColumns(quality, time, width, half) {
  const lost = columnShares(quality, (i) => (quality.state[i] ? 1 : 0), time, width);
  const hidden = columnShares(quality, (i) => (quality.state[i] === 1 && quality.covered[i] & half ? 1 : 0), time, width);
  return Uint8Array.from(lost, (share, x) => (hidden[x] > 0.02 ? 2 : share > 0.02 ? 1 : 0));
}

/** Events as bars below the strength: from onset to offset, the apex as a notch. */
function paintMarks(ctx, strip, time, box, colours, columns) {
  const { onset, apex, offset, censored } = strip.marks;
  const scale = columns / time.length;
  const bars = new Path2D();
  const peaks = new Path2D();
  const step = box.width / columns;
  let drawn = -1;
  for (let i = Math.max(lastUntil(onset, time.from), 0); i < onset.length && onset[i] < time.to; i++) {
    const a = Math.max(0, (onset[i] - time.from) * scale);
    const b = Math.min(columns, (offset[i] - time.from) * scale);
    if (b <= drawn) continue;
    const left = Math.max(a, drawn);
    const wide = Math.max(b - left, 1);
    // An event that may have been longer is open at its ends.
    bars.rect(left * step, box.top + box.height - 3, wide * step, censored[i] ? 1 : 2);
    if (b - a > 6) {
      const x = (apex[i] - time.from) * scale;
      peaks.rect(x * step - 0.75, box.top + box.height - 6, 1.5, 5);
    }
    drawn = Math.ceil(left + wide);
  }
  ctx.fillStyle = colours.ink;
  ctx.fill(bars);
  ctx.fill(peaks);
}

/** Quality: a column's height and colour say how much of it is usable; the least loss stays visible. */
function paintStates(ctx, row, time, box, colours) {
  const step = box.width / box.columns;
  STATES.forEach((name, state) => {
    const share = columnShares(row, (i) => (row.state[i] === state ? 1 : 0), time, box.columns);
    ctx.fillStyle = colours[name];
    for (let x = 0; x < share.length; x++) {
      if (share[x] <= 0) continue;
      const height = Math.max(state ? 3 : 1, Math.min(share[x], 1) * STATE_HEIGHT[state] * box.height);
      ctx.fillRect(x * step, box.top + box.height - height, step + 0.5, height);
    }
  });
}

/** A curve in tenths; where many rows share a pixel, a bar from the least to the most. */
function paintCurve(ctx, course, tenths, time, box, { low, high }, colour) {
  const at = course.start;
  const y = (tenth) => box.top + box.height * (1 - (tenth / 10 - low) / (high - low));
  const x = (ms) => ((ms - time.from) / time.length) * box.width;
  const line = new Path2D();
  let pixel = null;
  let before = -Infinity;
  for (let i = Math.max(lastUntil(at, time.from), 0); i < at.length; i++) {
    if (tenths[i] === UNKNOWN) continue;
    const broken = pixel === null || at[i] - before > course.gap;
    const done = before > time.to;
    before = at[i];
    if (done) break;
    if (!broken && Math.floor(x(at[i])) === pixel.column) {
      pixel.low = Math.min(pixel.low, tenths[i]);
      pixel.high = Math.max(pixel.high, tenths[i]);
      continue;
    }
    if (pixel && pixel.high > pixel.low) {
      line.lineTo(pixel.x, y(pixel.low));
      line.lineTo(pixel.x, y(pixel.high));
    }
    if (broken) line.moveTo(x(at[i]) - 0.5, y(tenths[i]));
    line.lineTo(x(at[i]), y(tenths[i]));
    pixel = { x: x(at[i]), column: Math.floor(x(at[i])), low: tenths[i], high: tenths[i] };
  }
  ctx.strokeStyle = colour;
  ctx.lineWidth = 1.4;
  ctx.lineJoin = "round";
  ctx.stroke(line);
}

function paintAxis(ctx, time, box, colours) {
  const step = tickStep(time.length, box.width, 68);
  ctx.fillStyle = colours.quiet;
  ctx.strokeStyle = colours.grid;
  ctx.lineWidth = 1;
  ctx.font = `11px ${colours.font}`;
  ctx.textBaseline = "top";
  const unit = time.end <= 120000 ? " s" : "";
  for (let at = Math.ceil(time.from / step) * step; at <= time.to; at += step) {
    const x = ((at - time.from) / time.length) * box.width;
    ctx.beginPath();
    ctx.moveTo(Math.round(x) + 0.5, 0);
    ctx.lineTo(Math.round(x) + 0.5, box.height + 4);
    ctx.stroke();
    const label = clock(at, time.end, tickDigits(step)) + unit;
    const half = ctx.measureText(label).width / 2;
    ctx.textAlign = "left";
    ctx.fillText(label, Math.min(Math.max(x - half, 0), box.width - 2 * half), box.height + 6);
  }
}

/** Colours of the style sheet, so that charts follow the light or dark page. */
const palette = (() => {
  let kept = null;
  const forget = () => (kept = null);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", forget);
  addEventListener("beforeprint", forget);
  addEventListener("afterprint", forget);
  return () => {
    // Reading styles makes the browser lay the page out: once is enough until they change.
    const theme = document.documentElement.dataset.theme ?? "";
    if (kept?.theme === theme) return kept;
    const style = getComputedStyle(document.documentElement);
    const names = ["quiet", "grid", "ink", "row", "paper", "both", "left", "right", "other", ...STATES];
    const colours = Object.fromEntries(names.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
    for (const name of CURVES) colours[name] = style.getPropertyValue(`--${name.replace(" ", "-")}`).trim();
    kept = { ...colours, theme, font: getComputedStyle(document.body).fontFamily };
    return kept;
  };
})();
