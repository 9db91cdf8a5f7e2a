/** The contact resolved as one still: a drawing, whose figure is whose, candidates, the choice. */

import { post, shotPath, timelinePath } from "./api.js";
import { at, made, wordButton } from "./dom.js";
import { loadLooks } from "./load.js";
import { generatorField } from "./orders.js";
import { close, field, open, orderForm, pricing } from "./pricing.js";
import { state } from "./store.js";
import { say } from "./words.js";

const shotOf = () => shotPath(state.timeline, state.shot.id);
const looksPath = () => `${timelinePath(state.timeline)}/references`;
const TYPES = "image/png,image/jpeg,image/webp,image/tiff,image/bmp";

/** The content of a chosen file, base64. @param {Blob} file @returns {Promise<string>} */
function contentOf(file) {
  return new Promise((done, failed) => {
    const reader = new FileReader();
    reader.onload = () => done(String(reader.result).replace(/^[^,]*,/, ""));
    reader.onerror = () => failed(new Error("The file cannot be read; choose another."));
    reader.readAsDataURL(file);
  });
}

/** Ask for a drawing, and go on with it. */
export async function fuseDialog() {
  const people = state.shot.shot.performers.map((/** @type {any} */ one) => one.name);
  if (!people.length) return say("Say who is in the shot first (Describe…).", "error");
  /** @type {Record<string, string>} points on the drawing */
  const regions = {};
  let whose = people[0];
  const price = pricing("Draw candidates", () => post(`${shotOf()}/fused/estimate`, terms()));
  let source;
  try {
    source = await generatorField(() => price.refresh());
  } catch (error) {
    return say(/** @type {Error} */ (error).message, "error");
  }
  const picture = made("img", { alt: "The drawing, straightened" });
  const points = made("div", { class: "points", "aria-hidden": "true" });
  const paper = made("div", { class: "paper", hidden: true, onclick: point }, picture, points);
  const cast = made(
    "fieldset",
    { class: "people", id: "fuse-cast", hidden: true },
    made("legend", { class: "faint small" }, "Click each figure of the drawing"),
    ...people.map((/** @type {string} */ name) =>
      made(
        "label",
        {},
        made("input", {
          type: "radio",
          name: "whose",
          value: name,
          checked: name === whose,
          onchange: () => (whose = name),
        }),
        ` ${name} `,
        made("span", { class: "faint small", "data-of": name }),
      ),
    ),
  );
  const front = made(
    "select",
    { id: "fuse-front" },
    made("option", { value: "", text: "as drawn" }),
    ...people.map((/** @type {string} */ name) => made("option", { value: name, text: name })),
  );
  const count = made("input", {
    id: "fuse-count",
    type: "number",
    min: 1,
    max: 8,
    value: 3,
    oninput: () => price.refresh(),
  });
  orderForm(
    "Resolve the contact",
    "Give a drawing of the contact, photographed or scanned. With the sheets of the characters it becomes one still that every later take follows.",
    [
      field(
        "Drawing",
        made("input", { id: "fuse-file", type: "file", accept: TYPES, onchange: given }),
      ),
      cast,
      paper,
      made(
        "div",
        { class: "fields" },
        field("In front", front),
        field("Candidates", count),
        field("Generator", source),
      ),
    ],
    price,
    (agreed) => post(`${shotOf()}/fused`, { ...terms(), ...agreed }),
    "Candidates are being drawn.",
  );
  if (state.shot.has_sketch) show().catch(price.decline);

  function terms() {
    return {
      regions: Object.keys(regions).length === people.length ? regions : {},
      front: front.value ? [front.value] : [],
      candidates: Math.min(8, Math.max(1, Number(count.value) || 1)),
      provider: source.value,
    };
  }

  /** @param {Event} event */
  async function given(event) {
    const file = /** @type {HTMLInputElement} */ (event.target).files?.[0];
    if (!file) return;
    try {
      await post(`${shotOf()}/sketch`, { data: await contentOf(file) });
      await show();
    } catch (error) {
      price.decline(error);
    }
  }

  async function show() {
    picture.src = `${shotOf()}/sketch?of=${Date.now()}`;
    await picture.decode();
    for (const name of people) delete regions[name];
    paper.hidden = cast.hidden = false;
    mark();
    price.refresh();
  }

  /** @param {MouseEvent} event */
  function point(event) {
    const area = picture.getBoundingClientRect();
    const x = Math.round(((event.clientX - area.left) / area.width) * picture.naturalWidth);
    const y = Math.round(((event.clientY - area.top) / area.height) * picture.naturalHeight);
    regions[whose] = `${x},${y}`;
    const next = people.find((/** @type {string} */ name) => !regions[name]);
    if (next) {
      whose = next;
      /** @type {HTMLInputElement} */ (
        cast.querySelector(`input[value="${CSS.escape(next)}"]`)
      ).checked = true;
    }
    mark();
  }

  /** Show what was clicked; without any click colours are given from left to right. */
  function mark() {
    points.replaceChildren(
      ...Object.entries(regions).map(([name, text]) => {
        const [x, y] = text.split(",").map(Number);
        const style = {
          left: `${(x / picture.naturalWidth) * 100}%`,
          top: `${(y / picture.naturalHeight) * 100}%`,
        };
        return made("span", { style, text: name });
      }),
    );
    for (const one of cast.querySelectorAll("[data-of]"))
      one.textContent = regions[/** @type {HTMLElement} */ (one).dataset.of || ""]
        ? "✓"
        : "by its colour";
  }
}

/** The candidates of the shot, or nothing. */
export const candidatesOf = () =>
  state.looks.find((look) => look.role === "fused" && look.name === `${shotId()} candidates`);
const shotId = () => state.shot?.shot.id;

/** Show all candidates side by side, to lock one. */
export async function candidatesDialog() {
  await loadLooks();
  const found = candidatesOf();
  if (!found) return;
  open(
    made(
      "form",
      { method: "dialog", class: "sheet wide" },
      made("h2", { id: "dialog-title" }, "Which one is it?"),
      made("p", { class: "faint" }, "The chosen still is locked and goes with every later take."),
      made(
        "ol",
        { class: "candidates" },
        ...found.images.map((/** @type {string} */ _, /** @type {number} */ number) =>
          made(
            "li",
            {},
            made("img", {
              src: `${looksPath()}/fused/${encodeURIComponent(found.name)}/pictures/${number}?of=${Date.now()}`,
              alt: `Candidate ${number + 1}`,
            }),
            wordButton(`Choose ${number + 1}`, () => choose(number + 1), { class: "primary" }),
          ),
        ),
      ),
      made("p", { id: "choice-error", class: "warn", role: "alert" }),
      made("div", { class: "ends" }, wordButton("Later", close)),
    ),
  );
}

/** @param {number} number */
async function choose(number) {
  try {
    await post(`${shotOf()}/fused/choose`, { number });
    close();
    await loadLooks();
    say("The contact is locked; later takes follow it.");
  } catch (error) {
    at("choice-error").textContent = /** @type {Error} */ (error).message;
  }
}

/** Draw a sheet of a character: four views, after pictures or the generator's own idea. @param {string} name */
export async function sheetDialog(name) {
  const path = `${timelinePath(state.timeline)}/sheets`;
  const price = pricing("Draw the sheet", () => post(`${path}/estimate`, { name, ...who() }));
  let source;
  const who = () => ({ provider: source.value });
  try {
    source = await generatorField(() => price.refresh());
  } catch (error) {
    return say(/** @type {Error} */ (error).message, "error");
  }
  const files = made("input", { id: "sheet-files", type: "file", accept: TYPES, multiple: true });
  orderForm(
    `Sheet of ${name}`,
    "Front, three-quarter, profile and back on one sheet. Lock it once it is right.",
    [
      field("Pictures to go by", files),
      made("div", { class: "fields" }, field("Generator", source)),
    ],
    price,
    send,
    "",
  );
  price.refresh();

  /** @param {any} agreed */
  async function send(agreed) {
    const pictures = await Promise.all(
      [...files.files].map(async (file) => ({ data: await contentOf(file) })),
    );
    return post(path, { name, pictures, ...who(), ...agreed });
  }
}
