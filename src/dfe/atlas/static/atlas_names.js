"use strict";

const LONGEST_NAME = 120;
const LONGEST_NOTE = 4000;

/**
 * The user's names and notes: those that the page was made with, and over them what was changed in this browser.
 * Changes are kept under the tokenizer's hash, so that another page of the same tokenizer knows them too.
 */
class Names {
  constructor({ tokenizer, hash, names, kept }, count) {
    Object.assign(this, { tokenizer, hash, count, made: names, beside: kept, changed: [] });
    this.key = `dfe.names.${hash}`;
    this.kept = true;
    this.edits = this.read();
    addEventListener("storage", (event) => {
      if (event.key !== this.key) return;
      this.edits = this.read();
      this.tell();
    });
  }

  read() {
    try {
      return this.checked(JSON.parse(localStorage.getItem(this.key) || "{}"));
    } catch {
      this.kept = false;
      return {};
    }
  }

  /** Entries of displays that there are, as texts of bearable length. */
  checked(entries) {
    const good = {};
    for (const [display, entry] of Object.entries(entries)) {
      const number = Number(display);
      if (!Number.isInteger(number) || number < 1 || number > this.count) throw new RangeError(display);
      if (typeof entry?.name !== "string" || typeof (entry.note ?? "") !== "string") throw new TypeError(display);
      good[number] = { name: entry.name.slice(0, LONGEST_NAME), note: (entry.note ?? "").slice(0, LONGEST_NOTE) };
    }
    return good;
  }

  of(display) {
    return this.edits[display] || this.made[display] || { name: "", note: "" };
  }

  set(display, entry) {
    const made = this.made[display] || { name: "", note: "" };
    this.edits[display] = entry;
    if (entry.name === made.name && entry.note === made.note) delete this.edits[display];
    this.write();
  }

  write() {
    try {
      localStorage.setItem(this.key, JSON.stringify(this.edits));
      this.kept = true;
    } catch {
      this.kept = false;
    }
    this.tell();
  }

  tell() {
    for (const one of this.changed) one();
  }

  all() {
    const entries = {};
    for (let display = 1; display <= this.count; display++) {
      const { name, note } = this.of(display);
      if (name.trim() || note.trim()) entries[display] = { name: name.trim(), note: note.trim() };
    }
    return entries;
  }

  text() {
    const tokenizer = { id: this.tokenizer, hash: this.hash };
    return `${JSON.stringify({ format_version: 1, tokenizer, names: this.all(), ...this.beside }, null, 1)}\n`;
  }

  /** Takes over the names of a file; says what is wrong with one that does not fit. */
  load(text) {
    let file;
    try {
      file = JSON.parse(text);
    } catch {
      return "This file is not JSON: take the names.json that an atlas page saved.";
    }
    if (typeof file?.tokenizer?.hash !== "string" || typeof file.names !== "object" || file.names === null) {
      return "This is no file of names: take the names.json that an atlas page saved.";
    }
    if (file.tokenizer.hash !== this.hash) {
      const other = file.tokenizer.id === this.tokenizer ? "another version of " : "";
      return `These are names of ${other}${String(file.tokenizer.id)}; this page shows ${this.tokenizer}.`;
    }
    try {
      const names = this.checked(file.names);
      for (const [display, entry] of Object.entries(names)) this.edits[display] = entry;
    } catch {
      return `This file names displays that ${this.tokenizer} does not have, or has no text as a name.`;
    }
    this.write();
    return "";
  }
}

function saveJson(name, text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

function setUpNames(names) {
  const status = byId("names-status");
  const show = (problem = "") => {
    const count = Object.keys(names.all()).length;
    const changed = Object.keys(names.edits).length;
    const said = count === 1 ? "1 display has a name or note." : `${count} displays have a name or note.`;
    const where = names.kept
      ? ` ${changed} of them changed here, kept in this browser alone: download the file to use them elsewhere.`
      : " This browser does not keep what you write: download the file before you close the page.";
    status.textContent = problem || said + (changed || !names.kept ? where : "");
    status.classList.toggle("problem", Boolean(problem));
  };
  names.changed.push(() => show());
  byId("names-save").addEventListener("click", () => saveJson("names.json", names.text()));
  const input = byId("names-file");
  byId("names-load").addEventListener("click", () => input.click());
  input.addEventListener("change", async () => {
    if (!input.files.length) return;
    const text = await input.files[0].text();
    input.value = "";
    show(names.load(text));
  });
  show();
}
