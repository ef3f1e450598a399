"use strict";

/** Pictures go out no larger than this; faces are found as well, and twice as fast as at 1280. */
const LONGEST_PX = 640;
/** Bytes before the pixels, as dfe/viewer/live/message.py has them. */
const HEAD_BYTES = 24;
const PACKING = { raw: 0, jpeg: 1 };
const JPEG_QUALITY = 0.95;

/** What went wrong with the camera, in the words of the page's table of troubles. */
function troubleOf(error) {
  if (error.name === "NotAllowedError" || error.name === "SecurityError") return "denied";
  if (error.name === "NotFoundError" || error.name === "OverconstrainedError") return "none";
  return "busy";
}

/** The camera's frames, one by one, packed for the line. */
class Camera {
  /** `onFrame(number, milliseconds, packed)`; `wanted()`: whether there is time for another; `onEnd`: it has gone. */
  constructor(video, { onFrame, wanted, onEnd }) {
    Object.assign(this, { video, onFrame, wanted, onEnd, stream: null, packing: "jpeg", busy: false, last: 0 });
    // What is encoded off the page is encoded at once; a canvas of the page waits for idle time.
    this.canvas = window.OffscreenCanvas ? new OffscreenCanvas(1, 1) : document.createElement("canvas");
    this.pen = this.canvas.getContext("2d", { willReadFrequently: true });
  }

  get running() {
    return this.stream !== null;
  }

  /** Opens a camera; gives the kind of trouble, or null. */
  async start(id) {
    if (!navigator.mediaDevices?.getUserMedia || !this.video.requestVideoFrameCallback) return "old";
    const wish = { width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 30 } };
    if (id) wish.deviceId = { exact: id };
    this.stop();
    try {
      this.stream = await navigator.mediaDevices.getUserMedia({ video: wish, audio: false });
      this.video.srcObject = this.stream;
      await this.video.play();
    } catch (error) {
      this.stop();
      return troubleOf(error);
    }
    const stream = this.stream;
    stream.getVideoTracks()[0].addEventListener("ended", () => {
      if (this.stream !== stream) return;
      this.stop();
      this.onEnd();
    });
    this.wait(stream);
    return null;
  }

  stop() {
    for (const track of this.stream?.getTracks() || []) track.stop();
    this.video.srcObject = null;
    this.stream = null;
  }

  /** The cameras there are, once one was allowed. */
  async list() {
    const all = await navigator.mediaDevices.enumerateDevices();
    return all.filter((one) => one.kind === "videoinput");
  }

  wait(stream) {
    this.video.requestVideoFrameCallback((now, about) => {
      if (this.stream !== stream) return;
      this.wait(stream);
      // The moment at which the camera took it, where the browser says so.
      const at = about.captureTime || now;
      if (at <= this.last || this.busy || !this.wanted()) return;
      this.last = at;
      this.take(about.presentedFrames, at);
    });
  }

  take(number, at) {
    const { videoWidth, videoHeight } = this.video;
    const scale = Math.min(1, LONGEST_PX / Math.max(videoWidth, videoHeight));
    const width = Math.round(videoWidth * scale), height = Math.round(videoHeight * scale);
    if (!width || !height) return;
    if (this.canvas.width !== width || this.canvas.height !== height) Object.assign(this.canvas, { width, height });
    this.pen.drawImage(this.video, 0, 0, width, height);
    const send = (content) => this.onFrame(number, at, packed(number, at, width, height, this.packing, content));
    if (this.packing === "raw") {
      send(this.pen.getImageData(0, 0, width, height).data);
      return;
    }
    this.sendJpeg(send);
  }

  async sendJpeg(send) {
    this.busy = true;
    const blob = this.canvas.convertToBlob
      ? await this.canvas.convertToBlob({ type: "image/jpeg", quality: JPEG_QUALITY })
      : await new Promise((done) => this.canvas.toBlob(done, "image/jpeg", JPEG_QUALITY));
    if (blob) send(new Uint8Array(await blob.arrayBuffer()));
    this.busy = false;
  }
}

function packed(number, at, width, height, packing, content) {
  const message = new Uint8Array(HEAD_BYTES + content.length);
  const view = new DataView(message.buffer);
  [..."DFE1"].forEach((letter, i) => view.setUint8(i, letter.charCodeAt(0)));
  view.setUint32(4, number, true);
  view.setFloat64(8, at, true);
  view.setUint16(16, width, true);
  view.setUint16(18, height, true);
  view.setUint8(20, PACKING[packing]);
  message.set(content, HEAD_BYTES);
  return message;
}
