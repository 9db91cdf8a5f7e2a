/** Which shot is reviewed: its name above, the neighbours, and the list of all with a filter. */

import { at, made, wordButton } from "./dom.js";
import { openShot } from "./load.js";
import { open } from "./pricing.js";
import { state, watch } from "./store.js";
import { perSecond, secondsWords } from "./time.js";
import { say, stateWords } from "./words.js";

/** A list of tens of thousands is shown in part; the filter finds the rest. */
const MOST = 200;

export function beginShots() {
  at("shot-button").addEventListener("click", shotsDialog);
  watch(["shot", "shots"], draw);
}

function draw() {
  const line = state.shots.find((one) => one.id === state.shot?.id);
  at("shot-name").textContent = state.shot?.clip || "no shot";
  document.title = `${state.shot?.clip || "Review takes"} · otio-bridge`;
  if (!line) return;
  const seconds = secondsWords(state.frames / perSecond(state.rate));
  at("shot-facts").textContent =
    `${line.record_timecode} · ${seconds} · ${Number(perSecond(state.rate).toFixed(3))} fps · ${stateWords(line.state)}`;
}

/** @param {string} id */
async function go(id) {
  try {
    await openShot(id);
  } catch (error) {
    say(/** @type {Error} */ (error).message, "error");
  }
}

/** @param {number} by shots on */
export function neighbour(by) {
  const place = state.shots.findIndex((one) => one.id === state.shot?.id);
  const next = state.shots[place + by];
  if (next) go(next.id);
  else say(by > 0 ? "This is the last shot." : "This is the first shot.");
}

export function shotsDialog() {
  const list = made("ul", { class: "shot-list", id: "shot-list" });
  const only = made("input", { type: "checkbox", onchange: fill });
  const filter = made("input", {
    type: "search",
    "aria-label": "Filter shots",
    placeholder: "Name or timecode",
    oninput: fill,
  });
  const close = () => /** @type {HTMLDialogElement} */ (at("dialog")).close();
  const count = made("p", { class: "faint small", role: "status" });
  function fill() {
    const word = filter.value.trim().toLowerCase();
    const found = state.shots.filter(
      (one) =>
        (!only.checked || one.takes.length) &&
        (!word || one.clip.toLowerCase().includes(word) || one.record_timecode.includes(word)),
    );
    count.textContent =
      found.length > MOST
        ? `${found.length} shots, the first ${MOST} shown`
        : `${found.length} ${found.length === 1 ? "shot" : "shots"}`;
    list.replaceChildren(
      ...found.slice(0, MOST).map((one) =>
        made(
          "li",
          {},
          made(
            "button",
            {
              type: "button",
              class: "shot-line",
              "aria-current": one.id === state.shot?.id ? "true" : null,
              onclick: () => (close(), go(one.id)),
            },
            made("b", { text: one.clip }),
            made("span", { class: "faint", text: `${one.record_timecode}  ${one.track}` }),
            made("span", {
              class: `state ${one.state}`,
              text: one.takes.length
                ? `${one.takes.length} takes, ${stateWords(one.state)}`
                : stateWords(one.state),
            }),
          ),
        ),
      ),
    );
  }
  open(
    made(
      "form",
      {
        method: "dialog",
        class: "sheet wide",
        onsubmit: (/** @type {Event} */ event) => (
          event.preventDefault(),
          /** @type {HTMLElement|null} */ (list.querySelector("button"))?.click()
        ),
      },
      made("h2", { id: "dialog-title" }, "Shots"),
      made(
        "div",
        { class: "fields" },
        filter,
        made("label", { class: "agree" }, only, "only with takes"),
      ),
      count,
      list,
      made("div", { class: "ends" }, wordButton("Close", close)),
    ),
  );
  fill();
  filter.focus();
}
