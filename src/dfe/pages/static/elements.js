"use strict";

/** An element with properties, attributes (with a dash or `data`), and children: elements or plain text. */
function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null) continue;
    if (name === "data") Object.assign(element.dataset, value);
    else if (name.includes("-") || name === "role" || name === "for") element.setAttribute(name, value);
    else element[name] = value;
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== ""));
  return element;
}

function byId(id) {
  return document.getElementById(id);
}

function percentText(share) {
  if (share === null || !Number.isFinite(share)) return "–";
  if (share === 0 || share === 1) return `${100 * share}%`;
  const hundred = 100 * share;
  if (hundred < 0.05) return "under 0.1%";
  return `${hundred < 9.95 || hundred >= 99.5 ? Math.min(hundred, 99.9).toFixed(1) : hundred.toFixed(0)}%`;
}

function announce(text) {
  byId("live").textContent = text;
}
