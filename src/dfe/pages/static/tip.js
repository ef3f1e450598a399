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
