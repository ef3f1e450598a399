"use strict";

/** The events as a table, a hundred at a time, and all of them as CSV; what screen readers get for the charts. */
class EventsTable {
  static PAGE = 100;

  /** `go(at)`: what a click on an event's number does; without it rows are plain text. */
  constructor(name, courses, go = null) {
    this.name = name;
    this.go = go;
    this.choice = document.getElementById("events-unit");
    this.choice.addEventListener("change", () => this.show(0));
    document.getElementById("events-back").addEventListener("click", () => this.show(this.first - EventsTable.PAGE));
    document.getElementById("events-next").addEventListener("click", () => this.show(this.first + EventsTable.PAGE));
    document.getElementById("events-csv").addEventListener("click", () => this.download());
    document.getElementById("events").addEventListener("toggle", () => this.show(this.first));
    this.fill(courses);
  }

  fill(courses) {
    this.courses = courses;
    this.rows = null;
    this.first = 0;
    const chosen = this.choice.value;
    this.choice.replaceChildren(new Option("all", ""));
    const units = new Map(courses.flatMap((course) => course.kinds).map((kind) => [kind.token, kind]));
    for (const { token, kind, label } of units.values()) {
      this.choice.append(new Option(kind === "display" ? `${token} ${label}` : label, token));
    }
    this.choice.value = units.has(chosen) ? chosen : "";
    if (document.getElementById("events").open) this.show(0);
  }

  /** All events by onset: [face, kind, onset, apex, offset, intensity, censored]. */
  all() {
    if (this.rows) return this.rows;
    this.rows = this.courses.flatMap((course) => {
      const { of, onset, apex, offset, intensity, censored } = course.allMarks;
      return Array.from(of, (kind, i) => [course.id, course.kinds[kind], onset[i], apex[i], offset[i], intensity[i], censored[i]]);
    });
    this.rows.sort((a, b) => a[2] - b[2] || a[0] - b[0]);
    return this.rows;
  }

  show(first) {
    const token = this.choice.value;
    const rows = token === "" ? this.all() : this.all().filter((row) => row[1].token === token);
    this.first = Math.max(0, first >= rows.length ? Math.max(0, this.first) : first);
    const shown = rows.slice(this.first, this.first + EventsTable.PAGE);
    document.getElementById("events-rows").replaceChildren(...shown.map((row) => this.line(row)));
    const last = this.first + shown.length;
    document.getElementById("events-place").textContent = rows.length
      ? `${(this.first + 1).toLocaleString("en")} to ${last.toLocaleString("en")} of ${rows.length.toLocaleString("en")}`
      : "none";
    document.getElementById("events-back").disabled = this.first === 0;
    document.getElementById("events-next").disabled = last >= rows.length;
  }

  line([face, kind, onset, apex, offset, intensity, censored]) {
    const line = document.createElement("tr");
    const texts = [face, kind.kind, kind.kind === "display" ? `${kind.token} ${kind.label}` : kind.label];
    for (const value of texts) line.insertCell().textContent = value;
    const numbers = [seconds3(onset), seconds3(apex), seconds3(offset), seconds3(offset - onset), intensity.toFixed(2)];
    numbers.forEach((value, i) => {
      const cell = line.insertCell();
      cell.className = "n";
      if (!this.go || i > 2) return (cell.textContent = value);
      const button = cell.appendChild(document.createElement("button"));
      button.type = "button";
      button.className = "plain";
      button.textContent = value;
      button.addEventListener("click", () => this.go([onset, apex, offset][i]));
    });
    line.insertCell().textContent = kind.measure;
    line.insertCell().textContent = censored ? "cut short" : "";
    return line;
  }

  download() {
    const head = "face_id,kind,token,label,onset_s,apex_s,offset_s,intensity,measure,censored";
    const lines = this.all().map(([face, { kind, token, label, measure }, onset, apex, offset, intensity, censored]) =>
      [
        face, kind, csvField(token), csvField(label), seconds3(onset), seconds3(apex), seconds3(offset),
        intensity.toFixed(4), csvField(measure), censored,
      ].join(","),
    );
    saveText(`${this.name.split(/[\\/]/).pop()}.events.csv`, [head, ...lines].join("\r\n") + "\r\n");
  }
}

function seconds3(ms) {
  return (ms / 1000).toFixed(3);
}
