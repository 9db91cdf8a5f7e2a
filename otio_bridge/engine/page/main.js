/** The review page: begins its parts, then reads the timeline that its address names. */

import { at, button, wordButton } from "./dom.js";
import { beginRuler } from "./contact.js";
import { filesDialog } from "./files.js";
import { beginGrid } from "./grid.js";
import { undo, undoWords } from "./judge.js";
import { beginKeys, helpDialog } from "./keys.js";
import { firstShot, openShot, openTimeline } from "./load.js";
import { beginOrders } from "./orders.js";
import { beginShots } from "./shots.js";
import { beginSide } from "./side.js";
import { beginSlot } from "./slot.js";
import { beginSplit } from "./split.js";
import { beginStage } from "./stage.js";
import { state, watch } from "./store.js";
import { beginTransport } from "./transport.js";
import { say } from "./words.js";

function beginTop() {
  const back = button("undo", "Undo (U)", undo, { id: "undo", class: "plain", disabled: true });
  at("top-actions").append(
    wordButton("Files…", filesDialog, { class: "plain", id: "files" }),
    back,
    button("help", "Keys (?)", helpDialog, { class: "plain", id: "help" }),
  );
  watch(["undo"], () => {
    back.disabled = !state.undo;
    back.title = state.undo ? `Undo: ${undoWords()} (U)` : "Nothing to undo";
  });
  watch(["hosts", "live"], () => {
    const names = state.hosts.map((host) => host.split(" ")[0]).join(", ");
    at("host").textContent = state.live
      ? names
        ? `connected: ${names}`
        : ""
      : "The engine does not answer; trying again …";
  });
}

async function begin() {
  for (const part of [
    beginTop,
    beginShots,
    beginStage,
    beginTransport,
    beginSide,
    beginGrid,
    beginSlot,
    beginSplit,
    beginOrders,
    beginKeys,
  ])
    part();
  beginRuler(at("grid"));
  const wished = new URL(location.href).searchParams;
  await openTimeline(wished.get("timeline") || "");
  const id = wished.get("shot") || firstShot();
  if (!id) throw new Error("This timeline has no picture clips.");
  await openShot(id);
  document.body.dataset.ready = "yes";
}

begin().catch((error) => {
  document.body.dataset.ready = "no";
  say(error.message, "error");
  at("stage").textContent = error.message;
});
