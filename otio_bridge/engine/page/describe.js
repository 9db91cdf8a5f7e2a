/** Saying what the shot is: prompt, who stands where, place, props, and the kind of contact. */

import { call, shotPath } from "./api.js";
import { at, made, wordButton } from "./dom.js";
import { reload } from "./load.js";
import { generatorsKnown } from "./orders.js";
import { field, open } from "./pricing.js";
import { state } from "./store.js";
import { say } from "./words.js";

const KINDS = ["hug", "handshake", "carry", "pass", "rope", "other"];
const SIDES = ["left", "center", "right"];

export function describeDialog() {
  const { shot } = state.shot;
  const cast = made(
    "div",
    { id: "cast", class: "cast" },
    ...(shot.performers.length
      ? shot.performers
      : [
          { name: "", side: "left" },
          { name: "", side: "right" },
        ]
    ).map(performer),
  );
  const names = (/** @type {string} */ role) =>
    state.looks
      .filter((look) => look.role === role)
      .map((look) => made("option", { value: look.name }));
  open(
    made(
      "form",
      { method: "dialog", class: "sheet", onsubmit: save },
      made("h2", { id: "dialog-title" }, `What is ${state.shot.clip}?`),
      field(
        "What is to be seen",
        made("textarea", { id: "said-prompt", rows: 3, maxlength: 8000 }, shot.prompt),
      ),
      made(
        "fieldset",
        {},
        made("legend", {}, "Characters, and the side each stands on"),
        cast,
        wordButton("Add a character", () => cast.append(performer({ name: "", side: "center" })), {
          class: "plain",
        }),
      ),
      made(
        "div",
        { class: "fields" },
        field(
          "Place",
          made("input", {
            id: "said-location",
            value: shot.location || "",
            list: "known-places",
            maxlength: 300,
          }),
        ),
        field(
          "Props, with commas",
          made("input", { id: "said-props", value: shot.props.join(", ") }),
        ),
        field(
          "Contact",
          made(
            "select",
            { id: "said-kind" },
            ...KINDS.map((kind) =>
              made("option", { value: kind, selected: kind === shot.kind, text: kind }),
            ),
          ),
        ),
      ),
      field("Made by", maker(shot.provider)),
      field(
        "Frames of contact",
        made("input", {
          id: "said-contact",
          value: spansText(shot.contact),
          placeholder: "24-96",
          pattern: "\\s*(\\d+\\s*-\\s*\\d+\\s*(,\\s*\\d+\\s*-\\s*\\d+\\s*)*)?",
        }),
      ),
      made(
        "p",
        { class: "faint small" },
        "Frames count from the start of the shot, the last one excluded. You can also drag in the lane above the seconds.",
      ),
      made("datalist", { id: "known-places" }, ...names("location")),
      made("datalist", { id: "known-people" }, ...names("character")),
      made("p", { id: "said-error", class: "warn", role: "alert" }),
      made(
        "div",
        { class: "ends" },
        wordButton("Cancel", () => /** @type {HTMLDialogElement} */ (at("dialog")).close()),
        made("button", { type: "submit", class: "primary" }, "Save"),
      ),
    ),
  );
}

/** Who is to make the shot; the list comes when the engine has told it. @param {string} wish */
function maker(wish) {
  const source = made(
    "select",
    { id: "said-provider" },
    made("option", { value: "none", text: "as the project wishes" }),
    made("option", { value: "auto", selected: wish === "auto", text: "the best that is set up" }),
  );
  const add = (/** @type {string} */ name) =>
    source.append(made("option", { value: name, selected: name === wish, text: name }));
  if (wish && wish !== "auto") add(wish);
  generatorsKnown()
    .then((all) => all.filter((one) => one.name !== wish).forEach((one) => add(one.name)))
    .catch(() => {});
  return source;
}

/** @param {number[][]} spans */
const spansText = (spans) => spans.map(([start, end]) => `${start}-${end}`).join(", ");

/** @param {{name: string, side: string}} one */
function performer(one) {
  const line = made("div", { class: "performer" });
  line.append(
    made("input", {
      "aria-label": "Name",
      value: one.name,
      list: "known-people",
      maxlength: 100,
      placeholder: "Name",
    }),
    made(
      "select",
      { "aria-label": "Side" },
      ...SIDES.map((side) =>
        made("option", { value: side, selected: side === one.side, text: side }),
      ),
    ),
    wordButton("×", () => line.remove(), { class: "plain", "aria-label": "Remove this character" }),
  );
  return line;
}

/** @param {Event} event */
async function save(event) {
  event.preventDefault();
  const value = (/** @type {string} */ id) => /** @type {HTMLInputElement} */ (at(id)).value.trim();
  const performers = [...document.querySelectorAll("#cast .performer")]
    .map((line) => ({
      name: /** @type {HTMLInputElement} */ (line.querySelector("input")).value.trim(),
      side: /** @type {HTMLSelectElement} */ (line.querySelector("select")).value,
    }))
    .filter((one) => one.name);
  const contact = [...value("said-contact").matchAll(/(\d+)\s*-\s*(\d+)/g)].map((found) => [
    Number(found[1]),
    Number(found[2]),
  ]);
  try {
    await describe({
      prompt: value("said-prompt"),
      performers,
      location: value("said-location"),
      props: value("said-props")
        .split(",")
        .map((one) => one.trim())
        .filter(Boolean),
      kind: value("said-kind"),
      provider: value("said-provider"),
      contact: inSeconds(contact),
    });
    /** @type {HTMLDialogElement} */ (at("dialog")).close();
    say("The shot is described.");
  } catch (error) {
    at("said-error").textContent = /** @type {Error} */ (error).message;
  }
}

/** Frames of the slot as the seconds that the engine takes. @param {number[][]} spans */
export const inSeconds = (spans) =>
  spans.map((span) => span.map((frame) => (frame * state.rate.den) / state.rate.num));

/** Keep what was said. @param {any} said */
export async function describe(said) {
  await call(shotPath(state.timeline, state.shot.id), "PATCH", said);
  await reload();
}
