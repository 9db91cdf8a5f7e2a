/** Break Coverage: a contact that nothing holds, told in shots of one character each. */

import { call, post, shotPath } from "./api.js";
import { made } from "./dom.js";
import { generatorField } from "./orders.js";
import { field, orderForm, pricing } from "./pricing.js";
import { state } from "./store.js";
import { say } from "./words.js";

export async function coverageDialog() {
  const path = `${shotPath(state.timeline, state.shot.id)}/coverage`;
  let told, source;
  const who = () => ({ provider: source.value });
  const price = pricing("Break coverage", () => post(`${path}/estimate`, who()));
  try {
    [told, source] = await Promise.all([call(path), generatorField(() => price.refresh())]);
  } catch (error) {
    return say(/** @type {Error} */ (error).message, "error");
  }
  orderForm(
    "Break coverage",
    "The contact is told by one character at a time, cut where the bodies meet. The takes stay as alternates; Revert brings the clip back.",
    [
      made("ol", { class: "coverage", "aria-label": "Proposed shots" }, ...told.shots.map(part)),
      made("div", { class: "fields" }, field("Generator", source)),
    ],
    price,
    (agreed) => post(path, { ...who(), ...agreed }),
    "The single shots are being made; then they are put in the slot.",
  );
  price.refresh();
}

/** @param {{character: string, start: number, end: number}} one */
const part = (one) =>
  made(
    "li",
    { style: { "--share": one.end - one.start } },
    made("b", { text: one.character }),
    made("span", { class: "faint small", text: ` f${one.start}–${one.end}` }),
  );
