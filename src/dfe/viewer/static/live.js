"use strict";

const about = JSON.parse(byId("about").textContent);
const strips = new Strips(byId("said").tBodies[0], about.names);
let state = { recording: null, waits: false, neutral: "own", resting: false };
let head = null;

function setText(id, text) {
  const element = byId(id);
  if (element.textContent !== text) element.textContent = text;
}

function complain(text) {
  setText("problem", text);
  byId("problem").hidden = !text;
}

const NEUTRAL_WORDS = {
  own: "Now: your face at rest as the frames so far tell it, which gets surer with time.",
  population: "Now: everybody's face at rest.",
};

function neutralWords(neutral) {
  if (NEUTRAL_WORDS[neutral]) return NEUTRAL_WORDS[neutral];
  if (neutral.startsWith("recording ")) return `Now: the face at rest of the ${neutral}.`;
  return `Now: the face that you showed as at rest (${neutral.replace("-", " to ")}).`;
}

/** What holds between frames: buttons, what is stored, what displays are measured against. */
function showState() {
  const running = camera.running && line.open;
  setText("neutral", neutralWords(state.neutral));
  setText("rest", state.resting ? "Hold still ..." : `This is my face at rest (${about.restSeconds} s)`);
  byId("rest").disabled = !running || state.resting;
  byId("anew").disabled = !running || state.recording !== null;
  const on = state.recording !== null;
  setText("record", on ? "Stop and write" : state.waits ? "Try to write again" : "Record");
  byId("record").classList.toggle("on", on);
  byId("record").disabled = !(on || state.waits || (running && byId("consent").checked));
  byId("discard").hidden = !(on || state.waits);
  for (const id of ["consent", "begins"]) byId(id).disabled = on || state.waits;
  byId("name").disabled = on;
  setText("stored", on ? `Recording ${state.recording}.` : state.waits ? "A recording waits to be written." : "Nothing is stored.");
  byId("stored").classList.toggle("on", on);
  setText("start", camera.running ? "Stop camera" : "Start");
}

function showFace(told) {
  const canvas = byId("box"), video = byId("video");
  const pen = canvas.getContext("2d");
  if (canvas.width !== video.videoWidth) Object.assign(canvas, { width: video.videoWidth, height: video.videoHeight });
  pen.clearRect(0, 0, canvas.width, canvas.height);
  if (told.box && told.size) {
    const scale = canvas.width / told.size[0];
    pen.lineWidth = 2;
    pen.strokeStyle = told.reason ? "#dfae45" : "#6ea886";
    pen.strokeRect(...told.box.map((v) => v * scale));
  }
  const words = !told.found ? "No face is seen." : told.reason ? `Seen, but not usable: ${told.reason}.` : "The face is seen well.";
  setText("face", words);
}

function showEyes(told) {
  if (!told.lids || !told.gaze) {
    setText("eyes", told.lids ? `Lids apart: left ${told.lids[0].toFixed(1)} mm, right ${told.lids[1].toFixed(1)} mm.` : "\u00a0");
    return;
  }
  const [across, up] = told.gaze.map(Math.round);
  const sideways = `${Math.abs(across)}° to the ${across < 0 ? "right" : "left"}`;
  setText("eyes", `Lids apart: left ${told.lids[0].toFixed(1)} mm, right ${told.lids[1].toFixed(1)} mm. ` +
    `Gaze: ${sideways}, ${Math.abs(up)}° ${up < 0 ? "down" : "up"}.`);
}

function showSpeed(told) {
  const { rate, delay } = line.figures();
  byId("speed").dataset.rate = rate;
  byId("speed").dataset.delay = delay;
  byId("speed").dataset.leftOut = told.leftOut;
  if (!Number.isFinite(rate)) return;
  const left = told.leftOut === 1 ? "1 frame" : `${told.leftOut} frames`;
  setText("speed", `${rate.toFixed(0)} ${rate.toFixed(0) === "1" ? "frame" : "frames"} a second; ${delay.toFixed(0)} ms from frame to displays (median); ` +
    `${left} left out to keep up.`);
}

/** Strength by display, merged ones together. */
function strengths(said) {
  const sums = new Map();
  for (const [display, mm] of said) {
    const n = about.countedAs[display];
    sums.set(n, (sums.get(n) || 0) + mm);
  }
  return sums;
}

class Head {
  constructor(packed) {
    this.model = new HeadModel(packed);
    this.painter = Painter.open(this.model);
    this.canvas = byId("head");
    this.numbers = null;
    this.refresh = paced(() => this.draw(), 30);
    byId("no-head").hidden = Boolean(this.painter);
  }

  show(numbers) {
    this.numbers = numbers || [];
    this.refresh();
  }

  draw() {
    if (!this.painter || this.painter.lost || !this.numbers) return;
    const said = this.numbers.map((value, i) => [i + 1, value]).filter(([, value]) => value);
    this.buffer = this.painter.keep(this.buffer, said, { flip: byId("mirror").checked, heat: byId("heat").checked });
    this.painter.draw(this.buffer, this.canvas, 0, 0);
    this.canvas.dataset.drawn = "yes";
  }
}

let newest = null;
const showNewest = paced(() => {
  showFace(newest);
  showEyes(newest);
  showSpeed(newest);
  byId("nothing").hidden = strips.rows.size > 0;
  if (state.recording !== null) setText("wrote", `Recording: ${newest.seconds.toFixed(1)} s, ${newest.frame + 1} frames.`);
}, 100);

function hear(told, _delay) {
  const before = JSON.stringify(state);
  for (const key of Object.keys(state)) if (key in told) state[key] = told[key];
  if (told.problem) complain(told.problem);
  if (told.note) announce(told.note);
  if (told.wrote) {
    setText("wrote", `Written: ${told.wrote}`);
    complain("");
  }
  if (told.number === undefined || JSON.stringify(state) !== before) showState();
  if (told.number === undefined) return;
  newest = told;
  showNewest();
  const said = strengths(told.said);
  strips.add(told.at ?? performance.now() / 1000, said, performance.now());
  head?.show(told[byId("what").value]);
}

const line = new Line({
  onTold: hear,
  onGone: () => {
    camera.stop();
    if (byId("problem").hidden) complain("The program has ended, or the connection to it. Start dfe live again and open its new address.");
    showState();
  },
});

const camera = new Camera(byId("video"), {
  wanted: () => line.free,
  onFrame: (number, at, message) => line.send(number, at, message),
  onEnd: () => inTrouble("ended"),
});

function inTrouble(kind) {
  complain(about.trouble[kind]);
  line.ask({ do: "trouble", kind });
  byId("waiting").hidden = false;
  showState();
}

async function listCameras() {
  const all = await camera.list();
  byId("which").hidden = all.length < 2;
  byId("cameras").replaceChildren(...all.map((one, i) => make("option", { value: one.deviceId }, one.label || `camera ${i + 1}`)));
}

async function startCamera(id) {
  complain("");
  line.forget();
  byId("start").disabled = true;
  const trouble = await camera.start(id);
  byId("start").disabled = false;
  if (trouble) {
    inTrouble(trouble);
    return;
  }
  byId("waiting").hidden = true;
  announce("The camera is on.");
  if (!id) await listCameras();
  showState();
}

byId("start").addEventListener("click", () => {
  if (!camera.running) {
    startCamera();
    return;
  }
  camera.stop();
  byId("waiting").hidden = false;
  announce("The camera is off.");
  showState();
});
byId("cameras").addEventListener("change", (event) => startCamera(event.target.value));
byId("packing").addEventListener("change", (event) => (camera.packing = event.target.value));
byId("consent").addEventListener("change", showState);
byId("rest").addEventListener("click", () => line.ask({ do: "rest" }));
byId("anew").addEventListener("click", () => {
  strips.clear();
  line.ask({ do: "anew" });
});
byId("record").addEventListener("click", () => {
  complain("");
  if (state.recording !== null) line.ask({ do: "stop" });
  else if (state.waits) line.ask({ do: "write", name: byId("name").value });
  else {
    const [consent, begins] = ["consent", "begins"].map((id) => byId(id).checked);
    line.ask({ do: "record", name: byId("name").value, consent, begins_at_rest: begins });
  }
});
byId("discard").addEventListener("click", () => {
  line.ask({ do: "discard" });
  setText("wrote", "Discarded; nothing was written.");
});
function mirror() {
  document.body.classList.toggle("mirrored", byId("mirror").checked);
  head?.draw();
}
byId("mirror").addEventListener("change", mirror);
byId("heat").addEventListener("change", () => head?.draw());

async function begin() {
  mirror();
  showState();
  const packed = await (await fetch("/head")).json();
  if (packed.vertices) {
    head = new Head(packed);
    head.show([]);
  }
  document.documentElement.dataset.ready = "yes";
}

begin();
