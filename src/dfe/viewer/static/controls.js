"use strict";

/** Buttons, tabs and keys of the page. */
function setUpControls(viewer) {
  const { time, player } = viewer;
  byId("play").addEventListener("click", () => player.toggle());
  byId("step-back").addEventListener("click", () => player.step(-1));
  byId("step-on").addEventListener("click", () => player.step(1));
  byId("speed").addEventListener("change", (event) => player.speed(Number(event.target.value)));
  byId("film").muted = true;
  byId("sound").addEventListener("change", (event) => (byId("film").muted = !event.target.checked));
  byId("face").addEventListener("change", (event) => viewer.showFace(Number(event.target.value)));
  byId("turn-head").addEventListener("change", () => viewer.again());
  for (const [id, name] of [["show-box", "box"], ["show-points", "points"]]) {
    byId(id).addEventListener("change", (event) => {
      viewer.overlay.look[name] = event.target.checked;
      viewer.overlay.draw();
    });
  }
  byId("undo").addEventListener("click", () => viewer.undo());
  byId("make-copy").addEventListener("click", () => viewer.makeCopy().catch((error) => viewer.complain(error.message)));
  byId("show-keys").addEventListener("click", (event) => {
    const shown = event.target.getAttribute("aria-expanded") !== "true";
    event.target.setAttribute("aria-expanded", shown);
    byId("keys-help").hidden = !shown;
  });
  const tabs = [...document.querySelectorAll("[role=tab]")];
  tabs.forEach((tab, i) => {
    tab.addEventListener("click", () => viewer.openTab(tab.id.slice(4)));
    tab.addEventListener("keydown", (event) => {
      const way = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!way) return;
      const next = tabs.at((i + way) % tabs.length);
      viewer.openTab(next.id.slice(4));
      next.focus();
    });
  });
  const shown = byId("shown");
  const actions = {
    earlier: () => time.scroll(-0.5), later: () => time.scroll(0.5), in: () => time.zoom(0.5), out: () => time.zoom(2), whole: () => time.whole(),
  };
  for (const one of document.querySelectorAll("[data-do]")) one.addEventListener("click", actions[one.dataset.do]);
  const update = () => {
    const digits = time.length < 20000 ? 1 : 0;
    shown.textContent = `${clock(time.from, time.end, digits)} to ${clock(time.to, time.end, digits)}${time.end <= 120000 ? " s" : " min"}`;
  };
  time.onWindow.push(update);
  update();
}

function setUpKeys(viewer) {
  const { time, player } = viewer;
  let begun = null;
  const keys = {
    " ": () => player.toggle(),
    ",": () => player.step(-1),
    ".": () => player.step(1),
    j: () => player.skip(-1000),
    l: () => player.skip(1000),
    n: () => viewer.nextEvent(1),
    p: () => viewer.nextEvent(-1),
    "+": () => time.zoom(0.5),
    "=": () => time.zoom(0.5),
    "-": () => time.zoom(2),
    0: () => time.whole(),
    "[": () => {
      begun = viewer.frameTime();
      viewer.say(`The stretch begins at ${(begun / 1000).toFixed(2)} s. ] ends it.`);
    },
    "]": () => {
      time.choose(begun ?? time.chosen?.from ?? time.start, viewer.frameTime());
      viewer.openTab("stretch");
    },
    Escape: () => time.choose(),
  };
  addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key === "z" && !typing(event.target)) {
      event.preventDefault();
      viewer.undo();
      return;
    }
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    if (event.key === " " && event.target.closest("button, summary, a, label")) return;
    const act = keys[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
}

function typing(element) {
  return Boolean(element.closest?.("input[type=text], input[type=search], textarea, select"));
}
