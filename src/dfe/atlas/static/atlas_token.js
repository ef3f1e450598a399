"use strict";

/** The page of one display. */
class TokenPage {
  constructor(data, stage, names, builder, gallery) {
    Object.assign(this, { data, tokens: data.tokens, stage, names, builder, gallery, heads: [], display: 0 });
    this.place = byId("token");
    names.changed.push(() => this.rename());
  }

  open(display) {
    this.close();
    this.display = display;
    const token = this.tokens[display - 1];
    this.place.replaceChildren(
      this.navigation(token),
      this.title(token),
      make("div", { className: "token-top" }, this.pictures(token), this.facts(token)),
      this.naming(token),
      make("div", { className: "token-parts" }, this.regions(token), this.carriers(token), this.units(token)),
      this.relatives(token),
      ...(token.use ? this.used(token) : [this.unused()]),
    );
    this.place.hidden = false;
    byId("token-title").focus({ preventScroll: true });
  }

  close() {
    for (const head of this.heads) this.stage.remove(head);
    this.heads = [];
    this.display = 0;
    this.place.hidden = true;
    this.place.replaceChildren();
  }

  label(display) {
    return this.names.of(display).name.trim() || this.tokens[display - 1].words;
  }

  rename() {
    if (!this.display) return;
    byId("token-name").textContent = this.label(this.display);
  }

  navigation(token) {
    const shown = this.gallery.shown.length ? this.gallery.shown : this.tokens.map((one) => one.display);
    const at = shown.indexOf(token.display);
    const step = (by, words, key) => {
      const to = shown[(at + by + shown.length) % shown.length] ?? token.display;
      return make("a", { href: `#token-${to}`, className: "button", id: `go-${key}`, rel: key }, words);
    };
    const back = make("a", { href: "#gallery", className: "button" }, "‹ All displays");
    return make("nav", { "aria-label": "Displays" }, back, step(-1, "Previous", "prev"), step(1, "Next", "next"));
  }

  title(token) {
    const code = make("span", { className: `code ${sideClass(token.side)}` }, String(token.display));
    const name = make("span", { id: "token-name" }, this.label(token.display));
    return make("h2", { id: "token-title", tabIndex: -1 }, code, " ", name);
  }

  head(token, alt, view, turned, className = "") {
    const { frame, canvas } = headFrame(token.display, alt, view);
    if (className) frame.classList.add(className);
    this.heads.push(this.stage.add(canvas, () => [[token.display, this.stage.factor]], turned));
    return frame;
  }

  pictures(token) {
    if (!this.stage.model) return make("p", { className: "note" }, "This space has no mesh: there is nothing to draw.");
    return make(
      "div",
      { className: "token-heads" },
      this.head(token, `Display ${token.display}, front view: ${token.words}`, 0, 0),
      this.head(token, `Display ${token.display}, three-quarter view: ${token.words}`, 1, 0.5),
    );
  }

  facts(token) {
    const rows = [["Moves", token.words]];
    if (token.side) rows.push(["Side", SIDE_WORDS[token.side]]);
    rows.push(["Movement", `${token.mm.toFixed(2)} mm root mean square at the intensity of the pictures`]);
    if (token.locality) rows.push(["Extent", `90% of it in ${percentText(token.locality)} of the moving face`]);
    if (token.partner) rows.push(["Mirror image", this.partner(token)]);
    rows.push(["Trust", this.trust(token)]);
    if (token.use) {
      rows.push(["Used", `${percentText(token.use.share)} ${this.data.use.of}`]);
      if (token.use.duration) {
        const [low, middle, high, count] = token.use.duration;
        rows.push(["Lasts", `${middle.toFixed(2)} s (half of ${count} events: ${low.toFixed(2)} to ${high.toFixed(2)} s)`]);
      }
    }
    const add = make("button", { type: "button", className: "strong" }, "Add to the face");
    add.addEventListener("click", () => this.builder.add(token.display));
    return make(
      "div",
      { className: "token-facts" },
      make("dl", { className: "facts-list" }, rows.flatMap(([key, value]) => [make("dt", {}, key), make("dd", {}, value)])),
      this.stage.model ? add : null,
    );
  }

  partner(token) {
    if (token.partner === token.display) return "itself";
    return make("a", { href: `#token-${token.partner}` }, `display ${token.partner}, ${this.label(token.partner)}`);
  }

  trust(token) {
    const kappa = token.kappa === null ? "" : ` Agreement when a picture is cropped, compressed or blurred: ${token.kappa.toFixed(2)} (kappa).`;
    return (
      {
        display: "agrees with the faces that it is said of.",
        unsteady: "unsteady: small changes of a picture make it come and go; do not count it.",
        correction: "a correction: it often points away from the face, to undo what another token said.",
        "not measured": "not measured.",
      }[token.status] + kappa
    );
  }

  naming(token) {
    const { name, note } = this.names.of(token.display);
    const nameInput = make("input", { id: "name-input", type: "text", maxLength: LONGEST_NAME, value: name, autocomplete: "off" });
    const noteInput = make("textarea", { id: "note-input", rows: 2, maxLength: LONGEST_NOTE, value: note });
    const write = () => this.names.set(token.display, { name: nameInput.value, note: noteInput.value });
    nameInput.addEventListener("input", write);
    noteInput.addEventListener("input", write);
    const parts = [
      make("label", { for: "name-input" }, "Your name for it"),
      nameInput,
      make("label", { for: "note-input" }, "Notes"),
      noteInput,
    ];
    return make("div", { className: "naming", role: "group", "aria-label": "Your name and notes" }, parts);
  }

  part(title, ...children) {
    return make("section", { className: "part" }, make("h3", {}, title), ...children);
  }

  bars(rows, most) {
    const top = most ?? Math.max(...rows.map(([, value]) => value), 1e-9);
    return make(
      "table",
      { className: "bars" },
      make("tbody", {}, rows.map(([label, value, said]) => {
        const bar = make("span", { className: "bar-fill" });
        bar.style.width = `${Math.max(0, (100 * value) / top)}%`;
        const shown = said ?? percentText(value);
        return make("tr", {}, make("th", { scope: "row" }, label), make("td", { className: "bar-cell" }, bar), make("td", { className: "n" }, shown));
      })),
    );
  }

  regions(token) {
    const rows = Object.entries(token.regions).sort((a, b) => b[1] - a[1]);
    if (!rows.some(([, share]) => share > 0)) return null;
    const outside = Math.max(0, 1 - rows.reduce((sum, [, share]) => sum + share, 0));
    const all = outside >= 0.005 ? [...rows, ["elsewhere", outside]] : rows;
    return this.part("Where it moves the face", this.bars(all, 1));
  }

  carriers(token) {
    if (!token.strongest.length) return null;
    return this.part(
      "Coefficients that carry it",
      make("table", {}, make("tbody", {}, token.strongest.map(([name, value]) =>
        make("tr", {}, make("td", { className: "long" }, name), make("td", { className: "n" }, value.toFixed(2))),
      ))),
    );
  }

  units(token) {
    if (!token.units.length) return null;
    const rows = token.units.map(([id, name, cosine]) => [`${id} ${name}`, cosine, cosine.toFixed(2)]);
    return this.part(
      "Most like these action units",
      this.bars(rows, 1),
      make("p", { className: "note small" }, "Cosine of the movements, by the AU proxy. A display is no FACS code."),
    );
  }

  chip(display, said) {
    const token = this.tokens[display - 1];
    const picture = pictureOf(display);
    return make(
      "li",
      {},
      make(
        "a",
        { href: `#token-${display}`, className: "relative" },
        picture ? make("img", { src: picture, alt: "", width: 72, height: 72 }) : null,
        make("span", {}, make("b", { className: `code ${sideClass(token.side)}` }, String(display)), ` ${this.label(display)}`, make("small", {}, said)),
      ),
    );
  }

  relatives(token) {
    const likes = token.near.map(([display, cosine]) => this.chip(display, `cosine ${cosine.toFixed(2)}`));
    return this.part("Nearest in the similarity tree", make("ul", { className: "relatives" }, likes));
  }

  used(token) {
    const { use } = token;
    const { of, weight, people } = this.data.use;
    if (!use.share) return [this.part("In the corpus", make("p", { className: "note" }, "This display is never said in the corpus."))];
    const levels = this.part("By place among a face's tokens", this.bars(use.levels.map((s, i) => [String(i + 1), s])));
    const steps = use.steps && this.part("By strength", this.bars(use.steps.map((s, i) => [this.data.strengths.stepLabels[i], s])));
    const persons = this.part(
      `By ${people.one}`,
      make("p", { className: "note small" }, `${use.subjects} of ${people.count} ${people.many} show it; the median share is ${percentText(use.medianShare)}.`),
      this.bars(use.people),
    );
    return [
      make("h2", {}, "In the corpus"),
      make("p", { className: "note small" }, `Shares ${of}.${use.faithful === null ? "" : ` In ${percentText(use.faithful)} of its uses it points the way the face does in its own region.`}`),
      make("div", { className: "token-parts" }, levels, steps, persons),
      this.together(token),
      this.examples(token, weight),
    ];
  }

  unused() {
    return make("p", { className: "note" }, "This atlas was made without a corpus: dfe atlas --recordings FOLDER adds how often, how strongly, by whom and where each display is shown.");
  }

  together(token) {
    if (!token.use.together.length) return null;
    const rows = token.use.together.map(([display, share, lift]) =>
      make(
        "tr",
        {},
        make("td", {}, make("a", { href: `#token-${display}` }, make("b", {}, String(display)), ` ${this.label(display)}`)),
        make("td", { className: "n" }, percentText(share)),
        make("td", { className: "n" }, `${lift.toFixed(1)} ×`),
      ),
    );
    const head = make("tr", {}, ["Display", "Together", "As often as by chance"].map((words, i) => make("th", { scope: "col", className: i ? "n" : "" }, words)));
    return this.part("Comes together with", make("div", { className: "scroll" }, make("table", {}, make("thead", {}, head), make("tbody", {}, rows))));
  }

  examples(token) {
    const rows = token.use.examples.map(([recording, frame, time, face, source, mm]) =>
      make(
        "tr",
        {},
        make("td", { className: "long" }, source ? `${recording}, ${source}` : recording),
        make("td", { className: "n" }, time === null ? "–" : time.toFixed(2)),
        make("td", { className: "n" }, String(frame)),
        make("td", { className: "n" }, String(face)),
        make("td", { className: "n" }, mm.toFixed(2)),
      ),
    );
    const head = make("tr", {}, ["Recording", "Time, s", "Frame", "Face", "Strength, mm"].map((words, i) => make("th", { scope: "col", className: i ? "n" : "" }, words)));
    return this.part("Where it is strongest", make("div", { className: "scroll" }, make("table", {}, make("thead", {}, head), make("tbody", {}, rows))));
  }
}
