"use strict";

/** The small box beside the pointer or the keyboard's cursor, and the line that screen readers hear. */
class Tip {
  constructor() {
    this.box = document.getElementById("tip");
    this.live = document.getElementById("live");
  }

  show({ title, lines, picture }, x, y) {
    const head = document.createElement("b");
    head.textContent = title;
    const parts = [head, ...lines.map((text) => Object.assign(document.createElement("span"), { textContent: text }))];
    const words = document.createElement("div");
    words.append(...parts);
    const drawn = picture && document.querySelector(picture);
    this.box.replaceChildren(...(drawn ? [drawn.cloneNode()] : []), words);
    this.box.hidden = false;
    const { width, height } = this.box.getBoundingClientRect();
    const left = x + 14 + width > innerWidth ? x - width - 14 : x + 14;
    const top = y + 18 + height > innerHeight ? y - height - 12 : y + 18;
    this.box.style.left = `${Math.max(4, left)}px`;
    this.box.style.top = `${Math.max(4, top)}px`;
  }

  hide() {
    this.box.hidden = true;
  }

  say(text) {
    this.live.textContent = text;
  }
}

function jsonOf(id) {
  const block = document.getElementById(id);
  return block && JSON.parse(block.textContent);
}

function makePlots(data, time, tip) {
  return [...document.querySelectorAll(".plot")].map((element) => {
    const face = data.faces[element.dataset.face];
    if (element.dataset.plot === "tokens") return new TokenPlot(element, time, tip, face);
    if (element.dataset.plot === "pose") return new PosePlot(element, time, tip, face.pose);
    return new QualityPlot(element, time, tip, face.quality);
  });
}

function setUpToolbar(time) {
  const shown = document.getElementById("shown");
  const actions = {
    earlier: () => time.scroll(-0.5),
    later: () => time.scroll(0.5),
    in: () => time.zoom(0.5),
    out: () => time.zoom(2),
    whole: () => time.whole(),
  };
  const buttons = [...document.querySelectorAll(".toolbar [data-do]")];
  for (const button of buttons) button.addEventListener("click", actions[button.dataset.do]);
  const update = () => {
    const unit = time.end <= 120000 ? " s" : " min";
    const digits = time.length < 20000 ? 1 : 0;
    shown.textContent = `${clock(time.from, time.end, digits)} to ${clock(time.to, time.end, digits)}${unit}`;
    for (const button of buttons) {
      const name = button.dataset.do;
      const useless = { earlier: time.from <= time.start, later: time.to >= time.end, in: false }[name] ?? time.isWhole;
      button.setAttribute("aria-disabled", useless);
    }
  };
  time.onWindow.push(update);
  update();
}

function setUpCopy() {
  const button = document.getElementById("copy");
  button?.addEventListener("click", async () => {
    const text = JSON.stringify(jsonOf("provenance"), null, 2);
    const said = document.getElementById("copied");
    try {
      await navigator.clipboard.writeText(text);
      said.textContent = "Copied.";
    } catch {
      said.textContent = "This browser does not let pages copy: select the lines below instead.";
    }
  });
}

/** Paper is white and has no folds: open everything, use the light colours, and put it all back afterwards. */
function setUpPrint(plots) {
  let folded = [];
  const redraw = () => plots.forEach((plot) => plot.draw());
  addEventListener("beforeprint", () => {
    folded = [...document.querySelectorAll("details:not([open]):not(#spans):not(.more)")];
    for (const fold of folded) fold.open = true;
    document.documentElement.dataset.theme = "light";
    redraw();
  });
  addEventListener("afterprint", () => {
    for (const fold of folded) fold.open = false;
    delete document.documentElement.dataset.theme;
    redraw();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
}

function setUp() {
  const data = jsonOf("data");
  let plots = [];
  if (data) {
    const time = new TimeWindow(data.start, data.end);
    plots = makePlots(data, time, new Tip());
    setUpToolbar(time);
    if (document.getElementById("spans")) new SpansTable(data, data.faces);
  }
  setUpCopy();
  setUpPrint(plots);
  document.documentElement.dataset.ready = "yes";
}

setUp();
