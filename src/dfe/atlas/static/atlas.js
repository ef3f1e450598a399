"use strict";

function setUpControls(stage, strengths) {
  const strength = byId("strength");
  const degrees = (radians) => Math.round((180 / Math.PI) * radians);
  const turns = { yaw: byId("turn"), pitch: byId("nod") };
  const presses = { flip: byId("flip"), heat: byId("heat"), play: byId("play") };
  strength.max = strengths.factors.length - 1;
  strength.addEventListener("input", () => stage.set({ strength: Number(strength.value) }));
  for (const [name, slider] of Object.entries(turns)) {
    slider.addEventListener("input", () => stage.set({ [name]: (Math.PI / 180) * Number(slider.value) }));
  }
  for (const [name, button] of Object.entries(presses)) {
    button.addEventListener("click", () => stage.set({ [name]: !stage.look[name] }));
  }
  byId("straight").addEventListener("click", () =>
    stage.set({ strength: strengths.usual, yaw: 0, pitch: 0, flip: false, heat: true, play: false }),
  );
  const show = (look) => {
    strength.value = look.strength;
    byId("strength-said").textContent = strengths.labels[look.strength];
    strength.setAttribute("aria-valuetext", strengths.labels[look.strength]);
    for (const [name, slider] of Object.entries(turns)) {
      slider.value = degrees(look[name]);
      slider.setAttribute("aria-valuetext", `${degrees(look[name])} degrees`);
    }
    for (const [name, button] of Object.entries(presses)) button.setAttribute("aria-pressed", look[name]);
  };
  stage.changed.push(show);
  show(stage.look);
}

/** Which page the address asks for: `#token-27`, or all displays. */
function setUpPages(tokens, page) {
  const gallery = byId("gallery");
  let scrolled = 0;
  let last = 0;
  const go = () => {
    const display = Number(/^#token-(\d+)$/.exec(location.hash)?.[1] ?? 0);
    const here = display >= 1 && display <= tokens.length;
    if (here && !gallery.hidden) scrolled = scrollY;
    gallery.hidden = here;
    if (here) {
      page.open(display);
      byId("views").scrollIntoView({ block: "start", behavior: "instant" });
      last = display;
      return;
    }
    const was = page.display;
    page.close();
    if (was || last) {
      scrollTo({ top: scrolled, behavior: "instant" });
      byId(`card-${last}`)?.querySelector("a")?.focus({ preventScroll: true });
      last = 0;
    }
  };
  addEventListener("hashchange", go);
  addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("input, textarea, select");
    const writing = event.target.closest?.("input:not([type=range]), textarea, select");
    if (event.key === "/" && !writing && !gallery.hidden) {
      event.preventDefault();
      byId("search").focus();
    }
    if (!page.display || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") location.hash = "#gallery";
    if (typing) return;
    if (event.key === "ArrowRight") byId("go-next").click();
    if (event.key === "ArrowLeft") byId("go-prev").click();
  });
  go();
}

function setUp() {
  const data = JSON.parse(byId("data").textContent);
  const packed = byId("head-data");
  const model = packed && new HeadModel(JSON.parse(packed.textContent));
  const painter = model && Painter.open(model);
  document.documentElement.dataset.webgl = painter ? "yes" : "no";
  const stage = new Stage(model, painter, data.strengths);
  if (!painter) for (const canvas of document.querySelectorAll("canvas")) canvas.hidden = true;
  const names = new Names(data.names, data.tokens.length);
  const builder = new Builder(data.tokens, stage, names, data.strengths);
  const gallery = new Gallery(data.tokens, stage, names, builder);
  setUpControls(stage, data.strengths);
  setUpNames(names);
  setUpPages(data.tokens, new TokenPage(data, stage, names, builder, gallery));
  document.documentElement.dataset.ready = "yes";
  performance.mark("ready");
}

setUp();
