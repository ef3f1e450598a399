"use strict";

/** What is seen at the moment of the film, in words and numbers. */
class Moment {
  constructor(data, choose) {
    this.data = data;
    this.choose = choose;
  }

  show(place, course, face) {
    const { frames } = this.data;
    const at = frames.time[place] / TICKS;
    const longest = this.data.end / TICKS;
    byId("when-time").textContent = `${clock(at, longest, 3)}${longest <= 120000 ? " s" : ""}`;
    byId("when-frame").textContent = `frame ${frames.number[place].toLocaleString("en")}`;
    const state = stateAt(course.quality, at + 1e-3);
    const box = byId("when-state");
    box.className = `state ${STATES[state?.state ?? 2]}`;
    box.textContent = state ? [state.title, state.state ? state.why : ""].filter(Boolean).join(": ") : "no face";
    const row = rowOfFrame(face, place);
    const tokens = row < 0 ? [] : tokensOf(this.data, face, row);
    const strips = new Map(course.of("display").map((strip) => [strip.token, strip]));
    const lines = tokens.map(([display, mm]) => {
      const about = this.data.displays[display - 1];
      const strip = strips.get(String(display));
      const words = about ? about.name || about.words : "";
      const named = strip ? button(`${display} ${words}`, () => this.choose(strip), { className: "plain" }) : `${display} ${words}`;
      return make("tr", {}, make("td", {}, named), make("td", { className: "n", textContent: `${mm.toFixed(2)} mm` }));
    });
    const none = row < 0 ? "The face is not seen here." : "No display: close to the face at rest.";
    byId("when-rows").replaceChildren(...(lines.length ? lines : [make("tr", {}, make("td", { className: "quiet", textContent: this.data.levels ? none : "" }))]));
  }
}

/** Displays of a row, with their strength in mm, those of one number together; the strongest first. */
function tokensOf(data, face, row) {
  const said = new Map();
  for (let k = row * data.levels; k < (row + 1) * data.levels; k++) {
    if (face.display[k]) said.set(face.display[k], (said.get(face.display[k]) ?? 0) + face.mm[k] / 100);
  }
  return [...said].sort((a, b) => b[1] - a[1]);
}
