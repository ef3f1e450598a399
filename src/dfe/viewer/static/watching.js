"use strict";

const LOOK_MS = 3000;

/** Sees what another program has changed (names, roles, windows, the recording itself), and reads it anew. */
class Watching {
  constructor(viewer) {
    this.viewer = viewer;
    setInterval(() => this.look(), LOOK_MS);
    window.addEventListener("focus", () => this.look());
  }

  /** Not while the film plays: reading an hour anew would halt it. */
  async look() {
    const { viewer } = this;
    if (this.looking || viewer.busy || viewer.player.playing || document.hidden) return;
    this.looking = true;
    const shown = () => `${viewer.shown} ${viewer.labels.state}`;
    const before = shown();
    try {
      const { charts, labels, several } = await (await ask(`${viewer.url}/state`)).json();
      byId("back").hidden = !several;
      if (viewer.busy || shown() !== before || `${charts} ${labels}` === before) return;
      const anew = charts !== viewer.shown;
      await viewer.readAnew(anew);
      viewer.say("Read anew: another program has changed it.");
    } catch (error) {
      viewer.complain(error.message);
    } finally {
      this.looking = false;
    }
  }
}
