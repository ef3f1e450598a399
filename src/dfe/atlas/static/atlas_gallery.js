"use strict";

/** The cards of all displays: which of them are shown, in which order, under which names. */
class Gallery {
  constructor(tokens, stage, names, builder) {
    Object.assign(this, { tokens, stage, names, builder });
    this.list = byId("heads");
    this.cards = new Map(tokens.map((token) => [token.display, byId(`card-${token.display}`)]));
    for (const token of tokens) this.setUpCard(token);
    this.controls = ["search", "side", "region", "use", "sort"].map(byId).filter(Boolean);
    for (const control of this.controls) control.addEventListener("input", () => this.show());
    byId("clear-filters").addEventListener("click", () => this.clear());
    names.changed.push(() => this.rename());
    this.rename();
  }

  setUpCard(token) {
    const card = this.cards.get(token.display);
    const canvas = card.querySelector("canvas");
    if (canvas) {
      const head = this.stage.add(canvas, () => [[token.display, this.stage.factor]]);
      const play = (on) => () => {
        head.playing = on;
        this.stage.refresh(head);
      };
      const link = card.querySelector("a");
      for (const [target, begin, end] of [[card, "pointerenter", "pointerleave"], [link, "focus", "blur"]]) {
        target.addEventListener(begin, play(true));
        target.addEventListener(end, play(false));
      }
    }
    card.querySelector("[data-add]")?.addEventListener("click", () => this.builder.add(token.display));
  }

  rename() {
    for (const token of this.tokens) {
      const { name, note } = this.names.of(token.display);
      const card = this.cards.get(token.display);
      card.querySelector(".name").textContent = name.trim();
      card.classList.toggle("named", Boolean(name.trim()));
      const leaf = document.querySelector(`.tree a[href="#token-${token.display}"] text`)?.lastChild;
      if (leaf) leaf.textContent = ` ${name.trim() || token.words}`;
      token.found = [
        token.display,
        name,
        note,
        token.words,
        token.strongest.map(([coefficient]) => coefficient).join(" "),
        token.units.map(([id, unit]) => `${id} ${unit}`).join(" "),
      ]
        .join(" ")
        .toLowerCase();
    }
    this.show();
  }

  value(id) {
    return byId(id)?.value ?? "";
  }

  fits(token) {
    const words = this.value("search").toLowerCase().split(/\s+/).filter(Boolean);
    const [side, region, use] = ["side", "region", "use"].map((id) => this.value(id));
    if (!words.every((word) => (/^\d+$/.test(word) ? String(token.display) === word : token.found.includes(word)))) {
      return false;
    }
    if (side && token.side !== side) return false;
    if (region && !((token.regions[region] ?? 0) >= 0.2)) return false;
    return {
      "": true,
      often: token.use?.share >= 0.1,
      seldom: token.use?.share > 0 && token.use.share < 0.1,
      never: token.use?.share === 0,
      trusted: token.status === "display",
      doubtful: token.status === "unsteady" || token.status === "correction",
      named: Boolean(this.names.of(token.display).name.trim()),
      unnamed: !this.names.of(token.display).name.trim(),
    }[use];
  }

  sorted() {
    const orders = {
      number: (a, b) => a.display - b.display,
      use: (a, b) => (b.use?.share ?? 0) - (a.use?.share ?? 0) || a.display - b.display,
      like: (a, b) => a.place - b.place,
      size: (a, b) => b.mm - a.mm || a.display - b.display,
      name: (a, b) => this.label(a).localeCompare(this.label(b)) || a.display - b.display,
    };
    return [...this.tokens].sort(orders[this.value("sort")] ?? orders.number);
  }

  /** The user's names first, then the words of those that have none. */
  label(token) {
    const name = this.names.of(token.display).name.trim();
    return name ? ` ${name}` : `\uffff${token.words}`;
  }

  show() {
    const shown = this.sorted().filter((token) => {
      const fits = this.fits(token);
      this.cards.get(token.display).hidden = !fits;
      return fits;
    });
    const order = this.sorted().map((token) => this.cards.get(token.display));
    if (order.some((card, i) => this.list.children[i] !== card)) {
      const focused = document.activeElement;
      this.list.append(...order);
      if (this.list.contains(focused)) focused.focus();
    }
    this.shown = shown.map((token) => token.display);
    const all = shown.length === this.tokens.length;
    byId("count").textContent = all ? `all ${shown.length}` : `${shown.length} of ${this.tokens.length}`;
    byId("none").hidden = shown.length > 0;
    byId("clear-filters").hidden = all;
  }

  clear() {
    for (const id of ["search", "side", "region", "use"]) if (byId(id)) byId(id).value = "";
    this.show();
    byId("search").focus();
  }
}
