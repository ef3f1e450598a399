"use strict";

const VERTEX_SHADER = `
attribute vec3 place, normal, albedo, gaze;
attribute float light, cut;
attribute vec2 brow;
uniform mat3 turn;
uniform vec3 lookAt;
uniform float distance, span;
varying vec3 vNormal, vAlbedo, vGaze;
varying float vLight, vCut;
varying vec2 vBrow;
void main() {
  vec3 p = turn * (place - lookAt);
  float w = distance - p.z;
  float near = 0.5 * distance, far = 1.5 * distance;
  gl_Position = vec4(2.0 * distance / span * p.xy, ((far + near) * w - 2.0 * far * near) / (far - near), w);
  vNormal = turn * normal;
  vAlbedo = albedo; vGaze = gaze; vLight = light; vCut = cut; vBrow = brow;
}`;

/* The same lights and paints as in dfe/space/render.py; a test compares the two pictures. */
const FRAGMENT_SHADER = `
precision highp float;
varying vec3 vNormal, vAlbedo, vGaze;
varying float vLight, vCut;
varying vec2 vBrow;
const vec3 IRIS = vec3(0.1170, 0.1559, 0.1812), PUPIL = vec3(0.00802, 0.00802, 0.00913);
vec3 painted(vec3 albedo) {
  float along = vBrow.x, width = 3.2 * clamp((43.0 - along) / (0.6 * 43.0), 0.0, 1.0);
  float inside = min(width - abs(vBrow.y), along);
  if (width > 0.0) albedo *= 1.0 - 0.5 * clamp(inside / 1.2 + 0.5, 0.0, 1.0);
  float size = length(vGaze);
  if (size > 0.5) {
    float angle = acos(clamp(vGaze.z / size, -1.0, 1.0));
    albedo = mix(albedo, IRIS, clamp((radians(25.0) - angle) / radians(2.5) + 0.5, 0.0, 1.0));
    albedo = mix(albedo, PUPIL, clamp((radians(11.0) - angle) / radians(2.5) + 0.5, 0.0, 1.0));
  }
  return albedo;
}
void main() {
  vec3 n = normalize(vNormal);
  float key = max((dot(n, vec3(0.0, 0.5, 0.866)) + 0.2) / 1.2, 0.0);
  float sky = 0.10 + 0.20 * (0.5 + 0.5 * n.y);
  float facing = max(dot(n, vec3(0.0, 0.2588, 0.9659)), 0.0);
  float shine = dot(vGaze, vGaze) > 0.0 ? 0.5 * pow(facing, 160.0) : 0.05 * pow(facing, 24.0);
  vec3 seen = clamp(vLight * (painted(vAlbedo) * (key * 0.84 + sky) + shine), 0.0, 1.0);
  vec3 shown = mix(seen * 12.92, 1.055 * pow(seen, vec3(1.0 / 2.4)) - 0.055, step(0.0031308, seen));
  float opacity = clamp(vCut / 2.5, 0.0, 1.0);
  gl_FragColor = vec4(shown * opacity, opacity);
}`;

/** Side of the largest head in pixels. */
const LARGEST_PX = 960;

/** One hidden canvas with WebGL that draws every head in turn; null where the browser has none. */
class Painter {
  static open(model) {
    const canvas = document.createElement("canvas");
    const gl = canvas.getContext("webgl2", { antialias: true }) || canvas.getContext("webgl", { antialias: true });
    if (!gl || (model.triangles instanceof Uint32Array && !(gl instanceof WebGL2RenderingContext))) return null;
    try {
      return new Painter(canvas, gl, model);
    } catch {
      return null;
    }
  }

  constructor(canvas, gl, model) {
    Object.assign(this, { canvas, gl, model, lost: false });
    // A canvas is born 300 x 150.
    canvas.width = canvas.height = 1;
    canvas.addEventListener("webglcontextlost", () => (this.lost = true));
    const program = gl.createProgram();
    for (const [kind, source] of [[gl.VERTEX_SHADER, VERTEX_SHADER], [gl.FRAGMENT_SHADER, FRAGMENT_SHADER]]) {
      const shader = gl.createShader(kind);
      gl.shaderSource(shader, source);
      gl.compileShader(shader);
      gl.attachShader(program, shader);
    }
    gl.linkProgram(program);
    if (!gl.getProgramParameter(program, gl.LINK_STATUS)) throw new Error("no program");
    gl.useProgram(program);
    gl.enable(gl.DEPTH_TEST);
    gl.enable(gl.CULL_FACE);
    this.at = (name) => gl.getUniformLocation(program, name);
    this.turnAt = this.at("turn");
    gl.uniform3fv(this.at("lookAt"), model.camera.lookAt);
    gl.uniform1f(this.at("distance"), model.camera.distance);
    gl.uniform1f(this.at("span"), model.camera.span);
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, gl.createBuffer());
    gl.bufferData(gl.ELEMENT_ARRAY_BUFFER, model.triangles, gl.STATIC_DRAW);
    gl.bindBuffer(gl.ARRAY_BUFFER, gl.createBuffer());
    gl.bufferData(gl.ARRAY_BUFFER, model.lasting, gl.STATIC_DRAW);
    this.place(program, { cut: 1, brow: 2, gaze: 3 }, LASTING);
    this.program = program;
    this.scratch = new Float32Array(CHANGING * model.count);
  }

  /** Says where in the buffer that is bound now the named attributes lie, one after the other. */
  place(program, widths, stride) {
    let offset = 0;
    for (const [name, width] of Object.entries(widths)) {
      const at = this.gl.getAttribLocation(program, name);
      this.gl.enableVertexAttribArray(at);
      this.gl.vertexAttribPointer(at, width, this.gl.FLOAT, false, 4 * stride, 4 * offset);
      offset += width;
    }
  }

  /** Keeps a face's shape in `buffer` (a new one if there is none). */
  keep(buffer, said, look) {
    const { gl } = this;
    const kept = buffer || gl.createBuffer();
    this.model.shape(said, look, this.scratch);
    gl.bindBuffer(gl.ARRAY_BUFFER, kept);
    gl.bufferData(gl.ARRAY_BUFFER, this.scratch, gl.DYNAMIC_DRAW);
    return kept;
  }

  forget(buffer) {
    if (buffer) this.gl.deleteBuffer(buffer);
  }

  /** Draws a kept shape into a 2-D canvas; yaw and pitch in radians, positive to the subject's left and up. */
  draw(buffer, canvas, yaw, pitch) {
    const { gl } = this;
    const size = canvas.width;
    if (this.canvas.width < size) this.canvas.width = this.canvas.height = size;
    const c = Math.cos(yaw), s = Math.sin(yaw), k = Math.cos(pitch), r = Math.sin(pitch);
    gl.viewport(0, 0, size, size);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
    gl.uniformMatrix3fv(this.turnAt, false, [c, 0, -s, -s * r, k, -c * r, s * k, r, c * k]);
    gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
    this.place(this.program, { place: 3, normal: 3, albedo: 3, light: 1 }, CHANGING);
    const kind = this.model.triangles instanceof Uint32Array ? gl.UNSIGNED_INT : gl.UNSIGNED_SHORT;
    gl.drawElements(gl.TRIANGLES, this.model.triangles.length, kind, 0);
    const flat = canvas.getContext("2d");
    flat.clearRect(0, 0, size, size);
    flat.drawImage(this.canvas, 0, this.canvas.height - size, size, size, 0, 0, size, size);
  }
}

const FRAME_MS = 30;

/** What all heads share: strength, turn, flip, colours; and the loop that draws those in sight. */
class Stage {
  constructor(model, painter, strengths) {
    Object.assign(this, { model, painter, strengths, heads: new Set(), changed: [] });
    this.look = { strength: strengths.usual, yaw: 0, pitch: 0, flip: false, heat: true, play: false };
    this.still = matchMedia("(prefers-reduced-motion: reduce)");
    this.watcher = new IntersectionObserver((seen) => this.see(seen), { rootMargin: "120px" });
    this.byCanvas = new Map();
    addEventListener("resize", () => this.refresh());
  }

  set(changes) {
    Object.assign(this.look, changes);
    for (const tell of this.changed) tell(this.look);
    this.refresh();
  }

  get factor() {
    return this.strengths.factors[this.look.strength];
  }

  /** A head that says `said()`: pairs of token and factor. `turned` is added to the turn of all. */
  add(canvas, said, turned = 0) {
    const head = { canvas, said, turned, seen: false, buffer: null, key: "", playing: false };
    canvas.hidden = !this.painter;
    if (!this.painter) return head;
    this.byCanvas.set(canvas, head);
    this.watcher.observe(canvas);
    setUpDrag(canvas, this);
    return head;
  }

  remove(head) {
    this.watcher.unobserve(head.canvas);
    this.byCanvas.delete(head.canvas);
    this.hide(head);
  }

  see(entries) {
    for (const entry of entries) {
      const head = this.byCanvas.get(entry.target);
      if (!head) continue;
      if (!entry.isIntersecting) {
        this.hide(head);
        continue;
      }
      this.heads.add(head);
      this.refresh(head);
    }
  }

  /** Gives back what a head out of sight holds: hundreds of canvases would take hundreds of megabytes. */
  hide(head) {
    this.heads.delete(head);
    this.painter?.forget(head.buffer);
    Object.assign(head, { buffer: null, key: "" });
    head.canvas.width = head.canvas.height = 0;
    delete head.canvas.dataset.drawn;
  }

  /** Draws one head anew, or all that are in sight, from the next frame on. */
  refresh(head) {
    if (!this.painter) return;
    for (const one of head ? [head] : this.heads) one.stale = true;
    this.wake();
  }

  wake() {
    this.waiting ||= requestAnimationFrame((now) => {
      this.waiting = 0;
      this.drawStale(now);
    });
  }

  /** Share of the strength and extra turn at a moment of the movement, out and back in 2.4 s. */
  motion(now, playing) {
    if (!playing) return { share: 1, sway: 0 };
    const phase = (now / 2400) * 2 * Math.PI;
    return { share: 0.5 - 0.5 * Math.cos(phase), sway: 0.25 * Math.sin(phase / 3) };
  }

  /** Draws for a while and leaves the rest to the next frame, so that slow machines stay at hand. */
  drawStale(now) {
    if (!this.painter) return;
    if (this.painter.lost) {
      this.fallBack();
      return;
    }
    const until = performance.now() + FRAME_MS;
    for (const head of [...this.heads]) {
      const playing = this.look.play || (head.playing && !this.still.matches);
      if (!head.stale && !playing) continue;
      this.drawOne(head, this.motion(now, playing));
      // What has been drawn goes to the end, so that all have their turn.
      this.heads.delete(head);
      this.heads.add(head);
      head.stale = false;
      if (performance.now() > until) break;
    }
    const more = this.look.play || [...this.heads].some((head) => head.stale || (head.playing && !this.still.matches));
    if (more && this.heads.size) this.wake();
  }

  drawOne(head, { share, sway }) {
    const { canvas } = head;
    const size = Math.min(LARGEST_PX, Math.round(canvas.clientWidth * Math.min(devicePixelRatio, 2)));
    if (!size) return;
    if (canvas.width !== size || canvas.height !== size) canvas.width = canvas.height = size;
    const said = head.said().map(([token, factor]) => [token, factor * share]);
    const key = JSON.stringify([said, this.look.flip, this.look.heat]);
    if (key !== head.key) {
      head.buffer = this.painter.keep(head.buffer, said, this.look);
      head.key = key;
    }
    this.painter.draw(head.buffer, canvas, this.look.yaw + head.turned + sway, this.look.pitch);
    canvas.dataset.drawn = "yes";
  }

  /** The browser took WebGL away: the still pictures under the canvases show again. */
  fallBack() {
    for (const head of [...this.byCanvas.values()]) {
      this.remove(head);
      head.canvas.hidden = true;
    }
    this.painter = null;
    document.documentElement.dataset.webgl = "no";
  }
}

const MOST_YAW = Math.PI / 3;
const MOST_PITCH = Math.PI / 6;

function within(value, most) {
  return Math.max(-most, Math.min(most, value));
}

/** Dragging turns all heads; a drag that began on a link does not follow it. */
function setUpDrag(canvas, stage) {
  let from = null;
  let dragged = false;
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    dragged = false;
    from = { x: event.clientX, y: event.clientY, yaw: stage.look.yaw, pitch: stage.look.pitch };
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!from) return;
    const dx = event.clientX - from.x, dy = event.clientY - from.y;
    if (!dragged && Math.hypot(dx, dy) < 5) return;
    if (!dragged) canvas.setPointerCapture(event.pointerId);
    dragged = true;
    stage.set({ yaw: within(from.yaw + dx / 120, MOST_YAW), pitch: within(from.pitch - dy / 120, MOST_PITCH) });
  });
  const end = () => (from = null);
  canvas.addEventListener("pointerup", end);
  canvas.addEventListener("pointercancel", end);
  canvas.addEventListener("dblclick", () => stage.set({ yaw: 0, pitch: 0 }));
  canvas.addEventListener("dragstart", (event) => event.preventDefault());
  const link = canvas.closest("a");
  link?.addEventListener("dragstart", (event) => event.preventDefault());
  link?.addEventListener("click", (event) => {
    if (dragged) event.preventDefault();
    dragged = false;
  });
}
