"use strict";

/** One face that displays are added to by clicking, each at a strength of its own. */
class Builder {
  constructor(tokens, stage, names, strengths) {
    Object.assign(this, { tokens, stage, names, strengths, said: new Map() });
    this.list = byId("built");
    const canvas = byId("builder-canvas");
    if (canvas) this.head = stage.add(canvas, () => this.factors());
    byId("builder-clear").addEventListener("click", () => this.clear());
    byId("to-builder").addEventListener("click", () => {
      byId("builder").scrollIntoView({ block: "start" });
      byId("builder-title").focus({ preventScroll: true });
    });
    names.changed.push(() => this.draw());
    this.draw();
  }

  factors() {
    return [...this.said].map(([display, strength]) => [display, this.strengths.factors[strength]]);
  }

  words(display) {
    return this.names.of(display).name.trim() || this.tokens[display - 1].words;
  }

  add(display) {
    if (this.said.has(display)) {
      announce(`Display ${display} is on the face already.`);
      byId(`built-${display}`)?.focus();
      return;
    }
    this.said.set(display, this.stage.look.strength || this.strengths.usual);
    this.draw();
    announce(`Added display ${display}, ${this.words(display)}; ${this.said.size} on the face.`);
  }

  remove(display) {
    const after = [...this.said.keys()];
    const next = after[after.indexOf(display) + 1] ?? after[after.indexOf(display) - 1];
    this.said.delete(display);
    this.draw();
    (byId(`built-${next}`) || byId("builder-title")).focus();
    announce(`Removed display ${display}.`);
  }

  clear() {
    this.said.clear();
    this.draw();
    byId("builder-title").focus();
    announce("The face is at rest.");
  }

  draw() {
    this.list.replaceChildren(...[...this.said.keys()].map((display) => this.row(display)));
    byId("builder-empty").hidden = this.said.size > 0;
    byId("builder-clear").hidden = !this.said.size;
    byId("builder").classList.toggle("used", this.said.size > 0);
    byId("to-builder").hidden = !this.said.size;
    byId("to-builder").textContent = `See the face (${this.said.size})`;
    for (const button of document.querySelectorAll("[data-add]")) {
      const on = this.said.has(Number(button.dataset.add));
      button.classList.toggle("on", on);
      button.title = on ? "on the face" : "add to the face";
    }
    if (this.head) this.stage.refresh(this.head);
  }

  row(display) {
    const label = `Intensity of display ${display}, ${this.words(display)}`;
    const said = make("output", {}, this.strengths.labels[this.said.get(display)]);
    const slider = make("input", {
      type: "range",
      id: `built-${display}`,
      min: 0,
      max: this.strengths.factors.length - 1,
      value: this.said.get(display),
      "aria-label": label,
      "aria-valuetext": said.textContent,
    });
    slider.addEventListener("input", () => {
      this.said.set(display, Number(slider.value));
      said.textContent = this.strengths.labels[slider.value];
      slider.setAttribute("aria-valuetext", said.textContent);
      this.stage.refresh(this.head);
    });
    const remove = make(
      "button",
      { type: "button", className: "round", "aria-label": `Remove display ${display} from the face` },
      "×",
    );
    remove.addEventListener("click", () => this.remove(display));
    const link = make("a", { href: `#token-${display}` }, make("b", {}, String(display)), ` ${this.words(display)}`);
    return make("li", {}, make("div", { className: "built-name" }, link, remove), make("div", {}, slider, said));
  }
}
