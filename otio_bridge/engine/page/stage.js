/** The stage: which pictures stand on it, one, several in step, or the planned splice. */

import { at } from "./dom.js";
import { Deck } from "./deck.js";
import { AT_ONCE, ORIGINAL, rows, state, takeOf, watch } from "./store.js";

/** @type {Map<string, Deck>} in the order of their last use */
const decks = new Map();
const KEPT = AT_ONCE + 4;
let shot = "";

export function beginStage() {
  watch(["shot", "takes", "view", "take", "chosen", "plan", "side"], arrange);
  watch(["frame"], settle);
}

/** Takes that stand on the stage now. */
export function onStage() {
  if (!state.shot) return [];
  if (state.view === "plan")
    return [...new Set((state.plan?.segments || []).map((one) => one.take))];
  if (state.view === "step") return chosenTakes();
  return rows().includes(state.take) ? [state.take] : rows().slice(0, 1);
}

/** Takes that play in step: those chosen, or the first that there are. */
export function chosenTakes() {
  const known = rows();
  const chosen = known.filter((id) => state.chosen.has(id));
  const found = chosen.length ? chosen : known.filter((id) => id !== ORIGINAL);
  return (found.length ? found : known).slice(0, AT_ONCE);
}

/** Take that the plan shows at a frame, or that a side of a seam shows instead. @param {number} frame */
export function plannedAt(frame) {
  if (state.side) return state.side;
  return segmentAt(frame)?.take || "";
}

/** @param {number} frame */
const segmentAt = (frame) =>
  (state.plan?.segments || []).find(
    (one) => one.slot_start <= frame && frame < one.slot_start + one.frames,
  );

/** First frame and take of what the plan shows next. @param {number} frame */
export function plannedNext(frame) {
  if (state.side) return null;
  return (state.plan?.segments || []).find((one) => one.slot_start > frame) || null;
}

/** Decks that are seen at a frame, in the place that they are shown from. @param {number} frame */
export function seenDecks(frame) {
  const ids = state.view === "plan" ? [plannedAt(frame)] : onStage();
  const seen = /** @type {Deck[]} */ (ids.map((id) => decks.get(id)).filter(Boolean));
  for (const deck of seen) deck.aim(offsetOf(deck.take, frame));
  return seen;
}

/** Slot frame that shows a take's first frame; a plan may show takes out of step. @param {string} id @param {number} frame */
function offsetOf(id, frame) {
  const planned = state.view === "plan" && !state.side && segmentAt(frame);
  return planned && planned.take === id
    ? planned.slot_start - planned.take_start
    : (takeOf(id)?.slot_start ?? 0);
}

/** Let the deck of what the plan shows next stand ready. @param {number} frame @param {number} [within] frames */
export function cueNext(frame, within = Infinity) {
  const next = plannedNext(frame);
  if (!next || next.slot_start - frame >= within || next.take === plannedAt(frame)) return;
  const deck = decks.get(next.take);
  if (!deck || deck.playing) return;
  deck.aim(next.slot_start - next.take_start);
  deck.cue(next.slot_start);
}

/** @param {string} id */
export const deckOf = (id) => decks.get(id);
export const allDecks = () => [...decks.values()];

function arrange() {
  if (shot !== (state.shot?.id || "")) {
    decks.forEach((deck) => deck.drop());
    decks.clear();
    shot = state.shot?.id || "";
  }
  const ids = onStage();
  const stage = at("stage");
  for (const id of ids) {
    const deck = decks.get(id) || new Deck(id);
    decks.delete(id);
    decks.set(id, deck);
  }
  for (const [id, deck] of decks) {
    if (decks.size <= KEPT) break;
    if (ids.includes(id)) continue;
    deck.drop();
    decks.delete(id);
  }
  const wanted = ids.map((id) => /** @type {Deck} */ (decks.get(id)).element);
  for (const deck of decks.values()) if (!wanted.includes(deck.element)) deck.pause();
  const now = [...stage.querySelectorAll(".deck")];
  if (now.length !== wanted.length || now.some((one, number) => one !== wanted[number])) {
    now.forEach((one) => one.remove());
    stage.prepend(...wanted);
  }
  stage.dataset.view = state.view;
  stage.dataset.count = String(state.view === "plan" ? Math.min(1, ids.length) : ids.length);
  settle();
}

/** Show the present frame on every deck that is seen, unless it plays. */
export function settle() {
  const seen = seenDecks(state.frame);
  for (const deck of decks.values()) deck.element.classList.toggle("seen", seen.includes(deck));
  if (state.speed > 0) return;
  for (const deck of seen) deck.show(state.frame);
  // The neighbours' pictures are there already when a seam is stepped over.
  if (state.view === "plan") cueNext(state.frame);
}
