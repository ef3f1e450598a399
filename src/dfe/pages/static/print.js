"use strict";

// Paper is light and cannot be unfolded. Listeners of scripts that come after this one find the page so prepared.
{
  let folded = [];
  addEventListener("beforeprint", () => {
    document.documentElement.dataset.theme = "light";
    // Some browsers tell twice before they tell that it is over.
    folded.push(...document.querySelectorAll("details:not([open], .screen-only)"));
    for (const one of folded) one.open = true;
  });
  addEventListener("afterprint", () => {
    delete document.documentElement.dataset.theme;
    for (const one of folded) one.open = false;
    folded = [];
  });
}
