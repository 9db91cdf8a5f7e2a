/** Locking a look from footage: a box drawn on a frame of the original, by pointer or by keys. */

import { post, timelinePath } from "./api.js";
import { at, made, set, wordButton } from "./dom.js";
import { loadLooks } from "./load.js";
import { field, open } from "./orders.js";
import { deckOf } from "./stage.js";
import { change, ORIGINAL, state } from "./store.js";
import { pause } from "./transport.js";
import { say } from "./words.js";

/** @typedef {[number, number, number, number]} Box shares of width and height */

const SMALLEST = 0.02;

/** Let the person draw a box on the frame that is shown. */
export function boxLook() {
  pause();
  change({ take: ORIGINAL, view: "take" });
  const frame = deckOf(ORIGINAL)?.frame;
  if (!frame || frame.querySelector(".boxing")) return;
  /** @type {Box} */
  let box = [0.3, 0.1, 0.7, 0.95];
  const mark = made("div", { class: "box-mark" });
  const draw = () =>
    set(mark, "style", {
      left: `${box[0] * 100}%`,
      top: `${box[1] * 100}%`,
      width: `${(box[2] - box[0]) * 100}%`,
      height: `${(box[3] - box[1]) * 100}%`,
    });
  const leave = () => layer.remove();
  const bar = made(
    "div",
    { class: "box-bar" },
    made("span", {}, "Draw a box around one character, prop or place."),
    wordButton("Cancel", leave),
    wordButton("Use this box", () => (leave(), nameDialog(box)), { class: "primary" }),
  );
  const layer = made(
    "div",
    {
      class: "boxing",
      tabindex: 0,
      role: "application",
      "aria-label":
        "Box on the frame: arrows move it, Shift with arrows sizes it, Enter uses it, Escape leaves",
    },
    mark,
    bar,
  );
  layer.addEventListener("pointerdown", (/** @type {PointerEvent} */ event) => {
    if (/** @type {HTMLElement} */ (event.target).closest(".box-bar")) return;
    drawn(layer, event, (found) => ((box = found), draw()));
  });
  layer.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    if (event.target !== layer) return;
    const found = moved(box, event);
    if (event.key === "Escape") leave();
    else if (event.key === "Enter") (leave(), nameDialog(box));
    else if (found) box = found;
    else return;
    event.preventDefault();
    event.stopPropagation();
    draw();
  });
  draw();
  frame.append(layer);
  layer.focus();
}

/** @param {HTMLElement} layer @param {PointerEvent} event @param {(box: Box) => void} tell */
function drawn(layer, event, tell) {
  const area = layer.getBoundingClientRect();
  const share = (/** @type {PointerEvent} */ now) => [
    Math.max(0, Math.min(1, (now.clientX - area.left) / area.width)),
    Math.max(0, Math.min(1, (now.clientY - area.top) / area.height)),
  ];
  const [x, y] = share(event);
  layer.setPointerCapture(event.pointerId);
  const move = (/** @type {PointerEvent} */ now) => {
    const [toX, toY] = share(now);
    if (Math.abs(toX - x) > SMALLEST && Math.abs(toY - y) > SMALLEST)
      tell([Math.min(x, toX), Math.min(y, toY), Math.max(x, toX), Math.max(y, toY)]);
  };
  layer.addEventListener("pointermove", move);
  layer.addEventListener("pointerup", () => layer.removeEventListener("pointermove", move), {
    once: true,
  });
}

/** @param {Box} box @param {KeyboardEvent} event @returns {Box|null} */
function moved(box, event) {
  const x = event.key === "ArrowLeft" ? -0.01 : event.key === "ArrowRight" ? 0.01 : 0;
  const y = event.key === "ArrowUp" ? -0.01 : event.key === "ArrowDown" ? 0.01 : 0;
  if (!x && !y) return null;
  const [x0, y0, x1, y1] = box;
  if (event.shiftKey)
    return [
      x0,
      y0,
      Math.max(x0 + SMALLEST, Math.min(1, x1 + x)),
      Math.max(y0 + SMALLEST, Math.min(1, y1 + y)),
    ];
  const [dx, dy] = [Math.max(-x0, Math.min(1 - x1, x)), Math.max(-y0, Math.min(1 - y1, y))];
  return [x0 + dx, y0 + dy, x1 + dx, y1 + dy];
}

/** Ask what is in the box. @param {Box} box */
function nameDialog(box) {
  const people = (state.shot.shot.performers || []).map((/** @type {any} */ one) => one.name);
  const form = made(
    "form",
    { method: "dialog", class: "sheet", onsubmit: keep },
    made("h2", { id: "dialog-title" }, "Whose look is this?"),
    made(
      "p",
      { class: "faint" },
      `From frame ${state.frame} of ${state.shot.clip}. Every take from now on is made and judged with it.`,
    ),
    made(
      "div",
      { class: "fields" },
      field(
        "Name",
        made("input", { id: "look-name", required: true, maxlength: 100, list: "look-names" }),
      ),
      field(
        "It is a",
        made(
          "select",
          { id: "look-role" },
          ...["character", "prop", "location"].map((role) =>
            made("option", { value: role, text: role }),
          ),
        ),
      ),
    ),
    made(
      "datalist",
      { id: "look-names" },
      ...people.map((/** @type {string} */ name) => made("option", { value: name })),
    ),
    made("p", { id: "look-error", class: "warn", role: "alert" }),
    made(
      "div",
      { class: "ends" },
      wordButton("Cancel", () => /** @type {HTMLDialogElement} */ (at("dialog")).close()),
      made("button", { type: "submit", class: "primary" }, "Lock this look"),
    ),
  );
  open(form);
  /** @param {Event} event */
  async function keep(event) {
    event.preventDefault();
    const value = (/** @type {string} */ id) =>
      /** @type {HTMLInputElement} */ (at(id)).value.trim();
    try {
      await post(`${timelinePath(state.timeline)}/references`, {
        role: value("look-role"),
        name: value("look-name"),
        clip: state.shot.id,
        frame: state.frame,
        box,
      });
      /** @type {HTMLDialogElement} */ (at("dialog")).close();
      await loadLooks();
      say("The look is locked.");
    } catch (error) {
      at("look-error").textContent = /** @type {Error} */ (error).message;
    }
  }
}

/** Freeze a look that was only added. @param {any} look */
export async function lockLook(look) {
  try {
    await post(
      `${timelinePath(state.timeline)}/references/${look.role}/${encodeURIComponent(look.name)}/lock`,
    );
    await loadLooks();
    say(`The look of ${look.name} is locked.`);
  } catch (error) {
    say(/** @type {Error} */ (error).message, "error");
  }
}
