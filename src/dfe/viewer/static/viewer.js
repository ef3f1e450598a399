"use strict";

/** One recording on the page: what is loaded, where the film stands, and what belongs together. */
class Viewer {
  constructor(key) {
    this.key = key;
    this.url = `/recordings/${key}`;
    this.tip = new Tip();
    this.plots = [];
    this.panels = {
      unit: new UnitPanel(byId("panel-unit"), this),
      people: new PeoplePanel(byId("panel-people"), this),
      windows: new WindowsPanel(byId("panel-windows"), this),
    };
  }

  async start() {
    await this.load();
    this.player = new Player(byId("film"), this.frames, (place) => this.showFrame(place));
    this.player.onState = () => (byId("play").textContent = this.player.playing ? "Pause" : "Play");
    this.panels.stretch = new StretchPanel(byId("panel-stretch"), this);
    setUpControls(this);
    setUpKeys(this);
    const wanted = new URLSearchParams(location.hash.slice(1));
    if (wanted.has("face")) this.showFace(Number(wanted.get("face")));
    this.player.seek(wanted.has("t") ? 1000 * Number(wanted.get("t")) + 0.1 : this.time.start);
    if (wanted.has("t")) this.reveal(1000 * Number(wanted.get("t")));
    document.documentElement.dataset.ready = "yes";
    await Promise.all([this.readHead(), this.readFilm()]);
    document.documentElement.dataset.film = this.player.withFilm ? "yes" : "no";
    this.watching = new Watching(this);
  }

  /** Reads the recording and draws it; after a change the page stays where it is. */
  async load() {
    const answer = await ask(`${this.url}/data`);
    this.shown = answer.headers.get("X-Shown");
    this.data = openBlock(await answer.arrayBuffer());
    this.frames = milliseconds(this.data.frames.time);
    this.courses = this.data.faces.map((face) => new Course(face));
    const { start, end } = this.data;
    if (!this.time) {
      this.time = new TimeWindow(start / TICKS, end / TICKS);
      this.time.choosable = true;
      this.time.pick = (at, strip, mark) => this.picked(at, strip, mark);
      this.time.onChosen.push(() => {
        this.panels.stretch?.show();
        if (this.labels) this.panels.windows.show(this.labels);
      });
    }
    const before = this.course?.id;
    const kept = this.courses.findIndex((course) => course.id === before);
    this.faceAt = Math.max(kept, 0);
    this.moment = new Moment(this.data, (strip) => this.chooseUnit(strip));
    if (this.overlay) this.overlay.data = this.data;
    if (this.player) this.player.frames = this.frames;
    this.tellNotes();
    this.fillFaces();
    this.draw();
    await this.readLabels();
  }

  tellNotes() {
    const { why, kind, notes, faces } = this.data;
    const wrong = [];
    if (kind === "stills") wrong.push("This recording is of still pictures, which have no time: look at its report (dfe report, or dfe encode --report).");
    else if (!faces.length) wrong.push("No face lasts in this recording.");
    if (why) wrong.push(why);
    this.complain(wrong.join(" "));
    byId("notes").replaceChildren(...notes.map((text) => make("li", { textContent: text })));
  }

  fillFaces() {
    byId("face").replaceChildren(...this.data.faces.map((face) => new Option(`${face.id}${face.where ? `, ${face.where}` : ""}`, face.id)));
    byId("face").value = this.course.id;
    byId("points-label").hidden = !this.data.landmarks;
  }

  get course() {
    return this.courses?.[this.faceAt] ?? NOBODY;
  }

  get face() {
    return this.data.faces[this.faceAt] ?? NO_FACE_ROWS;
  }

  frameTime() {
    return this.frames[Math.max(this.player.place, 0)] ?? 0;
  }

  /** The charts of the face that is chosen. */
  draw() {
    for (const plot of this.plots) plot.forget();
    const { course, time, tip } = this;
    const charts = byId("charts");
    const quality = plotElement("quality", "Quality over time. Left and right arrows move along, plus and minus zoom.", "Can the face be used?");
    charts.replaceChildren(quality);
    this.plots = [new QualityPlot(quality, time, tip, course.quality)];
    const options = { whose: this.courses.length > 1 ? ` of face ${course.id}` : "", name: (strip) => this.unitName(strip) };
    this.plots.push(...stripCharts(charts, time, tip, course, options));
    for (const [title, names, about] of CURVE_CHARTS) {
      if (!names.some((name) => course.curves[name])) continue;
      const element = plotElement("curve", `${title} over time. Left and right arrows move along.`, title);
      charts.append(element);
      element.querySelector(".names").append(curveKey(names.filter((name) => course.curves[name]), about));
      this.plots.push(new CurvePlot(element, time, tip, course, names));
    }
    if (this.table) this.table.fill(this.courses);
    else this.table = new EventsTable(this.data.source, this.courses, (at) => this.go(at));
  }

  unitName(strip) {
    const name = button("", () => this.chooseUnit(strip));
    fillName(name, strip);
    return name;
  }

  chooseUnit(strip) {
    this.unit = strip;
    this.panels.unit.show(strip);
    this.openTab("unit");
  }

  picked(at, strip, mark) {
    if (strip) {
      this.unit = strip;
      if (mark >= 0) this.panels.unit.show(strip);
    }
    this.player.seek(at);
  }

  go(at) {
    this.player.pause();
    this.player.seek(at);
    this.reveal(at);
  }

  reveal(at) {
    this.time.reveal(at, at);
  }

  showFrame(place) {
    const at = this.frames[place];
    this.time.play(at);
    if (this.player?.playing && (at > this.time.to || at < this.time.from)) this.time.show(at, this.time.length);
    this.moment.show(place, this.course, this.face);
    this.overlay?.show(place, this.faceAt);
    this.showHead(place);
    document.documentElement.dataset.frame = this.data.frames.number[place];
  }

  showHead(place) {
    if (!this.head) return;
    const row = rowOfFrame(this.face, place);
    if (row < 0) return this.head.show(null);
    const turned = byId("turn-head").checked;
    const angle = (name) => {
      const tenth = this.course.curves[name]?.[row] ?? UNKNOWN;
      return turned && tenth !== UNKNOWN ? (tenth / 10) * (Math.PI / 180) : 0;
    };
    this.head.show(tokensOf(this.data, this.face, row), angle("yaw"), angle("pitch"));
  }

  showFace(id) {
    const place = this.data.faces.findIndex((face) => face.id === id);
    if (place < 0 || place === this.faceAt) return;
    this.faceAt = place;
    byId("face").value = id;
    this.draw();
    this.again();
  }

  /** Shows the frame anew, after something about it has changed. */
  again() {
    if (this.player && this.player.place >= 0) this.showFrame(Math.min(this.player.place, this.frames.length - 1));
    if (this.labels) this.tellLabels();
    this.panels.stretch?.show();
  }

  async readHead() {
    const { head, stops, additive } = await (await ask(`${this.url}/head`)).json();
    const said = byId("no-head");
    if (!head) {
      byId("head").hidden = true;
      said.hidden = false;
      said.textContent = this.data.displays.length ? "The space of this tokenizer has no mesh: there is no head to draw." : "No displays, so no head.";
      return;
    }
    this.head = new TokenHead(byId("head"), head, this.data.displays);
    if (!this.head.painter) {
      byId("head").hidden = true;
      said.hidden = false;
      said.textContent = "This browser has no WebGL, which the drawn head needs.";
      this.head = null;
      return;
    }
    if (!additive) byId("head").title = "This tokenizer does not simply add its displays: the head is an approximation.";
    drawHeat(stops);
    this.again();
  }

  async readFilm() {
    const { url, said, plays, copy } = await (await ask(`${this.url}/film`)).json();
    const video = byId("film");
    this.overlay ??= new Overlay(byId("overlay"), video, this.data, this.url);
    if (!url) return this.noFilm(said, false);
    if (said) this.complain(said);
    if (!plays) return this.noFilm(copyWords(copy), copy.state !== "working", copy);
    this.filmOf = url;
    byId("no-film").hidden = true;
    await new Promise((go) => {
      const done = (ok) => {
        video.onloadeddata = video.onerror = null;
        if (ok) this.player.useFilm();
        else this.noFilm(copyWords(copy), true, copy);
        go();
      };
      video.onloadeddata = () => done(true);
      video.onerror = () => done(false);
      video.src = url;
    });
    if (!this.player.withFilm) return;
    video.onerror = () => this.noFilm("The video cannot be read any more. It may have been moved or renamed.", false);
    this.player.seekFrame(Math.max(this.player.place, 0));
    this.again();
  }

  noFilm(said, canCopy, copy = null) {
    this.player.loseFilm();
    byId("no-film").hidden = false;
    byId("no-film-said").textContent = said;
    byId("make-copy").hidden = !canCopy;
    byId("sound-label").hidden = true;
    if (copy?.state === "working") this.followCopy();
    this.overlay?.draw();
  }

  async makeCopy() {
    byId("make-copy").hidden = true;
    await ask(`${this.url}/copy`, {});
    await this.followCopy();
  }

  async followCopy() {
    const bar = byId("copy-progress");
    bar.hidden = false;
    for (;;) {
      const { copy } = await (await ask(`${this.url}/film`)).json();
      bar.value = copy.share;
      byId("no-film-said").textContent = copyWords(copy);
      if (copy.state !== "working") break;
      await new Promise((go) => setTimeout(go, 500));
    }
    bar.hidden = true;
    await this.readFilm();
  }

  async readLabels() {
    this.labels = await (await ask(`${this.url}/labels`)).json();
    if (this.player) this.tellLabels();
    else queueMicrotask(() => this.tellLabels());
  }

  tellLabels() {
    this.panels.people.show(this.labels);
    this.panels.windows.show(this.labels);
    const undo = byId("undo");
    undo.disabled = !this.labels.undo;
    undo.title = this.labels.undo ? `Take back: ${this.labels.undo} (Ctrl+Z)` : "Ctrl+Z";
    if (this.labels.problems.length) this.complain(this.labels.problems.join(" "));
  }

  /** Sends a change, which may have been typed into a form; what it became is read anew. */
  async change(sent, form = null) {
    await this.changed(`${this.url}/edit`, sent, "", form);
    if (sent.what === "name" && this.labels.advice) this.say(`Saved. ${this.labels.advice}`);
  }

  async undo() {
    if (this.labels.undo) await this.changed("/undo", {}, "Taken back: ");
  }

  async changed(path, sent, before = "", form = null) {
    this.busy = true;
    try {
      const { said } = await (await ask(path, sent)).json();
      form?.reset();
      await this.readAnew(!BESIDE_THE_CHARTS.includes(sent.what));
      this.say(`${before}${said}.`);
    } catch (error) {
      this.complain(error.message);
    } finally {
      this.busy = false;
    }
  }

  /** Reads the labels anew, or the recording with them; the row that was chosen stays so. */
  async readAnew(charts) {
    const unit = this.unit && [this.unit.kind, this.unit.token];
    if (charts) await this.load();
    else await this.readLabels();
    this.again();
    const strip = unit && this.course.strips.find((one) => one.kind === unit[0] && one.token === unit[1]);
    if (strip) this.panels.unit.show((this.unit = strip));
  }

  say(text) {
    byId("status").textContent = text;
    byId("status").title = text;
  }

  complain(text) {
    byId("problem").hidden = !text;
    byId("problem").textContent = text;
  }

  openTab(name) {
    for (const tab of document.querySelectorAll("[role=tab]")) {
      const mine = tab.id === `tab-${name}`;
      tab.setAttribute("aria-selected", mine);
      tab.tabIndex = mine ? 0 : -1;
      byId(tab.getAttribute("aria-controls")).hidden = !mine;
    }
  }

  /** To the next or previous event of the row that was chosen last. */
  nextEvent(direction) {
    const marks = this.unit?.marks;
    if (!marks?.apex.length) return this.say("Choose a row with events first.");
    const here = this.frameTime();
    const next = direction > 0 ? marks.apex.findIndex((at) => at > here + 20) : marks.apex.findLastIndex((at) => at < here - 20);
    if (next < 0) return this.say(direction > 0 ? "No later event of this row." : "No earlier event of this row.");
    this.tip.say(`event ${next + 1} of ${marks.apex.length}, ${marks.intensity[next].toFixed(2)}${this.unit.unit}`);
    return this.go(marks.apex[next]);
  }
}

const BESIDE_THE_CHARTS = ["role", "not role", "window", "not window"];
const NOBODY = new Course({
  id: null, start: [], end: [], strips: [], curves: {},
  marks: { kinds: [], of: [], onset: [], apex: [], offset: [], intensity: [], censored: [] },
  quality: { start: [], end: [], state: [], reason: [], reasons: [], covered: [] },
});
const NO_FACE_ROWS = { id: null, frame: [], box: [], display: [], mm: [] };
const CURVE_CHARTS = [
  ["Where the head points", ["yaw", "pitch", "roll"], ["turn, left is +", "nod, up is +", "tilt, left is +"]],
  ["Where the eyes look", ["gaze left", "gaze up"], ["sideways, left is +", "up is +"]],
  ["How far the lids are apart", ["lids left", "lids right"], ["left eye", "right eye"]],
];

function curveKey(names, about) {
  const lines = names.map((name, i) => make("span", { className: "key-line" }, make("span", { className: `line ${name.replace(" ", "-")}` }), about[i]));
  return make("p", { className: "key curve-key" }, ...lines);
}

function copyWords({ state, share, error }) {
  if (state === "working") return `Making a copy that browsers play: ${Math.round(100 * share)}%.`;
  if (state === "failed") return error;
  return "This browser does not play this video (its kind or its codec). dfe can make a copy that it does play: the same frames at the same times, without sound, kept only while the viewer runs.";
}

const viewer = new Viewer(Number(byId("here").dataset.key));
viewer.start().catch((error) => {
  byId("loading")?.remove();
  viewer.complain(error.message);
  document.documentElement.dataset.ready = "failed";
});
