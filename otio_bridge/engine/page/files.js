/** By files: the way to editors that run no scripts, step by step, and back. */

import { call, post, timelinePath } from "./api.js";
import { at, made, wordButton } from "./dom.js";
import { close, field, open } from "./pricing.js";
import { state } from "./store.js";
import { say } from "./words.js";

const PROGRAMS = {
  resolve: {
    name: "DaVinci Resolve",
    out: "In Resolve: File › Export › Timeline…, type OpenTimelineIO. Save it in a folder of its own and open it with otio-bridge review.",
    into: "In Resolve: File › Import › Timeline…, and choose that file. Let it import the source clips; the timeline gets a new name, and yours stays as it is.",
  },
  blender: {
    name: "Blender",
    out: "In Blender: File › Export › OpenTimelineIO, with the add-on installed; or work in the add-on, which needs no files.",
    into: "In Blender: File › Import › OpenTimelineIO, and choose that file. The takes come along.",
  },
  plain: {
    name: "another program",
    out: "Export the timeline as OpenTimelineIO, EDL or Final Cut XML from your editor.",
    into: "Import that file in your editor. It names one media file a clip and nothing of ours.",
  },
};

export function filesDialog() {
  const program = made(
    "select",
    { id: "files-program", onchange: fill },
    ...Object.entries(PROGRAMS).map(([key, one]) => made("option", { value: key }, one.name)),
  );
  const steps = made("ol", { class: "steps", id: "files-steps" });
  const back = made("input", { type: "file", accept: ".otio", id: "files-back", onchange: take });
  const said = made("p", { class: "faint", role: "status", id: "files-said" });
  function fill() {
    const key = /** @type {keyof typeof PROGRAMS} */ (program.value);
    steps.replaceChildren(
      made("li", {}, PROGRAMS[key].out),
      made("li", {}, "Here: regenerate, judge the seconds, and splice them into the timeline."),
      made(
        "li",
        {},
        "Save the cut for the editor. ",
        made(
          "a",
          { class: "button", id: "files-save", href: address(key), download: "" },
          `Save for ${PROGRAMS[key].name}`,
        ),
      ),
      made("li", {}, PROGRAMS[key].into),
      made(
        "li",
        {},
        "Changed the cut there? Export it again as in step 1, and choose the file: ",
        field("The cut as it came back", back),
      ),
    );
  }
  async function take() {
    const file = back.files?.[0];
    if (!file) return;
    said.textContent = "Looking for the shots …";
    try {
      said.replaceChildren(...(await returned(file)));
    } catch (error) {
      said.textContent = "";
      say(/** @type {Error} */ (error).message, "error");
    }
  }
  fill();
  open(
    made(
      "form",
      { method: "dialog", class: "sheet wide" },
      made("h2", { id: "dialog-title" }, "By files"),
      made(
        "p",
        { class: "faint" },
        "Where an editor runs no scripts of ours, the same work travels as OpenTimelineIO.",
      ),
      field("Editor", program),
      steps,
      said,
      made("div", { class: "ends" }, wordButton("Close", close, { class: "primary" })),
    ),
  );
  at("files-program").focus();
}

/** @param {string} key */
const address = (key) => `${timelinePath(state.timeline)}/export?for=${key}`;

/** Open what came back, and say what became of the shots. @param {File} file */
async function returned(file) {
  let otio;
  try {
    otio = JSON.parse(await file.text());
  } catch {
    throw new Error(`${file.name} is no OpenTimelineIO; export it again as .otio.`);
  }
  const opened = await post(`${timelinePath(state.timeline)}/returned`, otio);
  const found = await call(`${timelinePath(opened.id)}/reconcile`);
  return [
    made("span", { text: `${found.words} ` }),
    made("a", { href: `/review?timeline=${opened.id}` }, "Review it"),
  ];
}
