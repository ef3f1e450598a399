"use strict";

const table = document.getElementById("recordings");
const body = table.tBodies[0];
const headings = [...table.tHead.rows[0].cells];
let rows = [...body.rows];
const filter = document.getElementById("filter");
const toggles = [...document.querySelectorAll("[data-verdict][aria-pressed]")];
const VERDICT_ORDER = { poor: 0, check: 1, good: 2 };
const compareText = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" }).compare;

/** What a row is sorted by in a column; null, for unknown, goes last either way. */
function sortValue(row, column) {
  const { key, kind } = headings[column].dataset;
  const value = row.cells[column].dataset.v;
  if (key === "verdict") return VERDICT_ORDER[row.dataset.verdict];
  if (kind === "text") return value;
  return value === "" ? null : Number(value);
}

function sortBy(column) {
  const heading = headings[column];
  const down = heading.getAttribute("aria-sort") === "ascending";
  for (const other of headings) if (other.dataset.key) other.setAttribute("aria-sort", "none");
  heading.setAttribute("aria-sort", down ? "descending" : "ascending");
  const keyed = rows.map((row) => [sortValue(row, column), row]);
  keyed.sort(([a], [b]) => {
    if (a === null || b === null) return (a === null) - (b === null);
    const order = typeof a === "string" ? compareText(a, b) : a - b;
    return down ? -order : order;
  });
  body.replaceChildren(...keyed.map(([, row]) => row));
}

function show() {
  const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
  const verdicts = new Set(toggles.filter((t) => t.getAttribute("aria-pressed") === "true").map((t) => t.dataset.verdict));
  let shown = 0;
  for (const row of rows) {
    const text = `${row.cells[1].dataset.v} ${row.dataset.why} ${row.dataset.verdict}`.toLowerCase();
    row.hidden = !verdicts.has(row.dataset.verdict) || !words.every((word) => text.includes(word));
    if (!row.hidden) shown++;
  }
  document.getElementById("shown").textContent =
    shown === rows.length ? "" : `${shown.toLocaleString("en")} of ${rows.length.toLocaleString("en")} shown`;
  document.getElementById("none").hidden = shown > 0 || rows.length === 0;
}

/** The rows that are shown, in the order in which they are shown, with all that is known of them. */
function download() {
  const shown = headings.map((heading, i) => [heading.dataset.key, (row) => row.cells[i].dataset.v]).slice(1);
  const hidden = Object.keys(rows[0]?.dataset ?? {})
    .filter((key) => key !== "verdict")
    .map((key) => [key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), (row) => row.dataset[key]]);
  const columns = [...shown, ...hidden];
  const kept = [...body.rows].filter((row) => !row.hidden);
  const lines = kept.map((row) => columns.map(([, value]) => csvField(value(row))).join(","));
  saveText("recordings.csv", [columns.map(([key]) => key).join(","), ...lines].join("\r\n") + "\r\n");
}

/** Takes rows, as HTML that the package made, in place of those that are there; sorted as these were. */
function replaceRows(html) {
  const made = new DOMParser().parseFromString(`<table><tbody>${html}</tbody></table>`, "text/html");
  body.replaceChildren(...made.querySelectorAll("tr"));
  rows = [...body.rows];
  const column = headings.findIndex((heading) => /^(as|des)cending$/.test(heading.getAttribute("aria-sort") ?? ""));
  if (column >= 0) {
    const way = headings[column].getAttribute("aria-sort");
    headings[column].setAttribute("aria-sort", way === "ascending" ? "none" : "ascending");
    sortBy(column);
  }
  show();
}

headings.forEach((heading, column) => {
  heading.querySelector("button")?.addEventListener("click", () => sortBy(column));
});
for (const toggle of toggles) {
  toggle.addEventListener("click", () => {
    toggle.setAttribute("aria-pressed", toggle.getAttribute("aria-pressed") !== "true");
    show();
  });
}
filter.addEventListener("input", show);
document.getElementById("csv").addEventListener("click", download);
show();
document.documentElement.dataset.ready = "yes";
