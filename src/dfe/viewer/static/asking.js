"use strict";

function button(text, act, properties = {}) {
  const made = make("button", { type: "button", textContent: text, ...properties });
  made.addEventListener("click", act);
  return made;
}

/** A table with a heading for each column; numbers stand at the right. */
function table(headings, rows, numeric = []) {
  const head = make("tr", {}, ...headings.map((text, i) => make("th", { scope: "col", textContent: text, className: numeric.includes(i) ? "n" : "" })));
  const body = rows.map((cells) =>
    make("tr", {}, ...cells.map((cell, i) => make("td", { className: numeric.includes(i) ? "n" : "" }, cell ?? "–"))),
  );
  return make("table", {}, make("thead", {}, head), make("tbody", {}, ...body));
}

/**
 * Fills a panel anew. What was typed there and not yet sent stays, and so does the focus, as long as the panel is
 * about the same thing.
 */
function refill(panel, about, ...parts) {
  const same = panel.dataset.about === String(about);
  const typed = same ? [...panel.querySelectorAll("input[id]")].filter((field) => field.value !== field.defaultValue) : [];
  const focus = same && panel.contains(document.activeElement) ? document.activeElement.id : "";
  panel.replaceChildren(...parts);
  panel.dataset.about = about;
  for (const field of typed) {
    const anew = byId(field.id);
    if (anew) anew.value = field.value;
  }
  if (focus) byId(focus)?.focus();
}

/** Asks the server; what it refuses is an error with its words. */
async function ask(path, sent) {
  let answer;
  try {
    answer = await fetch(path, sent === undefined ? {} : {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(sent),
    });
  } catch {
    throw new Error("dfe view does not answer any more: it was ended in the terminal. Start it again.");
  }
  if (!answer.ok) {
    const text = await answer.text();
    let words = text;
    try {
      words = JSON.parse(text).error;
    } catch {
      // Refusals of the guard are plain text.
    }
    throw new Error(words || `The server refused (${answer.status}).`);
  }
  return answer;
}
