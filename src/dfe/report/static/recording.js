"use strict";

function jsonOf(id) {
  const block = document.getElementById(id);
  return block && JSON.parse(block.textContent);
}

function makePlots(courses, time, tip) {
  const plots = [...document.querySelectorAll(".plot")].map((element) => {
    const course = courses[element.dataset.face];
    if (element.dataset.plot === "pose") return new CurvePlot(element, time, tip, course, ["yaw", "pitch", "roll"]);
    return new QualityPlot(element, time, tip, course.quality);
  });
  for (const place of document.querySelectorAll(".charts")) {
    const course = courses[place.dataset.face];
    const card = (strip) => (strip.kind === "display" ? `#${course.anchor}${strip.token}` : null);
    plots.push(
      ...stripCharts(place, time, tip, course, {
        whose: courses.length > 1 ? ` of face ${course.id}` : "",
        picture: (strip) => card(strip) && `${card(strip)} img`,
        name: (strip) => linkName(strip, card(strip)),
      }),
    );
  }
  return plots;
}

/** The name of a row leads to the card of its display. */
function linkName(strip, card) {
  if (!card) return plainName(strip);
  const name = Object.assign(document.createElement("a"), { href: card, tabIndex: -1 });
  fillName(name, strip);
  return name;
}

function setUpToolbar(time) {
  const shown = document.getElementById("shown");
  const actions = {
    earlier: () => time.scroll(-0.5),
    later: () => time.scroll(0.5),
    in: () => time.zoom(0.5),
    out: () => time.zoom(2),
    whole: () => time.whole(),
  };
  const buttons = [...document.querySelectorAll(".toolbar [data-do]")];
  for (const button of buttons) button.addEventListener("click", actions[button.dataset.do]);
  const update = () => {
    const unit = time.end <= 120000 ? " s" : " min";
    const digits = time.length < 20000 ? 1 : 0;
    shown.textContent = `${clock(time.from, time.end, digits)} to ${clock(time.to, time.end, digits)}${unit}`;
    for (const button of buttons) {
      const name = button.dataset.do;
      const useless = { earlier: time.from <= time.start, later: time.to >= time.end, in: false }[name] ?? time.isWhole;
      button.setAttribute("aria-disabled", useless);
    }
  };
  time.onWindow.push(update);
  update();
}

function setUpCopy() {
  const button = document.getElementById("copy");
  button?.addEventListener("click", async () => {
    const text = JSON.stringify(jsonOf("provenance"), null, 2);
    const said = document.getElementById("copied");
    try {
      await navigator.clipboard.writeText(text);
      said.textContent = "Copied.";
    } catch {
      said.textContent = "This browser does not let pages copy: select the lines below instead.";
    }
  });
}

/** Charts as paper shows them: whole, and in its colours. */
function setUpPrint(plots) {
  const redraw = (printing) => {
    for (const plot of plots) {
      plot.printing = printing;
      plot.draw();
    }
  };
  addEventListener("beforeprint", () => redraw(true));
  addEventListener("afterprint", () => redraw(false));
}

function setUp() {
  const data = blockOf("data");
  let plots = [];
  if (data) {
    const time = new TimeWindow(data.start / TICKS, data.end / TICKS);
    const courses = data.faces.map((face) => new Course(face));
    plots = makePlots(courses, time, new Tip());
    setUpToolbar(time);
    if (document.getElementById("events")) new EventsTable(data.name, courses);
  }
  setUpCopy();
  setUpPrint(plots);
  document.documentElement.dataset.ready = "yes";
}

setUp();
