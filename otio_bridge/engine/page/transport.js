/** Playing: one clock for all pictures, J-K-L, frame steps, loops, and the two sides of a seam. */

import { at, button, made, wordButton } from "./dom.js";
import { allDecks, cueNext, deckOf, onStage, seenDecks } from "./stage.js";
import { change, state, watch } from "./store.js";
import { framesOf, perSecond, placeWords, secondOf } from "./time.js";
import { say } from "./words.js";

const SPEEDS = [1, 2, 4];
/** Frames shown before and after a seam. */
const AROUND = 0.75;

let began = 0;
let from = 0;
let ticking = false;

export function beginTransport() {
  const bar = at("transport");
  bar.append(
    made(
      "div",
      { class: "group" },
      button("step-back", "One frame back (←)", () => step(-1)),
      button("play", "Play or pause (Space)", toggle, { id: "play", class: "play" }),
      button("step-on", "One frame on (→)", () => step(1)),
    ),
    made("output", { id: "place", class: "place" }),
    made("input", {
      type: "range",
      id: "scrub",
      min: 0,
      value: 0,
      "aria-label": "Frame of the slot",
      oninput: () => goTo(Number(/** @type {HTMLInputElement} */ (at("scrub")).value)),
    }),
    made(
      "div",
      { class: "group views", role: "group", "aria-label": "What is shown" },
      view("take", "One take", "T"),
      view("step", "In step", "C"),
      view("plan", "Plan", "P"),
    ),
    made(
      "div",
      { class: "group" },
      button("loop", "Loop this second (O)", loopSecond, { id: "loop", "aria-pressed": "false" }),
      wordButton("Seam", () => nextSeam(), {
        id: "seam",
        title: "Go to the next seam of the plan (S)",
      }),
      wordButton("A/B", swapSides, {
        id: "sides",
        title: "Show the outgoing take, the incoming one, or the plan around the seam (B)",
      }),
    ),
  );
  watch(["frame", "shot"], drawPlace);
  watch(["speed", "view", "loop", "plan", "side", "shot"], drawState);
}

/** @param {"take"|"step"|"plan"} name @param {string} words @param {string} key */
function view(name, words, key) {
  return wordButton(words, () => toView(name), {
    "data-view": name,
    "aria-pressed": "false",
    title: `${words} (${key})`,
  });
}

/** @param {"take"|"step"|"plan"} view */
export function toView(view) {
  if (view === "plan" && !state.plan) return say("There is no plan yet; make takes first.");
  const playing = state.speed;
  pause();
  change({ view, side: "" });
  if (playing > 0) play(playing);
}

/** First and last frame + 1 that play now. @returns {[number, number]} */
const bounds = () => state.loop || [0, state.frames];

/** @param {number} frame */
export function goTo(frame) {
  const place = Math.max(0, Math.min(state.frames - 1, Math.round(frame)));
  if (state.loop && (place < state.loop[0] || place >= state.loop[1]))
    change({ loop: null, side: "" });
  if (state.speed) pause();
  change({ frame: place });
}

/** @param {number} frames */
export function step(frames) {
  if (state.speed) pause();
  goTo(state.frame + frames);
}

export function toggle() {
  if (state.speed) pause();
  else play(1);
}

/** K stops, L plays and hurries, J plays backwards and hurries. @param {-1|1} way */
export function shuttle(way) {
  const now = state.speed;
  const at = SPEEDS.indexOf(Math.abs(now));
  const faster = Math.sign(now) === way ? SPEEDS[Math.min(at + 1, SPEEDS.length - 1)] : 1;
  play(way * faster);
}

/** @param {number} speed negative plays backwards */
export function play(speed) {
  if (!state.shot) return;
  const [start, end] = bounds();
  const last = state.frame >= end - 1 && speed > 0;
  const first = state.frame <= start && speed < 0;
  from = last ? start : first ? end - 1 : Math.max(start, Math.min(end - 1, state.frame));
  began = performance.now();
  allDecks().forEach((deck) => deck.pause());
  change({ speed, frame: from });
  if (!ticking) requestAnimationFrame(tick);
  ticking = true;
}

export function pause() {
  if (!state.speed) return;
  const seen = state.speed > 0 ? seenDecks(state.frame).find((deck) => deck.playing) : undefined;
  const frame = seen ? Math.max(0, Math.min(state.frames - 1, seen.seen())) : state.frame;
  allDecks().forEach((deck) => deck.pause());
  change({ speed: 0 });
  change({ frame });
}

/** @param {number} now milliseconds */
function tick(now) {
  if (!state.speed) {
    ticking = false;
    return;
  }
  requestAnimationFrame(tick);
  const [start, end] = bounds();
  let place = from + (Math.max(0, now - began) / 1000) * perSecond(state.rate) * state.speed;
  if (place >= end || place < start) {
    from = place >= end ? start : end - 1;
    place = from;
    began = now;
    allDecks().forEach((deck) => deck.pause());
  }
  const frame = Math.floor(place);
  if (frame !== state.frame) change({ frame });
  if (state.speed > 0) run(place);
  else for (const deck of seenDecks(frame)) deck.show(frame);
}

/** @param {number} place */
function run(place) {
  const seen = seenDecks(Math.floor(place));
  for (const id of onStage()) {
    const deck = deckOf(id);
    if (deck && !seen.includes(deck)) deck.pause();
  }
  for (const deck of seen) deck.play(place, state.speed);
  if (state.view !== "plan") return;
  cueNext(place, perSecond(state.rate));
}

export function loopSecond() {
  if (state.loop) return change({ loop: null, side: "" });
  change({ loop: framesOf(secondOf(state.frame, state.rate), state.rate, state.frames) });
  play(1);
}

export function nextSeam() {
  const seams = state.plan?.seams || [];
  if (!seams.length) return say("The plan has no seam: one take shows the whole slot.");
  const middle = state.loop ? (state.loop[0] + state.loop[1]) / 2 : state.frame;
  const found = seams.findIndex((seam) => seam.slot_frame > middle + 0.5);
  reviewSeam(found < 0 ? 0 : found);
}

/** Play a seam round and round. @param {number} number */
export function reviewSeam(number) {
  const seam = state.plan?.seams[number];
  if (!seam) return;
  const around = Math.max(2, Math.round(AROUND * perSecond(state.rate)));
  pause();
  const loop = /** @type {[number, number]} */ ([
    Math.max(0, seam.slot_frame - around),
    Math.min(state.frames, seam.slot_frame + around),
  ]);
  change({ view: "plan", side: "", loop, frame: loop[0] });
  play(1);
}

/** Around a seam: as planned, then all from the outgoing take (A), then all from the incoming (B). */
export function swapSides() {
  const plan = state.plan;
  if (!plan?.seams.length) return say("There is no seam to compare; the plan shows one take.");
  if (state.view !== "plan" || !state.loop) return nextSeam();
  const middle = (state.loop[0] + state.loop[1]) / 2;
  const nearest = [...plan.seams].sort(
    (a, b) => Math.abs(a.slot_frame - middle) - Math.abs(b.slot_frame - middle),
  )[0];
  const second = plan.segments.findIndex((one) => one.slot_start === nearest.slot_frame);
  const [a, b] = [plan.segments[second - 1]?.take, plan.segments[second]?.take];
  const order = ["", a, b];
  const playing = state.speed;
  pause();
  change({ side: order[(order.indexOf(state.side) + 1) % 3] || "" });
  if (playing) play(playing);
}

function drawPlace() {
  const words = state.shot ? placeWords(state.frame, state.rate) : "";
  at("place").replaceChildren(
    made("b", { text: words }),
    made("span", { class: "faint", text: ` f${state.frame}` }),
  );
  const scrub = /** @type {HTMLInputElement} */ (at("scrub"));
  scrub.max = String(Math.max(0, state.frames - 1));
  scrub.value = String(state.frame);
  scrub.setAttribute("aria-valuetext", `second ${words}, frame ${state.frame}`);
}

function drawState() {
  const play_ = at("play");
  play_.querySelector("use")?.setAttribute("href", state.speed ? "#sign-pause" : "#sign-play");
  play_.dataset.speed =
    Math.abs(state.speed) > 1 || state.speed < 0
      ? `${state.speed < 0 ? "−" : ""}${Math.abs(state.speed)}×`
      : "";
  document
    .querySelectorAll("[data-view]")
    .forEach(
      (one) =>
        one.matches("button") &&
        one.setAttribute(
          "aria-pressed",
          String(/** @type {HTMLElement} */ (one).dataset.view === state.view),
        ),
    );
  at("loop").setAttribute("aria-pressed", String(Boolean(state.loop)));
  const seams = state.plan?.seams || [];
  for (const id of ["seam", "sides"])
    /** @type {HTMLButtonElement} */ (at(id)).disabled = !seams.length;
  const [a] = [state.side];
  at("sides").textContent = a && state.view === "plan" ? `A/B: ${a}` : "A/B";
}
