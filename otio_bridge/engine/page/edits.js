/** Edits: the plan, one take or the original into the slot, by a connected editor or the file. */

import { call, post, timelinePath } from "./api.js";
import { remember } from "./judge.js";
import { reload } from "./load.js";
import { nameOf, state } from "./store.js";
import { say } from "./words.js";

const WAIT_MS = 400;
const LONGEST_MS = 120000;

/** Put the plan into the slot as it is seen. */
export async function sendPlan() {
  if (!state.plan?.segments.length) return say("There is no plan to send yet.");
  const words =
    state.plan.words ||
    state.plan.segments
      .map((one) => `${one.take}:${one.slot_start}f-${one.slot_start + one.frames}f`)
      .join();
  await wish({ kind: "splice", plan: words }, "the plan is in the slot");
}

/** Put a whole take into the slot. @param {string} id */
export const pullTake = (id) => wish({ kind: "use", take: id }, `${nameOf(id)} is in the slot`);

/** Show the clip's own media again. */
export const revert = () => wish({ kind: "revert" }, "the original is in the slot again");

/** @param {any} asked @param {string} words */
async function wish(asked, words) {
  const shot = state.shot.id;
  try {
    const edit = await post(`${timelinePath(state.timeline)}/edits`, { ...asked, shot });
    const ended = edit.via === "host" ? await carriedOut(edit) : edit;
    if (ended.state === "failed")
      return say(`The editor could not do it: ${ended.why || "it gave no reason"}.`, "error");
    const where = edit.via === "host" ? ` of ${ended.host.split(" ")[0]}` : "";
    if (edit.via === "file") remember(words, undoFile);
    say(
      ended.state === "differing"
        ? `Sent, but ${ended.differences.join(" ")}`
        : `Done: ${words}${where}.`,
      ended.state === "differing" ? "error" : "info",
    );
    await reload();
  } catch (error) {
    say(/** @type {Error} */ (error).message, "error");
  }
}

async function undoFile() {
  await post(`${timelinePath(state.timeline)}/undo`);
  await reload();
}

/** Wait until the editor did it. @param {any} edit */
async function carriedOut(edit) {
  say("Sent to the editor; it is being carried out there.");
  const end = Date.now() + LONGEST_MS;
  let now = edit;
  while (["pending", "offered"].includes(now.state) && Date.now() < end) {
    await new Promise((go) => setTimeout(go, WAIT_MS));
    now = await call(`${timelinePath(state.timeline)}/edits/${edit.id}`);
  }
  if (now.state === "pending") {
    now = await post(`${timelinePath(state.timeline)}/edits/${edit.id}/withdraw`);
    throw new Error(
      "The editor did not answer, so the edit was taken back; see whether it is still open.",
    );
  }
  return now;
}
