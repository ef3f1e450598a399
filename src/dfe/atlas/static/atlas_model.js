"use strict";

/** Numbers out of base64; the machines that browsers run on store them as the file does, little end first. */
function unpacked(text, Kind) {
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  return new Kind(bytes.buffer);
}

const MATERIALS = { skin: 0, lining: 1, eye: 2, teeth: 3, tongue: 4 };
const ALBEDO_SRGB = [[222, 214, 206], [132, 84, 78], [240, 240, 238], [240, 236, 226], [188, 116, 108]];
const LIGHT_AT_LEAST = [0.15, 0.1, 0.55, 0.6, 0.45];
const OPEN_MOUTH_MM = 8;
const DARK_MM = -20;
const LIGHT_MM = 28;

function linearLight(srgb) {
  const v = srgb / 255;
  return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
}

/** Floats of a vertex that change with the expression: place, normal, colour, light. */
const CHANGING = 10;
/** Floats of a vertex that don't: mm over the cut, place on the eyebrow, direction on the eyeball. */
const LASTING = 6;

/** The head and all that moves it; the same face as the package's own renderer draws. */
class HeadModel {
  constructor(packed) {
    const Index = packed.wide ? Uint32Array : Uint16Array;
    this.rest = Float32Array.from(unpacked(packed.vertices, Int16Array), (v) => v * packed.vertexScale);
    this.triangles = unpacked(packed.triangles, Index);
    this.mirror = unpacked(packed.mirror, Index);
    this.count = this.rest.length / 3;
    this.camera = packed.camera;
    this.heat = Float32Array.from(packed.heat);
    this.heatMax = packed.heatMax;
    this.tokens = packed.tokens;
    this.neutral = packed.rest;
    this.readMovements(packed.movements, Index);
    this.readLook(packed.look);
    this.moved = new Float32Array(this.rest.length);
    this.added = new Float32Array(this.rest.length);
    this.normals = new Float32Array(this.rest.length);
  }

  readMovements({ counts, index, delta, scale }, Index) {
    const places = unpacked(index, Index);
    const deltas = unpacked(delta, Int16Array);
    let at = 0;
    this.movements = counts.map((n, i) => {
      const one = { index: places.subarray(at, at + n), delta: deltas.subarray(3 * at, 3 * (at + n)), scale: scale[i] };
      at += n;
      return one;
    });
  }

  readLook(look) {
    const n = this.count;
    this.material = look ? unpacked(look.material, Int8Array) : new Int8Array(n);
    this.openness = look ? unpacked(look.openness, Uint8Array) : null;
    this.lasting = new Float32Array(LASTING * n);
    const cut = look && unpacked(look.aboveCut, Int8Array);
    const brow = look && unpacked(look.brow, Int8Array);
    for (let v = 0; v < n; v++) {
      this.lasting[LASTING * v] = look ? cut[v] / 4 : 99;
      this.lasting[LASTING * v + 1] = look ? brow[2 * v] / 2 : 99;
      this.lasting[LASTING * v + 2] = look ? brow[2 * v + 1] / 2 : 99;
    }
    for (const side of [1, -1]) this.readEye(side);
    const inside = [MATERIALS.lining, MATERIALS.teeth, MATERIALS.tongue];
    this.inside = look ? [...this.material.keys()].filter((v) => inside.includes(this.material[v])) : [];
    this.lining = this.inside.filter((v) => this.material[v] === MATERIALS.lining);
    this.restOpening = this.opening(this.rest);
    this.albedo = ALBEDO_SRGB.map((rgb) => rgb.map(linearLight));
  }

  /** Directions on one eyeball, from the middle of the box around it. */
  readEye(side) {
    const eye = [];
    for (let v = 0; v < this.count; v++) {
      if (this.material[v] === MATERIALS.eye && this.rest[3 * v] * side > 0) eye.push(v);
    }
    const middle = [0, 1, 2].map((k) => {
      const values = eye.map((v) => this.rest[3 * v + k]);
      return (Math.min(...values) + Math.max(...values)) / 2;
    });
    for (const v of eye) {
      const d = [0, 1, 2].map((k) => this.rest[3 * v + k] - middle[k]);
      const length = Math.hypot(...d) || 1;
      for (let k = 0; k < 3; k++) this.lasting[LASTING * v + 3 + k] = d[k] / length;
    }
  }

  opening(points) {
    let low = Infinity;
    let high = -Infinity;
    for (const v of this.lining) {
      low = Math.min(low, points[3 * v + 1]);
      high = Math.max(high, points[3 * v + 1]);
    }
    return this.lining.length ? high - low : 0;
  }

  /** Puts weighted movements onto `out`; flipped, the left half does what the right half would. */
  add(pairs, factor, out, flip) {
    for (const [which, weight] of pairs) {
      const { index, delta, scale } = this.movements[which];
      const s = weight * factor * scale;
      for (let i = 0; i < index.length; i++) {
        const v = 3 * (flip ? this.mirror[index[i]] : index[i]);
        out[v] += (flip ? -s : s) * delta[3 * i];
        out[v + 1] += s * delta[3 * i + 1];
        out[v + 2] += s * delta[3 * i + 2];
      }
    }
  }

  /**
   * Fills `out` (10 floats a vertex) with the face that some tokens make of the neutral one.
   * `said`: pairs of token number and factor; heat: colour by what the tokens move, or plain.
   */
  shape(said, { flip, heat }, out) {
    this.added.fill(0);
    for (const [token, factor] of said) this.add(this.tokens[token - 1], factor, this.added, flip);
    this.moved.set(this.rest);
    this.add(this.neutral, 1, this.moved, false);
    for (let i = 0; i < this.moved.length; i++) this.moved[i] += this.added[i];
    this.turnOutwards();
    const open = Math.min(1, Math.max(0, (this.opening(this.moved) - this.restOpening) / OPEN_MOUTH_MM));
    for (let v = 0; v < this.count; v++) {
      const to = CHANGING * v;
      for (let k = 0; k < 3; k++) {
        out[to + k] = this.moved[3 * v + k];
        out[to + 3 + k] = this.normals[3 * v + k];
      }
      this.colour(v, heat, out, to + 6);
      out[to + 9] = this.light(v, open);
    }
  }

  turnOutwards() {
    const { triangles, moved: p, normals: n } = this;
    n.fill(0);
    for (let t = 0; t < triangles.length; t += 3) {
      const a = 3 * triangles[t], b = 3 * triangles[t + 1], c = 3 * triangles[t + 2];
      const ux = p[b] - p[a], uy = p[b + 1] - p[a + 1], uz = p[b + 2] - p[a + 2];
      const vx = p[c] - p[a], vy = p[c + 1] - p[a + 1], vz = p[c + 2] - p[a + 2];
      const x = uy * vz - uz * vy, y = uz * vx - ux * vz, z = ux * vy - uy * vx;
      for (const q of [a, b, c]) {
        n[q] += x;
        n[q + 1] += y;
        n[q + 2] += z;
      }
    }
    for (let q = 0; q < n.length; q += 3) {
      const length = Math.hypot(n[q], n[q + 1], n[q + 2]) || 1;
      n[q] /= length;
      n[q + 1] /= length;
      n[q + 2] /= length;
    }
  }

  colour(v, heat, out, to) {
    const material = this.material[v];
    if (!heat || material !== MATERIALS.skin) {
      for (let k = 0; k < 3; k++) out[to + k] = this.albedo[material][k];
      return;
    }
    const mm = Math.hypot(this.added[3 * v], this.added[3 * v + 1], this.added[3 * v + 2]);
    const last = this.heat.length / 3 - 1;
    const place = Math.min(1, mm / this.heatMax) * last;
    const lower = Math.min(Math.floor(place), last - 1);
    for (let k = 0; k < 3; k++) {
      const low = this.heat[3 * lower + k];
      out[to + k] = low + (place - lower) * (this.heat[3 * lower + 3 + k] - low);
    }
  }

  /** Share of the light that reaches a vertex; the hollow of the mouth is dark until it opens. */
  light(v, open) {
    if (!this.openness) return 1;
    const material = this.material[v];
    let least = LIGHT_AT_LEAST[material];
    if (material === MATERIALS.lining || material === MATERIALS.teeth || material === MATERIALS.tongue) {
      const depth = Math.min(1, Math.max(0, (this.rest[3 * v + 2] - DARK_MM) / (LIGHT_MM - DARK_MM)));
      least *= (0.1 + 0.9 * depth) * open;
    }
    return least + ((1 - least) * this.openness[v]) / 255;
  }
}
