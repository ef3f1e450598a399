"use strict";

/** The timeline as a table, a hundred stretches at a time, and all of them as CSV. */
class SpansTable {
  static PAGE = 100;

  constructor(data, faces) {
    this.data = data;
    this.rows = null;
    this.faces = faces;
    this.first = 0;
    this.choice = document.getElementById("spans-token");
    const tokens = new Map(faces.flatMap((face) => face.tokens).map((token) => [token.code, token.words]));
    for (const [code, words] of tokens) this.choice.append(new Option(`${code} ${words}`, code));
    this.choice.addEventListener("change", () => this.show(0));
    document.getElementById("spans").addEventListener("toggle", () => this.rows ?? this.show(0));
    document.getElementById("spans-back").addEventListener("click", () => this.show(this.first - SpansTable.PAGE));
    document.getElementById("spans-next").addEventListener("click", () => this.show(this.first + SpansTable.PAGE));
    document.getElementById("spans-csv").addEventListener("click", () => this.download());
  }

  /** All stretches by start: [face, code, words, side, start, end, level]. */
  all() {
    if (this.rows) return this.rows;
    this.rows = [];
    for (const face of this.faces) {
      face.rows.forEach((row, i) => {
        const token = face.tokens[i];
        const { start, end, l, c } = unpacked(row);
        for (let k = 0; k < start.length; k++) {
          const code = token ? token.code : c[k];
          this.rows.push([face.id, code, token?.words ?? "", token?.side ?? "", start[k], end[k], l[k]]);
        }
      });
    }
    this.rows.sort((a, b) => a[4] - b[4] || a[0] - b[0] || a[1] - b[1]);
    return this.rows;
  }

  show(first) {
    const code = this.choice.value;
    const rows = code === "" ? this.all() : this.all().filter((row) => String(row[1]) === code);
    this.first = Math.max(0, first >= rows.length ? this.first : first);
    const shown = rows.slice(this.first, this.first + SpansTable.PAGE);
    document.getElementById("spans-rows").replaceChildren(...shown.map((row) => this.line(row)));
    const last = this.first + shown.length;
    document.getElementById("spans-place").textContent = rows.length
      ? `${(this.first + 1).toLocaleString("en")} to ${last.toLocaleString("en")} of ${rows.length.toLocaleString("en")}`
      : "none";
    document.getElementById("spans-back").disabled = this.first === 0;
    document.getElementById("spans-next").disabled = last >= rows.length;
  }

  line([face, code, words, side, start, end, level]) {
    const line = document.createElement("tr");
    const numbers = [seconds3(start), seconds3(end), seconds3(end - start), level];
    for (const value of [face, code, words || "not in the gallery", side]) line.insertCell().textContent = value;
    for (const value of numbers) {
      const cell = line.insertCell();
      cell.className = "n";
      cell.textContent = value;
    }
    return line;
  }

  download() {
    const head = "face_id,display,words,side,start_s,end_s,place";
    const lines = this.all().map(([face, code, words, side, start, end, level]) =>
      [face, code, csvField(words), csvField(side), seconds3(start), seconds3(end), level].join(","),
    );
    saveText(`${this.data.name.split(/[\\/]/).pop()}.displays.csv`, [head, ...lines].join("\r\n") + "\r\n");
  }
}

function seconds3(ms) {
  return (ms / 1000).toFixed(3);
}
