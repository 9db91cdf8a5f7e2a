/** One cell of the grid: a second of a take with its score, its reason and what a person said. */

import { button, made, set } from "./dom.js";
import { keep, reject } from "./judge.js";
import { span } from "./grid.js";
import { cellOf, change, coverOf, nameOf, ORIGINAL, state, takeOf } from "./store.js";
import { framesOf, secondOf } from "./time.js";
import { leaning, pill, worst } from "./words.js";

/** Number key of a take. @param {string} id */
export const keyOf = (id) => String(state.takes.findIndex((take) => take.id === id) + 1);

/** @param {string} id @param {number} second */
export function cell(id, second) {
  const [start, end] = framesOf(second, state.rate, state.frames);
  const [first, last] = coverOf(id);
  const empty = end <= first || start >= last;
  const box = made("div", {
    role: "gridcell",
    class: "cell",
    tabindex: -1,
    "data-cell": `${id}/${second}`,
    style: span(Math.max(start, first), Math.max(Math.min(end, last), Math.max(start, first))),
    onclick: (/** @type {MouseEvent} */ event) => look(id, second, event),
    ondblclick: () => keep(id, second),
    onfocus: () =>
      (state.take === id && secondOf(state.frame, state.rate) === second) ||
      change({ take: id, frame: start, loop: null }),
  });
  if (empty) {
    box.classList.add("empty");
    set(box, "style", span(start, end));
  }
  fill(box, id, second);
  return box;
}

/** @param {HTMLElement} box @param {string} id @param {number} second */
export function fill(box, id, second) {
  const found = cellOf(id, second);
  const verdict = found?.verdict || (id === ORIGINAL && state.kept.has(second) ? "held" : null);
  const lean = found ? leaning(found.held) : "none";
  box.dataset.lean = lean;
  box.dataset.verdict = verdict || "";
  const acts = found || id === ORIGINAL;
  box.replaceChildren(
    made("span", { class: "hidden" }),
    found && lean === "failed"
      ? made("span", { class: "why", "aria-hidden": "true", text: worst(found) })
      : "",
    made(
      "span",
      { class: "foot" },
      found ? pill(found.held) : "",
      ...regions(id, second),
      verdict
        ? made(
            "span",
            { class: `verdict ${verdict}`, "aria-hidden": "true" },
            verdict === "held" ? "✓" : "✕",
          )
        : "",
    ),
    acts
      ? made(
          "span",
          { class: "acts", "aria-hidden": "true" },
          judgeButton("keep", id, second, verdict === "held"),
          id === ORIGINAL ? "" : judgeButton("reject", id, second, verdict === "failed"),
        )
      : "",
  );
}

/** Where the judge saw something in this second, as thin boxes; the player shows them large. @param {string} id @param {number} second */
function regions(id, second) {
  const take = takeOf(id);
  const [start, end] = framesOf(second, state.rate, state.frames);
  const found = (take?.evidence || []).filter(
    (one) => one.start + (take?.slot_start || 0) < end && one.end + (take?.slot_start || 0) > start,
  );
  return found.length
    ? [
        made(
          "span",
          { class: "flags", "aria-hidden": "true", title: found.map((one) => one.words).join(" ") },
          made("i", {}),
          found.length > 1 ? String(found.length) : "",
        ),
      ]
    : [];
}

/** @param {"keep"|"reject"} name @param {string} id @param {number} second @param {boolean} on */
function judgeButton(name, id, second, on) {
  const act = (/** @type {Event} */ event) => {
    event.stopPropagation();
    (name === "keep" ? keep : reject)(id, second);
  };
  const words = name === "keep" ? "Keep this second" : "Reject this second";
  const made_ = button(name, `${words} of ${nameOf(id)}`, () => {}, {
    class: `act ${name}`,
    tabindex: -1,
    "data-on": on ? "yes" : null,
  });
  made_.addEventListener("click", act);
  return made_;
}

/** @param {string} id @param {number} second @param {MouseEvent} event */
function look(id, second, event) {
  if (event.detail > 1) return;
  const [start, end] = framesOf(second, state.rate, state.frames);
  const box = /** @type {HTMLElement} */ (event.currentTarget).getBoundingClientRect();
  const share = event.detail ? (event.clientX - box.left) / box.width : 0;
  const [first, last] = coverOf(id);
  const [from, to] = [Math.max(start, first), Math.min(end, last)];
  const frame = to > from ? Math.min(to - 1, from + Math.floor(share * (to - from))) : start;
  change({ take: id, frame, view: state.view === "plan" ? "take" : state.view });
}
