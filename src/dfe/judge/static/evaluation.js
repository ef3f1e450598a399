"use strict";

const compareText = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" }).compare;

/** What a row is sorted by; null, for not measured, goes last either way. */
function sortValue(row, column, kind) {
  const value = row.cells[column].dataset.v;
  if (kind === "text") return value;
  return value === "" ? null : Number(value);
}

/** Sorts by a column: at first with the best on top, then the other way round. */
function sortBy(table, column) {
  const headings = [...table.tHead.rows[0].cells];
  const { kind, better } = headings[column].dataset;
  const before = headings[column].getAttribute("aria-sort");
  const down = before === "none" ? better === "1" : before === "ascending";
  for (const heading of headings) heading.setAttribute("aria-sort", "none");
  headings[column].setAttribute("aria-sort", down ? "descending" : "ascending");
  const body = table.tBodies[0];
  const keyed = [...body.rows].map((row) => [sortValue(row, column, kind), row]);
  keyed.sort(([a], [b]) => {
    if (a === null || b === null) return (a === null) - (b === null);
    const order = kind === "text" ? compareText(a, b) : a - b;
    return down ? -order : order;
  });
  body.replaceChildren(...keyed.map(([, row]) => row));
}

for (const table of document.querySelectorAll("table.sortable")) {
  [...table.tHead.rows[0].cells].forEach((heading, column) => {
    heading.querySelector("button").addEventListener("click", () => sortBy(table, column));
  });
}

document.documentElement.dataset.ready = "yes";
