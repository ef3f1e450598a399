"use strict";

/** What is known of a face at a moment: usable or not, and why; null outside of the recording. */
function stateAt(quality, at) {
  let low = 0;
  let high = quality.start.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (quality.start[middle] <= at) low = middle + 1;
    else high = middle;
  }
  const i = low - 1;
  if (i < 0 || quality.end[i] <= at) return null;
  const state = quality.state[i];
  const title = ["usable", "found, but not usable", "no face"][state];
  return { state, title, why: quality.reasons[quality.reason[i]], from: quality.start[i], to: quality.end[i] };
}

/** A row per display, and one of all other displays. */
class TokenPlot extends Plot {
  constructor(element, time, tip, face) {
    super(element, time, tip);
    this.tokens = face.tokens;
    this.anchor = face.anchor;
    this.quality = unpacked(face.quality);
    const rows = face.rows.map(unpacked);
    this.rows = rows.at(-1).start.length ? rows : rows.slice(0, -1);
    this.rows.forEach((_, i) => this.names.append(this.nameOf(i)));
    this.mark();
  }

  nameOf(row) {
    const token = this.tokens[row];
    const name = document.createElement(token ? "a" : "span");
    name.className = `name ${token ? token.side : "other"}`;
    const code = document.createElement("b");
    code.textContent = token ? token.code : "";
    const words = document.createElement("span");
    words.textContent = token ? token.words : "other displays";
    name.append(code, words);
    name.title = this.rowName(row);
    if (token) {
      name.href = `#${this.anchor}${token.code}`;
      name.tabIndex = -1;
    }
    return name;
  }

  /** Goes to the card of the token that is chosen, as a click on its name does. */
  enter() {
    this.tip.hide();
    this.names.children[this.row].click();
  }

  rowName(row) {
    const token = this.tokens[row];
    return token ? `display ${token.code}, ${token.words}` : "other displays";
  }

  paint(ctx, box, colours) {
    this.rows.forEach((row, i) => {
      const top = i * ROW;
      ctx.fillStyle = colours.row;
      ctx.fillRect(0, top + ROW - 1, box.width, 1);
      paintShade(ctx, this.quality, this.time, { ...box, top, height: ROW - 1 }, colours, this.tokens[i]?.half ?? 0);
      const colour = colours[this.tokens[i]?.side ?? "other"] || colours.other;
      paintRow(ctx, row, this.time, { ...box, top: top + 3, height: ROW - 7 }, colour);
    });
  }

  describe(row, at) {
    if (row < 0 || row >= this.rows.length) return null;
    const hits = this.found(row, at);
    const shade = stateAt(this.quality, at);
    const why = shade && shade.state ? [shade.why ? `${shade.title}: ${shade.why}` : shade.title] : [];
    if (!hits.length) {
      return why.length ? { title: shade.title, lines: [shade.why, this.lasts(shade.from, shade.to)].filter(Boolean), picture: null } : null;
    }
    const one = this.rows[row];
    const i = hits[0];
    const token = this.tokens[row];
    const codes = token ? [token.code] : [...new Set(hits.map((hit) => one.c[hit]))];
    const sides = { both: "both sides", left: "subject's left", right: "subject's right" };
    return {
      title: token ? token.words : `${codes.length > 1 ? "displays" : "display"} ${codes.join(", ")}`,
      lines: [
        ...(token ? [`display ${token.code}, ${sides[token.side] ?? token.side}`] : []),
        this.lasts(one.start[i], one.end[i]),
        `level ${one.l[i]}`,
        ...why,
      ],
      picture: token ? `#${this.anchor}${token.code} img` : null,
    };
  }
}

/** One row: was the face found, was it usable, and why not. */
class QualityPlot extends Plot {
  constructor(element, time, tip, quality) {
    super(element, time, tip);
    this.rows = [unpacked(quality)];
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

/** Turn, nod and tilt of the head in degrees. */
class PosePlot extends Plot {
  constructor(element, time, tip, pose) {
    super(element, time, tip);
    this.times = summed(pose.t);
    this.angles = Object.fromEntries(ANGLES.map((angle) => [angle, summed(pose[angle])]));
    this.gap = pose.gap;
    this.reach = poseReach(this.angles);
  }

  get height() {
    return 132;
  }

  paint(ctx, box, colours) {
    const step = this.reach > 40 ? 30 : this.reach > 20 ? 15 : 10;
    ctx.font = `11px ${colours.font}`;
    ctx.textAlign = "left";
    ctx.textBaseline = "bottom";
    for (let degrees = -Math.floor(this.reach / step) * step; degrees <= this.reach; degrees += step) {
      const y = Math.round((box.height * (1 - degrees / this.reach)) / 2) + 0.5;
      ctx.fillStyle = colours.quiet;
      ctx.strokeStyle = degrees ? colours.grid : colours.quiet;
      ctx.beginPath();
      ctx.moveTo(0, y);
      ctx.lineTo(box.width, y);
      ctx.stroke();
      if (y > 14) ctx.fillText(`${degrees > 0 ? "+" : degrees < 0 ? "−" : ""}${Math.abs(degrees)}°`, 2, y - 1);
    }
    for (const angle of ANGLES) {
      paintCurve(ctx, this.times, this.angles[angle], this.gap, this.time, box, this.reach, colours[angle]);
    }
  }

  /** Arrows move the cursor, since there are no stretches to go to. */
  step(direction) {
    this.goTo(this.nearest((this.time.cursor ?? this.time.middle()) + (direction * this.time.length) / 50));
  }

  last() {
    return this.times.length - 1;
  }

  nearest(at) {
    let best = 0;
    this.times.forEach((t, i) => {
      if (Math.abs(t - at) < Math.abs(this.times[best] - at)) best = i;
    });
    return best;
  }

  goTo(index) {
    const at = this.times[index];
    this.time.reveal(at, at);
    this.time.point(at);
    const shown = this.describe(0, at);
    const frame = this.area.getBoundingClientRect();
    this.tip.show(shown, frame.left + this.x(at), frame.top + this.height / 2);
    this.tip.say(`${shown.title}, ${shown.lines.join(", ")}`);
  }

  describe(row, at) {
    const i = this.nearest(at);
    if (row * ROW > this.height || Math.abs(this.times[i] - at) > this.gap) return null;
    const [yaw, pitch, roll] = ANGLES.map((angle) => this.angles[angle][i] / 10);
    const said = (value, more, less) => {
      const degrees = Math.round(Math.abs(value));
      return degrees ? `${degrees}° ${value > 0 ? more : less}` : "0°";
    };
    return {
      title: `${clock(at, this.time.end, 2)}${this.time.end <= 120000 ? " s" : ""}`,
      lines: [
        `turn ${said(yaw, "to the subject's left", "to the subject's right")}`,
        `nod ${said(pitch, "up", "down")}`,
        `tilt ${said(roll, "to the left shoulder", "to the right shoulder")}`,
      ],
      picture: null,
    };
  }
}
