/** The keyboard: every gesture has a key, and one page says which. */

import { at, made, wordButton } from "./dom.js";
import { extend } from "./contact.js";
import { focusCell, toggleChosen } from "./grid.js";
import { keep, reject, undo } from "./judge.js";
import { orderDialog } from "./orders.js";
import { open } from "./pricing.js";
import { sendPlan } from "./edits.js";
import { neighbour, shotsDialog } from "./shots.js";
import { change, ORIGINAL, rows, state } from "./store.js";
import { framesOf, secondOf } from "./time.js";
import {
  goTo,
  loopSecond,
  nextSeam,
  pause,
  shuttle,
  step,
  swapSides,
  toggle,
  toView,
} from "./transport.js";

/** @type {[string, string][]} */
const HELP = [
  ["Space", "play, pause"],
  ["J K L", "backwards, stop, forwards; again is faster"],
  ["← →", "one frame; in the grid one second"],
  [", .", "one frame, everywhere"],
  ["↑ ↓", "the take above or below"],
  ["Home End", "first or last frame"],
  ["1 … 9", "keep this second of take 1 to 9"],
  ["0", "keep this second of the original"],
  ["Enter", "keep this second of the take under the cursor"],
  ["X", "reject this second"],
  ["U or Ctrl Z", "undo"],
  ["T C P", "one take, several in step, the plan"],
  ["V", "add this take to those in step, or leave it out"],
  ["O", "loop this second"],
  ["S", "next seam, round and round"],
  ["B", "A/B: the plan, the outgoing take, the incoming one"],
  ["Shift ← →", "choose seconds"],
  ["R", "regenerate the chosen seconds"],
  ["Ctrl Enter", "put the plan into the slot"],
  ["G", "to the grid"],
  ["[ ] and /", "previous shot, next shot, all shots"],
  ["?", "this page"],
];

const now = () => secondOf(state.frame, state.rate);

/** @param {number} by rows down */
function row(by) {
  const ids = rows();
  const place = Math.max(0, Math.min(ids.length - 1, ids.indexOf(state.take) + by));
  if (ids[place])
    change({
      take: ids[place],
      ...(state.view === "plan" ? { view: /** @type {const} */ ("take") } : {}),
    });
}

/** @param {number} by seconds */
function second(by) {
  const wanted = Math.max(0, Math.min(state.seconds - 1, now() + by));
  goTo(framesOf(wanted, state.rate, state.frames)[0]);
}

/** @type {Record<string, () => void>} */
const PLAIN = {
  " ": toggle,
  j: () => shuttle(-1),
  k: pause,
  l: () => shuttle(1),
  ",": () => step(-1),
  ".": () => step(1),
  Home: () => goTo(0),
  End: () => goTo(state.frames - 1),
  ArrowUp: () => row(-1),
  ArrowDown: () => row(1),
  0: () => keep(ORIGINAL, now()),
  x: () => reject(state.take, now()),
  u: undo,
  t: () => toView("take"),
  c: () => toView("step"),
  p: () => toView("plan"),
  v: () => toggleChosen(state.take),
  o: loopSecond,
  s: nextSeam,
  b: swapSides,
  r: orderDialog,
  g: focusCell,
  "[": () => neighbour(-1),
  "]": () => neighbour(1),
  "/": shotsDialog,
  "?": helpDialog,
  Escape: () => change({ range: null, loop: null, side: "" }),
};

export function beginKeys() {
  addEventListener("keydown", (event) => {
    if (event.isComposing || !state.shot || /** @type {HTMLDialogElement} */ (at("dialog")).open)
      return;
    const target = /** @type {HTMLElement} */ (event.target);
    if (target.matches("input:not([type=range]), textarea, select")) return;
    const act = found(event, target);
    if (!act) return;
    event.preventDefault();
    act();
  });
}

/** @param {KeyboardEvent} event @param {HTMLElement} target @returns {(() => void)|undefined} */
function found(event, target) {
  const inGrid = target.matches(".cell");
  const onButton = target.matches("button, a, [role=button]");
  if (event.ctrlKey || event.metaKey) {
    if (event.key === "z") return undo;
    return event.key === "Enter" ? sendPlan : undefined;
  }
  if (event.altKey) return undefined;
  if (event.key === "ArrowLeft" || event.key === "ArrowRight") {
    const by = event.key === "ArrowLeft" ? -1 : 1;
    if (event.shiftKey)
      return () => (extend(Math.max(0, Math.min(state.seconds - 1, now() + by))), second(by));
    return inGrid ? () => second(by) : () => step(by);
  }
  if (event.key === "Enter") return onButton ? undefined : () => keep(state.take, now());
  if (event.key === " " && onButton) return undefined;
  if (/^[1-9]$/.test(event.key)) {
    const take = state.takes[Number(event.key) - 1];
    return take ? () => (change({ take: take.id }), keep(take.id, now())) : undefined;
  }
  return PLAIN[event.key.length === 1 ? event.key.toLowerCase() : event.key];
}

export function helpDialog() {
  open(
    made(
      "form",
      { method: "dialog", class: "sheet wide" },
      made("h2", { id: "dialog-title" }, "Keys"),
      made(
        "dl",
        { class: "keys" },
        ...HELP.flatMap(([key, words]) => [
          made(
            "dt",
            {},
            ...key
              .split(" ")
              .map((one) =>
                ["or", "and", "…"].includes(one) ? ` ${one} ` : made("kbd", { text: one }),
              ),
          ),
          made("dd", { text: words }),
        ]),
      ),
      made("h2", {}, "Signs"),
      made(
        "p",
        { class: "faint" },
        "Each cell is one second of one take. Its number is the probability that the contact holds there, calibrated on people's verdicts: ● probably holds, ✕ probably fails, ○ not judged. The strip below has every frame; lower is worse. Bright pictures with an edge are what the plan shows.",
      ),
      made(
        "div",
        { class: "ends" },
        wordButton("Close", () => /** @type {HTMLDialogElement} */ (at("dialog")).close(), {
          class: "primary",
        }),
      ),
    ),
  );
}
