/** Locking a look from footage: a box or a brush on a frame of the original, by pointer or by keys. */

import { post, timelinePath } from "./api.js";
import { at, made, set, wordButton } from "./dom.js";
import { loadLooks } from "./load.js";
import { field, open } from "./pricing.js";
import { deckOf } from "./stage.js";
import { change, ORIGINAL, state } from "./store.js";
import { pause } from "./transport.js";
import { say } from "./words.js";

/** @typedef {[number, number, number, number]} Box shares of width and height */

const SMALLEST = 0.02;

/** The frame of the original that a look is taken from; nothing while one is being taken. */
function frameToTake() {
  pause();
  change({ take: ORIGINAL, view: "take" });
  const frame = deckOf(ORIGINAL)?.frame;
  return frame && !frame.querySelector(".boxing") ? frame : null;
}

/** Let the person paint over one body on the frame that is shown. */
export function brushLook() {
  const frame = frameToTake();
  if (!frame) return;
  /** @type {[number, number][]} */
  let stroke = [];
  let width = 0.06;
  const canvas = made("canvas", { class: "brush" });
  const use = wordButton(
    "Use this stroke",
    () => (leave(), nameDialog({ brush: stroke, brush_width: width })),
    {
      class: "primary",
      disabled: true,
    },
  );
  const size = made("input", {
    type: "range",
    min: 1,
    max: 20,
    value: 6,
    "aria-label": "Width of the brush",
    oninput: () => ((width = Number(size.value) / 100), draw()),
  });
  const leave = () => layer.remove();
  const layer = made(
    "div",
    {
      class: "boxing",
      tabindex: 0,
      role: "application",
      "aria-label": "Paint over one body with the pointer; Escape leaves",
    },
    canvas,
    made(
      "div",
      { class: "box-bar" },
      made("span", {}, "Paint over one body."),
      size,
      wordButton("Cancel", leave),
      use,
    ),
  );
  const draw = () => {
    const area = layer.getBoundingClientRect();
    [canvas.width, canvas.height] = [Math.round(area.width), Math.round(area.height)];
    const pen = canvas.getContext("2d");
    pen.lineCap = pen.lineJoin = "round";
    pen.lineWidth = width * canvas.width;
    pen.strokeStyle = getComputedStyle(layer).getPropertyValue("--held");
    pen.beginPath();
    for (const [x, y] of stroke) pen.lineTo(x * canvas.width, y * canvas.height);
    if (stroke.length === 1)
      pen.lineTo(stroke[0][0] * canvas.width + 0.1, stroke[0][1] * canvas.height);
    pen.stroke();
    use.disabled = stroke.length === 0;
  };
  const share = (/** @type {PointerEvent} */ now) => {
    const area = layer.getBoundingClientRect();
    const within = (/** @type {number} */ value) => Math.max(0, Math.min(1, value));
    return /** @type {[number, number]} */ ([
      within((now.clientX - area.left) / area.width),
      within((now.clientY - area.top) / area.height),
    ]);
  };
  const move = (/** @type {PointerEvent} */ now) => {
    if (stroke.length < 2000) stroke.push(share(now));
    draw();
  };
  layer.addEventListener("pointerdown", (/** @type {PointerEvent} */ event) => {
    if (/** @type {HTMLElement} */ (event.target).closest(".box-bar")) return;
    stroke = [share(event)];
    held(layer, event);
    layer.addEventListener("pointermove", move);
    layer.addEventListener("pointerup", () => layer.removeEventListener("pointermove", move), {
      once: true,
    });
    draw();
  });
  layer.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== "Escape") return;
    leave();
    event.stopPropagation();
  });
  frame.append(layer);
  layer.focus();
}

/** Let the person draw a box on the frame that is shown. */
export function boxLook() {
  const frame = frameToTake();
  if (!frame) return;
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
    wordButton("Use this box", () => (leave(), nameDialog({ box })), { class: "primary" }),
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
    else if (event.key === "Enter") (leave(), nameDialog({ box }));
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

/** Keep the pointer while it draws, and the bar out of its way. @param {HTMLElement} layer @param {PointerEvent} event */
function held(layer, event) {
  layer.setPointerCapture(event.pointerId);
  layer.classList.add("painting");
  layer.addEventListener("pointerup", () => layer.classList.remove("painting"), { once: true });
}

/** @param {HTMLElement} layer @param {PointerEvent} event @param {(box: Box) => void} tell */
function drawn(layer, event, tell) {
  const area = layer.getBoundingClientRect();
  const share = (/** @type {PointerEvent} */ now) => [
    Math.max(0, Math.min(1, (now.clientX - area.left) / area.width)),
    Math.max(0, Math.min(1, (now.clientY - area.top) / area.height)),
  ];
  const [x, y] = share(event);
  held(layer, event);
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

/** Ask whose look it is. @param {{box: Box}|{brush: [number, number][], brush_width: number}} shape */
function nameDialog(shape) {
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
        ...shape,
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
