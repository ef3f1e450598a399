"use strict";

/** Fills the table while the recordings are measured. */
async function follow() {
  const progress = document.getElementById("progress");
  let { done, total } = progress.dataset;
  while (Number(done) < Number(total)) {
    await new Promise((go) => setTimeout(go, 700));
    const answer = await fetch("/quality");
    if (!answer.ok) return;
    const told = await answer.json();
    ({ done, total } = told);
    replaceRows(told.rows);
    for (const [verdict, many] of told.verdicts) {
      document.querySelector(`.verdict[data-verdict="${verdict}"] b`).textContent = many.toLocaleString("en");
    }
    progress.textContent = done < total ? ` Looked at ${done} so far.` : "";
    const problems = document.getElementById("problems");
    problems.hidden = !told.problems.length;
    problems.replaceChildren(
      ...told.problems.map((text) => Object.assign(document.createElement("li"), { textContent: text })),
    );
  }
}

follow();
