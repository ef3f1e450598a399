"use strict";

const REST_MS = 5000;

/** Fills the table while the recordings are measured, and goes on looking whether more came or some changed. */
async function follow() {
  const progress = document.getElementById("progress");
  let { done, total, version } = progress.dataset;
  for (;;) {
    const working = Number(done) < Number(total);
    await new Promise((go) => setTimeout(go, working ? 700 : REST_MS));
    if (document.hidden) continue;
    const told = await quality(version);
    if (!told) return;
    ({ done, total, version } = told);
    if (told.rows !== null) fill(told);
    const many = Number(total);
    document.getElementById("total").textContent = `${many.toLocaleString("en")} recording${many === 1 ? "" : "s"}`;
    progress.textContent = done < total ? ` Looked at ${done} so far.` : "";
  }
}

async function quality(version) {
  try {
    const answer = await fetch(`/quality?version=${version}`);
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
}

function fill({ rows, verdicts, problems }) {
  replaceRows(rows);
  for (const [verdict, many] of verdicts) {
    document.querySelector(`.verdict[data-verdict="${verdict}"] b`).textContent = many.toLocaleString("en");
  }
  const list = document.getElementById("problems");
  list.hidden = !problems.length;
  list.replaceChildren(...problems.map((text) => Object.assign(document.createElement("li"), { textContent: text })));
}

follow();
