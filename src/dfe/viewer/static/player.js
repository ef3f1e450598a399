"use strict";

/**
 * The film, locked to the recording's presentation times; without a film the same times go by on a clock of their own.
 * A frame is told by the time stamp that the browser shows, never by a count or a rate.
 */
class Player {
  /** `frames`: presentation times in ms, rising; `show(place)` is called with each frame that comes to be shown. */
  constructor(video, frames, show) {
    Object.assign(this, { video, frames, show, place: -1, withFilm: false, playing: false, rate: 1, asked: null });
    video.addEventListener("play", () => this.told(true));
    video.addEventListener("pause", () => this.told(false));
    video.addEventListener("ended", () => this.told(false));
    video.addEventListener("seeked", () => {
      if (video.seeking) return;
      const moment = this.asked ?? video.currentTime * 1000;
      this.asked = null;
      this.seen(moment);
    });
    this.onState = () => {};
  }

  /** From now on a film shows the frames; it has to be ready. */
  useFilm() {
    this.withFilm = true;
    this.video.playbackRate = this.rate;
    if (this.video.requestVideoFrameCallback) this.follow();
    else this.followRoughly();
  }

  /** A film that is gone: the clock goes on alone. */
  loseFilm() {
    this.withFilm = false;
  }

  follow() {
    this.video.requestVideoFrameCallback((_, { mediaTime }) => {
      this.shown = mediaTime * 1000;
      // While a seek is under way, frames of where the film was before may still come.
      if (this.asked === null) this.seen(this.shown);
      if (this.withFilm) this.follow();
    });
  }

  followRoughly() {
    requestAnimationFrame(() => {
      if (this.playing) this.seen(this.video.currentTime * 1000);
      if (this.withFilm) this.followRoughly();
    });
  }

  /** Stamps are rounded by containers: one that is a hair early is that of the next frame. */
  placeOf(moment) {
    return Math.max(0, Math.min(lastUntil(this.frames, moment + 1), this.frames.length - 1));
  }

  seen(moment) {
    const place = this.placeOf(moment);
    if (place === this.place || !this.frames.length) return;
    this.place = place;
    this.show(place);
  }

  told(playing) {
    this.playing = playing;
    this.onState();
  }

  /** Goes to the frame that is shown at a moment. */
  seek(moment) {
    this.seekFrame(lastUntil(this.frames, moment + 0.05));
  }

  seekFrame(wanted) {
    const place = Math.max(0, Math.min(wanted, this.frames.length - 1));
    if (!this.frames.length) return;
    const start = this.frames[place];
    if (this.withFilm) {
      // A little into the frame: a seek to its very stamp may land before it.
      const next = this.frames[place + 1] ?? start + 20;
      this.asked = start;
      this.video.currentTime = (start + Math.min((next - start) / 2, 4)) / 1000;
    }
    this.place = place;
    this.show(place);
  }

  step(frames) {
    this.pause();
    this.seekFrame(this.place + frames);
  }

  skip(ms) {
    this.seek((this.frames[this.place] ?? 0) + ms);
  }

  toggle() {
    if (this.playing) this.pause();
    else this.play();
  }

  async play() {
    if (this.place >= this.frames.length - 1) this.seekFrame(0);
    if (this.withFilm) {
      try {
        await this.video.play();
      } catch {
        this.told(false);
      }
      return;
    }
    this.told(true);
    const began = performance.now();
    const from = this.frames[Math.max(this.place, 0)];
    const tick = (now) => {
      if (!this.playing || this.withFilm) return;
      this.seen(from + (now - began) * this.rate);
      if (this.place >= this.frames.length - 1) this.told(false);
      else requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  }

  pause() {
    if (this.withFilm) this.video.pause();
    this.told(false);
  }

  speed(rate) {
    this.rate = rate;
    this.video.playbackRate = rate;
    if (this.playing && !this.withFilm) {
      this.pause();
      this.play();
    }
  }
}
