/** One picture of the player: a take's small film of key pictures, shown exact to the frame. */

import { shotPath } from "./api.js";
import { made, set } from "./dom.js";
import { nameOf, ORIGINAL, state, takeOf } from "./store.js";
import { perSecond } from "./time.js";
import { kindWords } from "./words.js";

/** Beyond this many frames of drift a playing film is set anew; below it, it is hurried or held. */
const FAR = 6;
const REST_MS = 220;
/** A frame that was on the screen already is not told anew; after so long it counts as seen. */
const LATE_MS = 1000;

/** Note when the first picture was seen; the time that a person waits. */
function pictured() {
  if (!performance.getEntriesByName("first-picture").length) performance.mark("first-picture");
}

export class Deck {
  /** @param {string} take */
  constructor(take) {
    this.take = take;
    this.offset = takeOf(take)?.slot_start ?? 0;
    this.frames = takeOf(take)?.frames ?? state.frames;
    this.ready = false;
    this.playing = false;
    this.wanted = -1;
    this.seeking = false;
    this.rest = 0;
    this.cued = -1;
    this.searches = 0;
    this.late = 0;
    /** Frame of the film that the browser last put on the screen; -1 before the first. */
    this.presented = -1;
    const size = takeOf(take)?.size || state.takes[0]?.size || [16, 9];
    this.video = made("video", {
      muted: true,
      playsinline: true,
      preload: "auto",
      tabindex: -1,
      "aria-hidden": "true",
      disablepictureinpicture: true,
    });
    this.video.muted = true;
    this.still = made("img", { class: "still", alt: "" });
    this.exact = made("canvas", { class: "exact", "aria-hidden": "true" });
    this.boxes = made("div", { class: "boxes" });
    this.name = made("span", { class: "deck-name", text: nameOf(take) });
    this.none = made("div", { class: "none" }, `${nameOf(take)} has no picture here`);
    this.wait = made("div", { class: "wait" }, `preparing ${nameOf(take)} …`);
    this.frame = made(
      "div",
      { class: "frame" },
      this.video,
      this.exact,
      this.still,
      this.wait,
      this.boxes,
      this.name,
    );
    this.setAspect(size[0] && size[1] ? size[0] / size[1] : 16 / 9);
    this.element = made("figure", { class: "deck", "data-deck": take }, this.frame, this.none);
    this.video.addEventListener("seeked", () => this.arrived());
    this.video.addEventListener("loadedmetadata", () =>
      this.setAspect(this.video.videoWidth / this.video.videoHeight),
    );
    this.load();
  }

  /** @param {number} aspect width by height */
  setAspect(aspect) {
    if (aspect > 0) set(this.frame, "style", { "--aspect": aspect });
  }

  async load() {
    try {
      const answer = await fetch(`${shotPath(state.timeline, state.shot.id)}/proxy/${this.take}`);
      if (!answer.ok) throw new Error((await answer.json()).error);
      this.address = URL.createObjectURL(await answer.blob());
      this.video.src = this.address;
      await new Promise((done, broken) => {
        this.video.addEventListener("loadeddata", done, { once: true });
        this.video.addEventListener("error", () => broken(new Error("cannot be played")), {
          once: true,
        });
      });
      this.ready = true;
      this.element.dataset.ready = "yes";
      if (!this.playing) this.show(state.frame, true);
    } catch (error) {
      this.element.dataset.ready = "no";
      this.none.textContent = `${nameOf(this.take)}: ${/** @type {Error} */ (error).message}`;
    }
  }

  /** @param {number} frame of the slot */
  has(frame) {
    return frame >= this.offset && frame < this.offset + this.frames;
  }

  /** Show the take's first frame at another frame of the slot. @param {number} offset */
  aim(offset) {
    if (offset === this.offset) return;
    this.offset = offset;
    this.wanted = -1;
    this.cued = -1;
    if (this.playing) this.pause();
  }

  /** Stand on a frame of the slot. @param {number} frame @param {boolean} [anew] */
  show(frame, anew = false) {
    this.annotate(frame);
    if (frame === this.wanted && !anew && !this.playing) return;
    this.wanted = frame;
    delete this.element.dataset.frame;
    this.cued = -1;
    clearTimeout(this.rest);
    if (!this.has(frame)) return;
    if (!this.ready) {
      this.rest = setTimeout(() => this.showStill(frame, 640), this.still.src ? REST_MS : 0);
      return;
    }
    this.seek();
  }

  /** Look for the wanted frame; the newest wish counts when one is reached. */
  seek() {
    if (this.seeking) return;
    this.seeking = true;
    this.sought = this.wanted;
    const mine = (this.searches += 1);
    delete this.element.dataset.frame;
    const seen = () => mine === this.searches && this.landed();
    this.await(this.wanted - this.offset, seen);
    clearTimeout(this.late);
    this.late = setTimeout(() => mine === this.searches && this.tooLate(), LATE_MS);
    this.video.currentTime = (this.wanted - this.offset + 0.5) / perSecond(state.rate);
  }

  /** Wait for a frame of the film on the screen: "seeked" comes before it. @param {number} frame @param {() => void} seen */
  await(frame, seen) {
    this.video.requestVideoFrameCallback?.((/** @type {number} */ _, /** @type {any} */ about) => {
      const shown = Math.round(about.mediaTime * perSecond(state.rate));
      this.presented = shown;
      if (shown === frame) {
        this.paint();
        requestAnimationFrame(seen);
      } else if (this.wanted - this.offset === frame) this.await(frame, seen);
    });
  }

  /** Paint the film's frame over it: a browser may put a film that stands on the screen much later. */
  paint() {
    const { videoWidth: width, videoHeight: height } = this.video;
    if (this.exact.width !== width) this.exact.width = width;
    if (this.exact.height !== height) this.exact.height = height;
    this.exact.getContext("2d").drawImage(this.video, 0, 0, width, height);
    this.exact.classList.add("on");
  }

  arrived() {
    this.seeking = false;
    if (!this.playing && this.sought !== this.wanted) this.seek();
  }

  /** The film did not say in time that the sought frame is on the screen: show its still. */
  async tooLate() {
    const frame = this.sought;
    if (this.presented === frame - this.offset) {
      this.paint();
      return this.landed();
    }
    await this.showStill(frame, 640);
    if (this.wanted === frame && this.element.dataset.still === String(frame))
      this.element.dataset.frame = String(frame);
  }

  /** The sought frame is on the screen. */
  landed() {
    if (this.playing || this.sought !== this.wanted || this.video.seeking) return;
    clearTimeout(this.late);
    this.element.dataset.frame = String(this.sought);
    this.still.classList.remove("on");
    pictured();
    clearTimeout(this.rest);
    const wide = this.frame.getBoundingClientRect().width * Math.min(2, devicePixelRatio);
    if (wide > 1.15 * this.video.videoWidth) {
      this.rest = setTimeout(
        () => this.showStill(this.wanted, Math.min(1280, Math.round(wide))),
        REST_MS,
      );
    }
  }

  /** Show a sharper still over the film while it rests. @param {number} frame @param {number} width */
  async showStill(frame, width) {
    const shot = shotPath(state.timeline, state.shot.id);
    const inStep = frame - this.offset + (takeOf(this.take)?.slot_start ?? 0);
    const image = made("img", { class: "still on", alt: "" });
    image.src = `${shot}/thumbnail/${this.take}?frame=${inStep}&width=${width}`;
    try {
      await image.decode();
    } catch {
      return; // the film itself is there
    }
    if (this.wanted !== frame || this.playing) return;
    // An element that only changed its address would show the old picture for a while.
    this.still.replaceWith(image);
    this.still = image;
    this.element.dataset.still = String(frame);
    pictured();
  }

  /** Begin or go on playing. @param {number} frame exact place, with its share of a frame @param {number} speed */
  play(frame, speed) {
    this.annotate(Math.floor(frame));
    if (!this.ready) return;
    if (!this.has(Math.floor(frame))) return this.pause();
    const fps = perSecond(state.rate);
    const wish = (frame - this.offset) / fps;
    if (!this.playing) {
      this.playing = true;
      this.still.classList.remove("on");
      this.exact.classList.remove("on");
      clearTimeout(this.rest);
      const cued = !this.video.seeking && Math.abs(this.video.currentTime - wish) < 1.5 / fps;
      if (!cued) this.video.currentTime = Math.min(wish + 0.5 / fps, this.video.duration - 0.001);
      this.video.playbackRate = speed;
      this.video.play().catch(() => {});
      return;
    }
    if (this.video.seeking) return;
    const drift = (this.video.currentTime - wish) * fps;
    if (Math.abs(drift) > FAR * Math.max(1, speed)) this.video.currentTime = wish;
    const fix = Math.abs(drift) < 0.4 ? 0 : Math.max(-0.08, Math.min(0.08, drift * 0.04));
    const rate = speed * (1 - fix);
    if (Math.abs(this.video.playbackRate - rate) > 0.004) this.video.playbackRate = rate;
  }

  /** Stand ready at a frame, to be played from there soon. @param {number} frame */
  cue(frame) {
    if (!this.ready || this.playing || this.cued === frame) return;
    this.cued = frame;
    this.wanted = frame;
    this.seek();
  }

  pause() {
    this.cued = -1;
    if (!this.playing) return;
    this.playing = false;
    this.seeking = false;
    this.wanted = -1;
    this.video.pause();
  }

  /** Frame of the slot whose picture is seen now. */
  seen() {
    return Math.floor(this.video.currentTime * perSecond(state.rate) + 1e-4) + this.offset;
  }

  /** Draw where the judge saw something go wrong at a frame. @param {number} frame */
  annotate(frame) {
    this.none.hidden = this.has(frame);
    this.frame.hidden = !this.has(frame);
    const own = frame - this.offset;
    const found =
      this.take === ORIGINAL
        ? []
        : (takeOf(this.take)?.evidence || []).filter((one) => one.start <= own && own < one.end);
    const key = found.map((one) => `${one.kind}${one.start}`).join();
    if (key === this.boxes.dataset.key) return;
    this.boxes.dataset.key = key;
    this.boxes.replaceChildren(
      ...found.map((one) => {
        const [x0, y0, x1, y1] = one.box.map((share) => share * 100);
        const place = `seen-box${x0 > 55 ? " left" : ""}${y1 > 82 ? " above" : ""}`;
        return made(
          "div",
          {
            class: place,
            style: { left: `${x0}%`, top: `${y0}%`, width: `${x1 - x0}%`, height: `${y1 - y0}%` },
          },
          made("span", { text: one.words || kindWords(one.kind) }),
        );
      }),
    );
  }

  drop() {
    this.pause();
    this.video.removeAttribute("src");
    if (this.address) URL.revokeObjectURL(this.address);
    this.element.remove();
  }
}
