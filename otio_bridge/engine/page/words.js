/** What the page says about seconds, takes and plans, in words and signs. */

import { made } from "./dom.js";
import { nameOf, ORIGINAL } from "./store.js";
import { runsOf, runsWords } from "./time.js";

/** @type {Record<string, string>} */
const SHORT = {
  limb_misattribution: "limb on wrong body",
  texture_bleed: "costume bleeds",
  prop_pass_through: "prop passes through",
  identity_swap: "identities swap",
  occlusion_pop: "pops in and out",
};

/** Below this P(held) a second counts as failing. */
export const FAILING = 0.5;

/** @param {string} kind */
export const kindWords = (kind) => SHORT[kind] || kind.replaceAll("_", " ");

/** @param {number|null|undefined} held @returns {"held"|"failed"|"unknown"} */
export const leaning = (held) =>
  held === null || held === undefined ? "unknown" : held < FAILING ? "failed" : "held";

/** Two digits as on the board: ".07", "1.0". @param {number|null|undefined} held */
export function numberOf(held) {
  if (held === null || held === undefined) return "?";
  const text = held.toFixed(2);
  return text === "1.00" ? "1.0" : text.slice(1);
}

const UNSURE = [214, 212, 208];
const ENDS = { held: [92, 188, 246], failed: [240, 120, 54] };

/** Colour of a P(held), as on the board: orange, pale grey, blue. @param {number|null|undefined} held */
export function heldColour(held) {
  if (held === null || held === undefined) return "rgb(128 134 146)";
  const end = held >= 0.5 ? ENDS.held : ENDS.failed;
  const share = Math.abs(2 * held - 1);
  return `rgb(${UNSURE.map((value, at) => Math.round(value + (end[at] - value) * share)).join(" ")})`;
}

/** The score of a second as a pill whose sign says it besides its colour. @param {number|null|undefined} held */
export function pill(held) {
  const about = {
    class: `pill ${leaning(held)}`,
    style: { "--pill": heldColour(held) },
    "aria-hidden": "true",
  };
  return made("span", about, made("i", {}), numberOf(held));
}

/** The worst failure of a failing second. @param {import("./store.js").Cell} cell */
export function worst(cell) {
  const found = Object.entries(cell.failures).sort((a, b) => b[1] - a[1])[0];
  return found && found[1] > 0.05 ? kindWords(found[0]) : "";
}

/** @param {string} take @param {number} second @param {import("./store.js").Cell|undefined} cell @param {boolean} shown */
export function cellWords(take, second, cell, shown) {
  const parts = [`${nameOf(take)}, second ${second}`];
  if (take === ORIGINAL) parts.push("the clip's own media");
  else if (!cell) parts.push("no picture here");
  else if (cell.held === null) parts.push("not judged");
  else parts.push(`holds with ${Math.round(cell.held * 100)} percent`);
  if (cell && leaning(cell.held) === "failed" && worst(cell)) parts.push(worst(cell));
  if (cell?.verdict) parts.push(cell.verdict === "held" ? "kept by you" : "rejected by you");
  if (shown) parts.push("in the plan");
  return parts.join(", ");
}

/** @param {number} visibility */
export const seamWords = (visibility) =>
  visibility < 0.25 ? "unseen" : visibility < 0.6 ? "faint" : "plainly seen";

/** @param {import("./store.js").Plan|null} plan @param {number} rows */
export function planWords(plan, rows) {
  if (!plan && rows) return "Planning …";
  if (!plan) return "No plan yet: make takes first.";
  const takes = new Set(plan.segments.map((one) => one.take)).size;
  const seams = plan.seams.length;
  const words = `${takes} ${takes === 1 ? "take" : "takes"}, ${seams} ${seams === 1 ? "seam" : "seams"}`;
  if (!plan.uncovered_seconds.length) return `${words}; every second holds.`;
  const runs = runsOf(plan.uncovered_seconds);
  const one = plan.uncovered_seconds.length === 1;
  return `${words}; ${runsWords(runs)} ${one ? "is" : "are"} not covered.`;
}

/** @type {Record<string, string>} */
const STATES = {
  untouched: "as shot",
  described: "described",
  generating: "takes are being made",
  takes: "has takes",
  alternate: "shows a take",
  spliced: "spliced",
  coverage: "covered by another angle",
};

/** @param {string} state */
export const stateWords = (state) => STATES[state] || state;

/** Say something once: to be seen and to be heard. @param {string} text @param {"info"|"error"} [kind] */
export function say(text, kind = "info") {
  const notes = /** @type {HTMLElement} */ (document.getElementById("notes"));
  const spoken = /** @type {HTMLElement} */ (document.getElementById("spoken"));
  spoken.textContent = text;
  const close = made("button", { type: "button", class: "plain", "aria-label": "Dismiss" }, "×");
  const note = made("div", { class: `note ${kind}` }, made("p", { text }), close);
  close.onclick = () => note.remove();
  notes.append(note);
  while (notes.children.length > 3) notes.firstElementChild?.remove();
  setTimeout(() => note.remove(), kind === "error" ? 12000 : 4500);
}
