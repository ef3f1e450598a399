"use strict";

/** A row of the charts: what it is, its name, its events, merges and groups, and its occurrences in the corpus. */
class UnitPanel {
  constructor(panel, viewer) {
    Object.assign(this, { panel, viewer, strip: null });
  }

  show(strip) {
    this.strip = strip;
    const { data } = this.viewer;
    const parts = [make("h2", { textContent: strip.name })];
    if (strip.kind === "display") parts.push(...this.display(data.displays[Number(strip.token) - 1]));
    if (strip.kind === "group") parts.push(...this.group(data.groups.find((group) => group.name === strip.token)));
    if (strip.kind === "region") parts.push(make("p", { className: "note", textContent: `All displays of the ${strip.token} together: ${strip.displays.join(", ")}.` }));
    if (strip.kind === "eyes") parts.push(make("p", { className: "note", textContent: "Measured against the person's usual opening of the eyes and usual gaze." }));
    if (strip.kind !== "region") parts.push(...this.events(strip));
    this.found = make("div", { id: "occurrences" });
    const what = { region: "these displays", group: "this group" }[strip.kind] ?? "this display";
    parts.push(make("h3", { textContent: "In your recordings" }), button(`All occurrences of ${what}`, () => this.look(strip), { id: "find-all" }), this.found);
    refill(this.panel, `${strip.kind} ${strip.token}`, ...parts);
  }

  display(about) {
    const { data } = this.viewer;
    const merge = data.merges.find((one) => one.displays.includes(about.display));
    const facts = [about.name && about.words, SIDES[about.side], about.unsteady ? "unsteady: do not count it" : ""].filter(Boolean).join("; ");
    const name = make("input", { type: "text", id: "unit-name", defaultValue: about.name, maxLength: 120, placeholder: "a name of yours", ariaLabel: "Name" });
    const note = make("input", { type: "text", id: "unit-note", defaultValue: about.note, maxLength: 2000, placeholder: "a note", ariaLabel: "Note" });
    const form = make("form", { id: "name-form" }, name, note, make("button", { textContent: "Save" }));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.viewer.change({ what: "name", display: about.display, name: name.value, note: note.value }, form);
    });
    const parts = [make("p", { className: "note", textContent: facts }), form];
    if (merge) {
      parts.push(make("p", { className: "note", textContent: `${merge.said[0].toUpperCase()}${merge.said.slice(1)}.` }),
        button("Undo this merge", () => this.viewer.change({ what: "unmerge", name: merge.name })));
    } else {
      parts.push(this.mergeForm(about));
    }
    return parts;
  }

  mergeForm(about) {
    const others = make("input", { type: "text", id: "merge-with", placeholder: "numbers, as in 22 31", ariaLabel: "Displays to count as one with this" });
    const name = make("input", { type: "text", id: "merge-name", placeholder: "one name for them", ariaLabel: "Name of the merged display" });
    const form = make("form", { id: "merge-form" }, others, name, make("button", { textContent: "Merge" }));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const displays = [about.display, ...numbersIn(others.value)].sort((a, b) => a - b);
      this.viewer.change({ what: "merge", displays, name: name.value }, form);
    });
    return make("div", {}, make("h3", { textContent: "Count as one with" }), form);
  }

  group(group) {
    if (!group) return [];
    const numbers = make("input", { type: "text", id: "group-numbers", defaultValue: group.displays.join(" "), ariaLabel: "Displays of the group" });
    const form = make("form", { id: "group-form" }, numbers, make("button", { textContent: "Save" }));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.viewer.change({ what: "group", name: group.name, displays: numbersIn(numbers.value) }, form);
    });
    const how = group.own ? "A group of your own." : "A group of the package. It counts only where the whole face moves that way.";
    const parts = [make("p", { className: "note", textContent: `${how} Its displays:` }), form];
    if (group.own) parts.push(button("Drop my version", () => this.viewer.change({ what: "ungroup", name: group.name })));
    return parts;
  }

  events(strip) {
    const { onset, apex, offset, intensity, censored } = strip.marks;
    if (!onset.length) return [make("p", { className: "note", textContent: "No event of it reaches the thresholds." })];
    const longest = this.viewer.time.end;
    const rows = Array.from(onset.subarray(0, 200), (_, i) => [
      button(clock(onset[i], longest, 2), () => this.viewer.go(onset[i]), { className: "plain" }),
      button(clock(apex[i], longest, 2), () => this.viewer.go(apex[i]), { className: "plain" }),
      button(clock(offset[i], longest, 2), () => this.viewer.go(offset[i]), { className: "plain" }),
      `${intensity[i].toFixed(2)}${censored[i] ? " *" : ""}`,
    ]);
    const cut = censored.some(Boolean) ? "* cut short by the end of what is seen. " : "";
    const more = onset.length > 200 ? `The first 200 of ${onset.length}; the table below the charts has all.` : "";
    return [make("h3", { textContent: `${onset.length} event${onset.length > 1 ? "s" : ""}` }),
      table(["Onset", "Apex", "Offset", strip.measure], rows, [0, 1, 2, 3]),
      make("p", { className: "note", textContent: cut + more })];
  }

  async look(strip) {
    const { found } = this;
    const tokens = strip.kind === "region" ? strip.displays.map(String) : [strip.token];
    found.replaceChildren(make("p", { className: "note", textContent: "Looking …" }));
    try {
      let answer;
      do {
        answer = await (await ask(`${this.viewer.url}/occurrences`, { tokens })).json();
        this.list(found, strip, answer);
      } while (answer.waiting && found.isConnected);
    } catch (error) {
      found.replaceChildren(make("p", { className: "warnings", textContent: error.message }));
    }
  }

  list(found, strip, { rows, total, recordings, waiting, left_out: left }) {
    const count = (many) => many.toLocaleString("en");
    const said = `${count(total)} event${total === 1 ? "" : "s"} in ${count(recordings)} ${recordings === 1 ? "recording" : "recordings"}${total > rows.length ? `; the ${rows.length} strongest` : ""}.`;
    const going = waiting ? ` Looking through ${count(waiting)} more …` : "";
    const missed = Object.entries(left).map(([why, many]) => `${many} ${why}`).join(", ");
    const cut = rows.some((row) => row.censored) ? " * cut short by the end of what is seen." : "";
    const several = strip.kind === "region";
    const cells = rows.map((row) => {
      const here = row.recording === this.viewer.key;
      const to = `/recordings/${row.recording}#t=${row.apex_s.toFixed(4)}&face=${row.face_id}`;
      const jump = make("a", { href: to, textContent: `${row.name.split("/").pop()} ${row.apex_s.toFixed(2)}` });
      if (here) jump.addEventListener("click", (event) => {
        event.preventDefault();
        this.viewer.showFace(row.face_id);
        this.viewer.go(row.apex_s * 1000);
      });
      const lasts = `${(row.offset_s - row.onset_s).toFixed(2)}${row.censored ? " *" : ""}`;
      return [jump, ...(several ? [row.token] : []), String(row.face_id), row.intensity.toFixed(2), lasts];
    });
    const heads = ["Where, s", ...(several ? ["No."] : []), "Face", strip.measure, "Lasts"];
    found.replaceChildren(
      make("p", { className: "note", textContent: `${said}${going}${missed ? ` Not looked through: ${missed}.` : ""}${cut}` }),
      table(heads, cells, heads.map((_, i) => i).slice(1)),
    );
  }
}

function numbersIn(text) {
  return (text.match(/\d+/g) ?? []).map(Number);
}
