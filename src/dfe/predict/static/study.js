"use strict";

// Paper cannot be unfolded, and is light.
let folded = [];
addEventListener("beforeprint", () => {
  document.documentElement.dataset.theme = "light";
  folded = [...document.querySelectorAll("details:not([open])")];
  for (const one of folded) one.open = true;
});
addEventListener("afterprint", () => {
  delete document.documentElement.dataset.theme;
  for (const one of folded) one.open = false;
});
