/** The slot as planned: its pictures, seams and gaps, below the takes; and the bar that says it. */

import { at, made, wordButton } from "./dom.js";
import { orderDialog } from "./orders.js";
import { reviewSeam, toView } from "./transport.js";
import { revert, sendPlan } from "./edits.js";
import { span } from "./grid.js";
import { replan } from "./judge.js";
import { change, nameOf, state, watch } from "./store.js";
import { framesOf } from "./time.js";
import { planWords, seamWords } from "./words.js";

/** Frames that takes may be shown earlier or later. */
const SLIDE = 4;

export function beginSlot() {
  watch(["plan", "planned", "hosts", "shot", "takes", "shown"], draw);
}

/** The row under the takes; filled whenever the plan changes. */
export function slotRow() {
  queueMicrotask(draw);
  return made(
    "div",
    { class: "slot-row" },
    made(
      "div",
      { class: "label" },
      made("b", { text: "the slot" }),
      made("span", { class: "faint", id: "slot-facts" }),
    ),
    made("div", { class: "track", id: "slot-track" }),
  );
}

/** Whether the timeline shows just what the plan says. */
export function inTimeline() {
  const words = (/** @type {any[]} */ list) =>
    list.map((one) => `${one.take}:${one.take_start}:${one.slot_start}+${one.frames}`).join();
  return Boolean(state.plan) && words(state.plan?.segments || []) === words(state.shown);
}

/** Plan anew with takes in step, or a few frames out of it. @param {boolean} on */
function slide(on) {
  change({ shift: on ? SLIDE : 0, planned: "planning …" });
  replan().catch((error) => change({ planned: error.message }));
}

function draw() {
  drawBar();
  const track = document.getElementById("slot-track");
  if (!track) return;
  const plan = state.plan;
  const facts = document.getElementById("slot-facts");
  if (facts)
    facts.textContent = !plan
      ? state.takes.length
        ? "planning …"
        : "no plan yet"
      : inTimeline()
        ? "as in the timeline"
        : "planned";
  if (!plan) return track.replaceChildren();
  track.replaceChildren(
    ...plan.segments.map((one) =>
      wordButton(
        nameOf(one.take),
        () => change({ take: one.take, frame: one.slot_start, view: "plan" }),
        {
          class: "segment",
          style: span(one.slot_start, one.slot_start + one.frames),
          "aria-label": `${nameOf(one.take)} shows frames ${one.slot_start} to ${one.slot_start + one.frames - 1}`,
        },
      ),
    ),
    ...plan.uncovered_seconds.map((second) =>
      made(
        "span",
        { class: "gap", style: span(...framesOf(second, state.rate, state.frames)) },
        made("span", { text: "not covered" }),
      ),
    ),
    ...plan.seams.map((seam, number) =>
      made(
        "button",
        {
          type: "button",
          class: "seam",
          onclick: () => reviewSeam(number),
          style: { left: `${(seam.slot_frame / state.frames) * 100}%` },
          title: seamTitle(plan, number),
        },
        made("i", {}),
        made("span", { text: `f${seam.slot_frame}, ${seamWords(seam.visibility)}` }),
      ),
    ),
  );
}

/**
 * What a seam's button says: where it is, and what hides it where it is plainly seen.
 * @param {import("./store.js").Plan} plan @param {number} number
 */
function seamTitle(plan, number) {
  const seam = plan.seams[number];
  const plain = plan.seams.filter((one) => seamWords(one.visibility) === "plainly seen");
  const advice = plan.advice?.[plain.indexOf(seam)];
  return `Look at the seam at frame ${seam.slot_frame}${advice ? `. ${advice}` : ""}`;
}

function drawBar() {
  const bar = at("slot-bar");
  if (!state.shot) return bar.replaceChildren();
  const send = state.hosts.length ? "Send to editor" : "Splice into timeline";
  const changed = state.plan && !inTimeline();
  bar.replaceChildren(
    made("h2", {}, "Takes"),
    made("p", { id: "plan-words", text: planWords(state.plan, state.takes.length) }),
    state.planned ? made("p", { class: "warn", text: state.planned }) : "",
    made("span", { class: "spring" }),
    made(
      "label",
      {
        class: "slide",
        title:
          "Takes reach the contact at different times: show each a few frames earlier or later",
      },
      made("input", {
        type: "checkbox",
        id: "slide",
        checked: state.shift > 0,
        onchange: (/** @type {any} */ event) => slide(event.target.checked),
      }),
      "Let takes slide",
    ),
    wordButton("Watch plan", () => toView("plan"), { disabled: !state.plan }),
    wordButton(state.takes.length ? "Regenerate seconds…" : "Make takes…", orderDialog, {
      id: "regenerate",
    }),
    wordButton("Revert", revert, {
      disabled: !state.takes.length,
      title: "Show the clip's own media again",
    }),
    wordButton(send, sendPlan, {
      class: "primary",
      disabled: !changed,
      id: "send",
      title: changed ? "Put the plan into the slot" : "The timeline shows this plan already",
    }),
  );
}
