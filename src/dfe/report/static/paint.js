"use strict";

/** What a level's colour is worth: the first level says most. */
const LEVEL_WEIGHT = [1, 0.85, 0.7, 0.58, 0.5, 0.44, 0.4, 0.36];
const STATES = ["usable", "not-usable", "not-found"];
const STATE_HEIGHT = [1, 0.6, 0.22];
const ANGLES = ["yaw", "pitch", "roll"];

/** Differences of successive entries back to the entries. */
function summed(differences) {
  const values = new Float64Array(differences.length);
  let sum = 0;
  for (let i = 0; i < differences.length; i++) values[i] = sum += differences[i];
  return values;
}

/** A packed row {s, d, ...} with its starts and ends in milliseconds. */
function unpacked(row) {
  const start = summed(row.s);
  return { ...row, start, end: start.map((at, i) => at + row.d[i]) };
}

/**
 * Share of each pixel column that a row's stretches cover, times their weight.
 * Works alike for one stretch over the whole width and for a hundred thousand in it.
 */
function columns(row, weight, time, width) {
  const share = new Float32Array(width);
  const scale = width / time.length;
  for (let i = 0; i < row.start.length && row.start[i] < time.to; i++) {
    if (row.end[i] <= time.from) continue;
    const a = Math.max(0, (row.start[i] - time.from) * scale);
    const b = Math.min(width, (row.end[i] - time.from) * scale);
    const w = weight(i);
    for (let x = Math.floor(a); x < b; x++) share[x] += w * (Math.min(b, x + 1) - Math.max(a, x));
  }
  return share;
}

/** A row of a token: the paler, the less of the column's time and the higher the level. */
function paintRow(ctx, row, time, box, colour) {
  const share = columns(row, (i) => LEVEL_WEIGHT[Math.min(row.l[i], 8) - 1], time, box.columns);
  const step = box.width / box.columns;
  ctx.fillStyle = colour;
  let begin = 0;
  const shade = (x) => Math.ceil(Math.min(share[x], 1) * 12);
  for (let x = 1; x <= share.length; x++) {
    if (x < share.length && shade(x) === shade(begin)) continue;
    if (shade(begin)) {
      ctx.globalAlpha = 0.14 + (0.86 * shade(begin)) / 12;
      ctx.fillRect(begin * step, box.top, (x - begin) * step, box.height);
    }
    begin = x;
  }
  ctx.globalAlpha = 1;
}

/** Quality: a column's height and colour say how much of it is usable; the least loss stays visible. */
function paintStates(ctx, row, time, box, colours) {
  const step = box.width / box.columns;
  STATES.forEach((name, state) => {
    const share = columns(row, (i) => (row.state[i] === state ? 1 : 0), time, box.columns);
    ctx.fillStyle = colours[name];
    for (let x = 0; x < share.length; x++) {
      if (share[x] <= 0) continue;
      const height = Math.max(state ? 3 : 1, Math.min(share[x], 1) * STATE_HEIGHT[state] * box.height);
      ctx.fillRect(x * step, box.top + box.height - height, step + 0.5, height);
    }
  });
}

/** The ground of a display's row: shaded where the face is not usable, darker where its half of the face is hidden. */
function paintShade(ctx, quality, time, box, colours, half) {
  const step = box.width / box.columns;
  const shades = [
    [(i) => (quality.state[i] ? 1 : 0), 0.18],
    [(i) => (quality.state[i] === 1 && quality.covered[i] & half ? 1 : 0), 0.42],
  ];
  ctx.fillStyle = colours["not-usable"];
  for (const [weight, alpha] of shades) {
    const share = columns(quality, weight, time, box.columns);
    for (let x = 0; x < share.length; x++) {
      if (share[x] <= 0) continue;
      ctx.globalAlpha = alpha * Math.min(share[x], 1);
      ctx.fillRect(x * step, box.top, step + 0.5, box.height);
    }
  }
  ctx.globalAlpha = 1;
}

/** Highest absolute angle that a pose chart must have room for, in degrees. */
function poseReach(pose) {
  let most = 0;
  for (const angle of ANGLES) for (const tenth of pose[angle]) most = Math.max(most, Math.abs(tenth) / 10);
  return Math.max(15, Math.ceil(most / 5) * 5);
}

/** A curve of degrees over time; where many frames share a pixel, a bar from the least to the most. */
function paintCurve(ctx, at, tenths, gap, time, box, reach, colour) {
  const y = (tenth) => box.top + (box.height * (1 - tenth / 10 / reach)) / 2;
  const x = (ms) => ((ms - time.from) / time.length) * box.width;
  const line = new Path2D();
  let pixel = null;
  for (let i = 0; i < at.length; i++) {
    if ((at[i + 1] ?? Infinity) < time.from) continue;
    if (i > 0 && at[i - 1] > time.to) break;
    const broken = pixel === null || at[i] - at[i - 1] > gap;
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
function palette() {
  const style = getComputedStyle(document.documentElement);
  const names = ["quiet", "grid", "ink", "row", "both", "left", "right", "other", ...STATES, ...ANGLES];
  const colours = Object.fromEntries(names.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
  return { ...colours, font: getComputedStyle(document.body).fontFamily };
}
