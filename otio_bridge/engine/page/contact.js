/** The lanes above the seconds: drag in the upper one to say when bodies touch, below to choose seconds. */

import { call, shotPath } from "./api.js";
import { made, set } from "./dom.js";
import { describe, inSeconds } from "./describe.js";
import { remember } from "./judge.js";
import { reload } from "./load.js";
import { change, state } from "./store.js";
import { secondOf } from "./time.js";
import { say } from "./words.js";
import { goTo } from "./transport.js";

/** How near an edge, in pixels, a drag takes hold of it. */
const GRIP = 7;

/** @typedef {[number, number]} Span */

export function contactLane() {
  const { contact, kind } = state.shot.shot;
  const lane = made("div", {
    class: "track contact-lane",
    id: "contact",
    role: "presentation",
    title: "Drag to say when bodies touch",
  });
  const words = kind === "other" ? "contact" : `contact: ${kind}`;
  lane.append(
    ...contact.map((/** @type {Span} */ one, /** @type {number} */ number) =>
      bar(one, number, words),
    ),
    contact.length
      ? ""
      : made("span", { class: "hint faint" }, "drag here to mark when bodies touch"),
  );
  lane.addEventListener("pointerdown", (/** @type {PointerEvent} */ event) => drag(lane, event));
  return lane;
}

/** @param {Span} one */
const place = ([start, end]) => ({
  left: `${(start / state.frames) * 100}%`,
  width: `${((end - start) / state.frames) * 100}%`,
});

/** @param {Span} one @param {number} number @param {string} words */
function bar(one, number, words) {
  return made(
    "div",
    {
      class: "contact",
      role: "group",
      tabindex: 0,
      "data-number": number,
      style: place(one),
      "aria-label": `${words}, frames ${one[0]} to ${one[1]}. Arrows move it, with Alt its end, Delete removes it.`,
      onkeydown: (/** @type {KeyboardEvent} */ event) => nudge(event, number),
    },
    `${words}  ${one[0]}–${one[1]}`,
  );
}

/** What is still being said, one after the other. */
let saying = Promise.resolve();

/** Say new spans, and let undo say the old ones; shown at once, so that the next key builds on them. @param {Span[]} spans @param {string} words */
function said(spans, words) {
  const { shot } = state;
  const before = shot.shot.contact;
  const contact = merged(spans);
  change({ shot: { ...shot, shot: { ...shot.shot, contact } } });
  state.saying += 1;
  saying = saying.then(async () => {
    try {
      await call(shotPath(state.timeline, shot.id), "PATCH", { contact: inSeconds(contact) });
      remember(words, () => describe({ contact: inSeconds(before) }));
    } catch (error) {
      say(/** @type {Error} */ (error).message, "error");
    }
    state.saying -= 1;
    await reload();
  });
}

/** @param {Span[]} spans in order, those that touch joined */
function merged(spans) {
  /** @type {Span[]} */
  const found = [];
  for (const [start, end] of spans.filter(([a, b]) => b > a).sort((a, b) => a[0] - b[0])) {
    const last = found[found.length - 1];
    if (last && start <= last[1]) last[1] = Math.max(last[1], end);
    else found.push([start, end]);
  }
  return found;
}

/** @param {KeyboardEvent} event @param {number} number */
function nudge(event, number) {
  const by = event.key === "ArrowLeft" ? -1 : event.key === "ArrowRight" ? 1 : 0;
  const gone = event.key === "Delete" || event.key === "Backspace";
  if (!by && !gone) return;
  event.preventDefault();
  event.stopPropagation();
  /** @type {Span[]} */
  const spans = state.shot.shot.contact.map((/** @type {Span} */ one) => [...one]);
  if (gone) spans.splice(number, 1);
  else {
    const [start, end] = spans[number];
    spans[number] = event.altKey
      ? [start, Math.max(start + 1, Math.min(state.frames, end + by))]
      : [Math.max(0, start + by), Math.min(state.frames, end + by)];
  }
  said(spans, gone ? "removed a contact" : "moved a contact");
}

/** @param {HTMLElement} lane @param {PointerEvent} event */
function drag(lane, event) {
  if (event.button) return;
  const box = lane.getBoundingClientRect();
  const frameAt = (/** @type {number} */ x) =>
    Math.max(0, Math.min(state.frames, Math.round(((x - box.left) / box.width) * state.frames)));
  /** @type {Span[]} */
  const spans = state.shot.shot.contact.map((/** @type {Span} */ one) => [...one]);
  const grip = (GRIP / box.width) * state.frames;
  const from = frameAt(event.clientX);
  let number = spans.findIndex(([start, end]) => from > start - grip && from < end + grip);
  let edge = 1;
  let anchor = from;
  let ghost = /** @type {HTMLElement|null} */ (lane.querySelector(`[data-number="${number}"]`));
  const whole = number >= 0 ? /** @type {Span} */ ([...spans[number]]) : null;
  if (whole) {
    edge = Math.abs(from - whole[0]) <= grip ? 0 : Math.abs(from - whole[1]) <= grip ? 1 : 2;
    anchor = edge === 0 ? whole[1] : whole[0];
  } else {
    number = spans.push([from, from]) - 1;
    ghost = made("div", { class: "contact" });
    lane.append(/** @type {HTMLElement} */ (ghost));
  }
  lane.setPointerCapture(event.pointerId);
  const move = (/** @type {PointerEvent} */ now) => {
    const frame = frameAt(now.clientX);
    const by = whole ? Math.max(-whole[0], Math.min(state.frames - whole[1], frame - from)) : 0;
    spans[number] =
      whole && edge === 2
        ? [whole[0] + by, whole[1] + by]
        : [Math.min(anchor, frame), Math.max(anchor, frame)];
    if (ghost) {
      set(ghost, "style", place(spans[number]));
      ghost.textContent = `${spans[number][0]}–${spans[number][1]}`;
    }
  };
  const end = () => {
    lane.removeEventListener("pointermove", move);
    const changed = !whole || whole[0] !== spans[number][0] || whole[1] !== spans[number][1];
    if (spans[number][1] - spans[number][0] < 2 && !whole) ghost?.remove();
    else if (changed) said(spans, whole ? "moved a contact" : "marked a contact");
  };
  lane.addEventListener("pointermove", move);
  lane.addEventListener("pointerup", end, { once: true });
  lane.addEventListener("pointercancel", end, { once: true });
}

/** Choose seconds on the ruler by dragging over them, or add to them with Shift. @param {HTMLElement} pane */
export function beginRuler(pane) {
  /** @type {number|null} */
  let first = null;
  let moved = false;
  const under = (/** @type {PointerEvent} */ event) => {
    const box = document.getElementById("ruler")?.getBoundingClientRect();
    if (!box) return 0;
    const frame = ((event.clientX - box.left) / box.width) * state.frames;
    return Math.max(0, Math.min(state.frames - 1, Math.floor(frame)));
  };
  pane.addEventListener("pointerdown", (event) => {
    if (event.button || !(/** @type {HTMLElement} */ (event.target).closest("#ruler"))) return;
    first = secondOf(under(event), state.rate);
    moved = false;
    goTo(under(event));
    if (event.shiftKey) extend(first);
    else if (state.range) change({ range: null });
  });
  addEventListener("pointermove", (event) => {
    if (first === null) return;
    const second = secondOf(under(event), state.rate);
    goTo(under(event));
    if (second !== first || moved) {
      moved = true;
      change({ range: [Math.min(first, second), Math.max(first, second) + 1] });
    }
  });
  addEventListener("pointerup", () => (first = null));
}

/** Stretch the chosen seconds to include another. @param {number} second */
export function extend(second) {
  const [a, b] = state.range || [
    secondOf(state.frame, state.rate),
    secondOf(state.frame, state.rate) + 1,
  ];
  change({ range: [Math.min(a, second), Math.max(b, second + 1)] });
}
