/** The grid: takes as rows, seconds as columns; what the plan shows is lit. */

import { at, button, made, set, sign } from "./dom.js";
import { cell, fill, keyOf } from "./cells.js";
import { keepWhole } from "./judge.js";
import { drawReel, drawScores } from "./reel.js";
import { cellOf, change, coverOf, nameOf, ORIGINAL, rows, state, takeOf, watch } from "./store.js";
import { contactLane } from "./contact.js";
import { framesOf, secondOf } from "./time.js";
import { cellWords } from "./words.js";
import { slotRow } from "./slot.js";

/** @type {IntersectionObserver} */
let seen;
/** @type {ResizeObserver} */
let sized;

/** Build what stays, and redraw when something changes. */
export function beginGrid() {
  seen = new IntersectionObserver(
    (entries) =>
      entries.forEach(
        (entry) => entry.isIntersecting && drawRow(/** @type {HTMLElement} */ (entry.target)),
      ),
    { root: at("grid"), rootMargin: "200px" },
  );
  sized = new ResizeObserver(() =>
    document
      .querySelectorAll(".take-row")
      .forEach((row) => near(row) && drawRow(/** @type {HTMLElement} */ (row))),
  );
  sized.observe(at("grid"));
  watch(["shot", "takes"], draw);
  watch(["plan", "kept"], light);
  watch(["take", "frame"], point);
  watch(["chosen", "view"], choose);
  watch(["range", "loop"], drawRange);
}

/** @param {Element} row */
function near(row) {
  const [box, pane] = [row.getBoundingClientRect(), at("grid").getBoundingClientRect()];
  return box.bottom > pane.top - 200 && box.top < pane.bottom + 200;
}

/** @param {number} start @param {number} end frames */
export const span = (start, end) => ({
  left: `${(Math.max(0, start) / state.frames) * 100}%`,
  width: `${((Math.min(state.frames, end) - Math.max(0, start)) / state.frames) * 100}%`,
});

function draw() {
  const pane = at("grid");
  seen.disconnect();
  if (!state.shot) return pane.replaceChildren();
  const ids = rows();
  const table = made(
    "div",
    {
      class: "grid",
      role: "grid",
      "aria-label": "Takes by second",
      style: { "--seconds": state.seconds },
    },
    ...ids.map((id) => row(id)),
  );
  const focused = /** @type {HTMLElement|null} */ (document.activeElement)?.dataset?.cell;
  const top = pane.scrollTop;
  pane.replaceChildren(
    made(
      "div",
      {
        class: "grid-sheet",
        "data-many": state.takes.length > 4,
        style: { "--seconds": state.seconds },
      },
      ruler(),
      table,
      state.takes.length ? "" : made("p", { class: "faint pad" }, "This shot has no takes yet."),
      slotRow(),
      made(
        "div",
        { class: "over", "aria-hidden": "true" },
        made("div", { class: "playhead", id: "playhead" }),
      ),
    ),
  );
  pane.scrollTop = top;
  pane.querySelectorAll(".take-row").forEach((one) => seen.observe(one));
  light();
  choose();
  point();
  drawRange();
  if (focused)
    /** @type {HTMLElement|null} */ (pane.querySelector(`[data-cell="${focused}"]`))?.focus({
      preventScroll: true,
    });
}

function ruler() {
  const heads = [];
  for (let second = 0; second < state.seconds; second += 1) {
    const [start, end] = framesOf(second, state.rate, state.frames);
    heads.push(
      made(
        "div",
        { class: "second", style: span(start, end) },
        made("b", { text: second }),
        made("span", { class: "faint", text: ` f${start}` }),
      ),
    );
  }
  const track = made(
    "div",
    { class: "track", id: "ruler", "aria-hidden": "true" },
    ...heads,
    made("div", { class: "range", id: "range" }),
    made("div", { class: "looped", id: "looped" }),
  );
  return made(
    "div",
    { class: "ruler" },
    made("div", { class: "label faint", "aria-hidden": "true" }, "second"),
    made("div", { class: "lanes" }, contactLane(), track),
  );
}

/** @param {string} id */
function row(id) {
  const take = takeOf(id);
  const cells = [];
  for (let second = 0; second < state.seconds; second += 1) cells.push(cell(id, second));
  const label = made(
    "div",
    { role: "rowheader", class: "label" },
    made(
      "span",
      { class: "take-name" },
      made("b", { text: nameOf(id) }),
      take && Number(keyOf(id)) <= 9 ? made("kbd", { text: keyOf(id) }) : "",
      rowActs(id),
    ),
    made("span", { class: "faint", text: take ? take.model || take.provider : "what was shot" }),
    take ? made("span", { class: "faint small", text: `seed ${take.seed}` }) : "",
  );
  return made(
    "div",
    { role: "row", class: "take-row", "data-take": id },
    label,
    made(
      "div",
      { class: "track", role: "presentation" },
      made("canvas", { class: "reel" }),
      made("div", { class: "veils" }),
      ...cells,
      made("div", { class: "lits" }),
      made("canvas", { class: "scores" }),
    ),
  );
}

/** What can be done with a whole row. @param {string} id */
function rowActs(id) {
  return made(
    "span",
    { class: "row-acts" },
    button("step", `Play ${nameOf(id)} in step with others`, () => toggleChosen(id), {
      class: "plain tiny in-step",
      "aria-pressed": "false",
    }),
    id === ORIGINAL
      ? ""
      : made(
          "button",
          {
            type: "button",
            class: "plain tiny",
            title: `Keep every second of ${id}`,
            "aria-label": `Keep every second of ${id}`,
            onclick: () => keepWhole(id),
          },
          sign("keep"),
        ),
  );
}

/** Redraw one row's marks, without rebuilding it. @param {string} id */
export function refill(id) {
  for (const box of document.querySelectorAll(`[data-take="${id}"] .cell`)) {
    const second = Number(/** @type {HTMLElement} */ (box).dataset.cell?.split("/")[1]);
    fill(/** @type {HTMLElement} */ (box), id, second);
  }
  light();
}

/** @param {HTMLElement} row */
function drawRow(row) {
  const id = row.dataset.take || "";
  const [reel, scores] = row.querySelectorAll("canvas");
  drawReel(reel, id);
  drawScores(scores, id);
}

/** Light what the plan shows and veil the rest. */
export function light() {
  const segments = state.plan?.segments || [];
  for (const row of /** @type {NodeListOf<HTMLElement>} */ (
    document.querySelectorAll(".take-row")
  )) {
    const id = row.dataset.take || "";
    const mine = segments.filter((one) => one.take === id);
    const veils = [];
    let from = 0;
    for (const one of [...mine, { slot_start: state.frames, frames: 0 }]) {
      if (one.slot_start > from) veils.push(made("i", { style: span(from, one.slot_start) }));
      from = one.slot_start + one.frames;
    }
    row.querySelector(".veils")?.replaceChildren(...veils);
    row
      .querySelector(".lits")
      ?.replaceChildren(
        ...mine.map((one) =>
          made("i", { style: span(one.slot_start, one.slot_start + one.frames) }),
        ),
      );
    row.classList.toggle("in-plan", mine.length > 0);
    for (const box of /** @type {NodeListOf<HTMLElement>} */ (row.querySelectorAll(".cell"))) {
      const second = Number(box.dataset.cell?.split("/")[1]);
      const [start, end] = framesOf(second, state.rate, state.frames);
      const shown = mine.some((one) => one.slot_start < end && one.slot_start + one.frames > start);
      const words = /** @type {HTMLElement} */ (box.firstElementChild);
      words.textContent = cellWords(id, second, cellOf(id, second), shown);
    }
  }
}

/** Show where the playhead and the cursor are. */
function point() {
  const head = document.getElementById("playhead");
  head?.style.setProperty("left", `${((state.frame + 0.5) / state.frames) * 100}%`);
  const second = secondOf(state.frame, state.rate);
  const name = `${state.take}/${second}`;
  const old = document.querySelector(".cell.cursor");
  if (old instanceof HTMLElement && old.dataset.cell === name) return;
  old?.classList.remove("cursor");
  old?.setAttribute("tabindex", "-1");
  const box = /** @type {HTMLElement|null} */ (document.querySelector(`[data-cell="${name}"]`));
  box?.classList.add("cursor");
  box?.setAttribute("tabindex", "0");
  document
    .querySelectorAll(".take-row")
    .forEach((row) =>
      row.classList.toggle("current", /** @type {HTMLElement} */ (row).dataset.take === state.take),
    );
  if (old instanceof HTMLElement && old === document.activeElement) box?.focus();
  if (!state.speed) box?.scrollIntoView({ block: "nearest", inline: "nearest" });
}

/** Put the keyboard on the cell under the cursor. */
export function focusCell() {
  /** @type {HTMLElement|null} */ (document.querySelector(".cell.cursor"))?.focus();
}

/** @param {string} id */
export function toggleChosen(id) {
  const chosen = new Set(state.chosen);
  if (!chosen.delete(id)) chosen.add(id);
  change({ chosen, view: "step" });
}

function choose() {
  for (const row of /** @type {NodeListOf<HTMLElement>} */ (
    document.querySelectorAll(".take-row")
  )) {
    row
      .querySelector(".in-step")
      ?.setAttribute("aria-pressed", String(state.chosen.has(row.dataset.take || "")));
  }
}

function drawRange() {
  for (const [id, frames] of /** @type {[string, [number, number]|null][]} */ ([
    ["range", rangeFrames()],
    ["looped", state.loop],
  ])) {
    const box = document.getElementById(id);
    if (!box) continue;
    box.hidden = !frames;
    if (frames) set(box, "style", span(...frames));
  }
}

/** @returns {[number, number]|null} */
function rangeFrames() {
  if (!state.range) return null;
  return [
    framesOf(state.range[0], state.rate, state.frames)[0],
    framesOf(state.range[1] - 1, state.rate, state.frames)[1],
  ];
}
