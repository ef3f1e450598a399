"use strict";

const SIDE_WORDS = {
  symmetric: "both sides alike",
  left: "the subject's left side moves more",
  right: "the subject's right side moves more",
  "": "",
};

function sideClass(side) {
  return { symmetric: "both", left: "left", right: "right" }[side] || "other";
}

function pictureOf(token, view = 0) {
  return document.querySelectorAll(`#card-${token} img`)[view]?.src;
}

/** A head of a given size: a still picture, and over it the canvas that takes its place. */
function headFrame(token, alt, view = 0) {
  const source = pictureOf(token, view);
  const image = source ? make("img", { src: source, alt }) : make("span", { className: "no-picture" });
  const canvas = make("canvas", { "aria-hidden": "true" });
  return { frame: make("div", { className: "stage" }, image, canvas), canvas };
}
