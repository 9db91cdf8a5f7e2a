/** Ordering takes: which seconds, how many, the price before anything is spent, and how far it is. */

import { call, post, timelinePath } from "./api.js";
import { at, made, wordButton } from "./dom.js";
import { change, state, watch } from "./store.js";
import { priceWords, runsOf, secondOf } from "./time.js";
import { say } from "./words.js";

/** @type {any[]} */
let generators = [];
const ENDED = ["done", "failed", "cancelled"];

export function beginOrders() {
  watch(["order"], drawProgress);
}

/** Seconds that a new order is about: those chosen, else the first gap, else the present second. @returns {[number, number]} */
function wished() {
  if (state.range) return state.range;
  if (!state.takes.length) return [0, state.seconds];
  const gaps = runsOf(state.plan?.uncovered_seconds || []);
  if (gaps.length) return gaps[0];
  const second = secondOf(state.frame, state.rate);
  return [second, second + 1];
}

export async function orderDialog() {
  const [first, end] = wished();
  const seconds = Array.from({ length: state.seconds }, (_, number) => number);
  const pick = (/** @type {string} */ id, /** @type {number} */ chosen) =>
    made(
      "select",
      { id, onchange: price },
      ...seconds.map((number) =>
        made("option", { value: number, selected: number === chosen, text: String(number) }),
      ),
    );
  const source = made("select", { id: "order-provider", onchange: () => (models(), price()) });
  const form = made(
    "form",
    { method: "dialog", class: "sheet", onsubmit: begin },
    made("h2", { id: "dialog-title" }, state.takes.length ? "Regenerate seconds" : "Make takes"),
    made(
      "p",
      { class: "faint" },
      `${state.shot.clip}: what stands in the timeline stays; new takes come as rows.`,
    ),
    made(
      "div",
      { class: "fields" },
      field("From second", pick("order-from", first)),
      field("to second", pick("order-to", end - 1)),
      field(
        "Takes",
        made("input", {
          id: "order-takes",
          type: "number",
          min: 1,
          max: 50,
          value: state.takes.length ? 2 : 4,
          oninput: price,
        }),
      ),
      field("Generator", source),
      field("Model", made("select", { id: "order-model", onchange: price })),
    ),
    made("p", { id: "order-price", class: "price", role: "status" }, "…"),
    made(
      "label",
      { class: "agree", id: "order-agree-row", hidden: true },
      made("input", { type: "checkbox", id: "order-agreed", onchange: allow }),
      made("span", { id: "order-agree-words" }),
    ),
    made(
      "div",
      { class: "ends" },
      wordButton("Cancel", () => dialog().close()),
      made("button", { type: "submit", class: "primary", id: "order-go" }, "Make takes"),
    ),
  );
  open(form);
  at("order-go").setAttribute("disabled", "");
  try {
    if (!generators.length) generators = (await call("/v1/providers")).providers;
  } catch (error) {
    at("order-price").textContent = /** @type {Error} */ (error).message;
    return;
  }
  if (!source.isConnected) return;
  source.append(
    ...generators.map((one) =>
      made("option", { value: one.name, selected: one.name === "offline", text: one.name }),
    ),
  );
  models();
  price();
}

const dialog = () => /** @type {HTMLDialogElement} */ (at("dialog"));
const value = (/** @type {string} */ id) => /** @type {HTMLInputElement} */ (at(id)).value;

/** @param {string} words @param {HTMLElement} input */
export const field = (words, input) =>
  made("label", { class: "field" }, made("span", { text: words }), input);

/** Show something to fill in. @param {HTMLElement} form */
export function open(form) {
  dialog().setAttribute("aria-labelledby", "dialog-title");
  dialog().replaceChildren(form);
  if (!dialog().open) dialog().showModal();
}

function models() {
  const found = generators.find((one) => one.name === value("order-provider"));
  at("order-model").replaceChildren(
    ...(found?.models || []).map((/** @type {string} */ model) =>
      made("option", { value: model, text: model }),
    ),
  );
}

function terms() {
  const [from, to] = [Number(value("order-from")), Number(value("order-to"))];
  const whole = from === 0 && to === state.seconds - 1;
  return {
    clips: [state.shot.id],
    takes: Math.max(1, Number(value("order-takes")) || 1),
    provider: value("order-provider"),
    model: value("order-model") || null,
    seconds: whole ? null : [Math.min(from, to), Math.max(from, to) + 1],
  };
}

/** @type {number|null} price that was shown, in USD; null while it is not known */
let shown = null;
let questions = 0;

async function price() {
  shown = null;
  questions += 1;
  const mine = questions;
  const go = /** @type {HTMLButtonElement} */ (at("order-go"));
  go.disabled = true;
  try {
    const found = await post(`${timelinePath(state.timeline)}/estimate`, terms());
    if (mine !== questions) return;
    shown = found.estimate_usd;
    at("order-price").textContent = found.undescribed.length
      ? `${found.words} Describe the shot first.`
      : found.words;
    at("order-agree-row").hidden = !found.needs_agreement;
    at("order-agree-words").textContent =
      `I agree to spend up to ${priceWords(found.estimate_usd)}`;
    /** @type {HTMLInputElement} */ (at("order-agreed")).checked = false;
    go.dataset.blocked = found.undescribed.length ? "yes" : "";
    go.textContent = `Make takes · ${priceWords(found.estimate_usd)}`;
    allow();
  } catch (error) {
    if (mine === questions) at("order-price").textContent = /** @type {Error} */ (error).message;
  }
}

function allow() {
  const needs = !at("order-agree-row").hidden;
  const agreed = /** @type {HTMLInputElement} */ (at("order-agreed")).checked;
  const go = /** @type {HTMLButtonElement} */ (at("order-go"));
  go.disabled = shown === null || go.dataset.blocked === "yes" || (needs && !agreed);
}

/** @param {Event} event */
async function begin(event) {
  event.preventDefault();
  const needs = !at("order-agree-row").hidden;
  try {
    const order = await post(`${timelinePath(state.timeline)}/regenerate`, {
      ...terms(),
      ...(needs ? { agreed_usd: shown } : {}),
    });
    dialog().close();
    change({ order, range: null });
    say("Takes are being made; you can go on judging meanwhile.");
  } catch (error) {
    at("order-price").textContent = /** @type {Error} */ (error).message;
  }
}

/** Show an order that was begun elsewhere or before this page was opened. */
export async function newestOrder() {
  try {
    const found = (await call(`${timelinePath(state.timeline)}/orders`)).orders;
    const live = found.find((/** @type {any} */ one) => !ENDED.includes(one.state));
    change({ order: live || null });
  } catch {
    change({ order: null });
  }
}

/** @param {import("./api.js").News} news about an order */
export async function heard(news) {
  if (ENDED.includes(news.state)) {
    const order = await call(`${timelinePath(state.timeline)}/orders/${news.subject}`).catch(
      () => null,
    );
    change({ order: null });
    if (!order) return;
    if (order.state === "failed") say(order.words, "error");
    else if (order.state === "done") say(["The takes are here.", ...order.notes].join(" "));
    else say("The order was stopped; takes that were made stay.");
    return;
  }
  change({
    order: {
      ...(state.order?.id === news.subject ? state.order : { id: news.subject }),
      state: news.state,
      words: news.words,
      share: news.share,
    },
  });
}

function drawProgress() {
  const box = at("progress");
  const { order } = state;
  if (!order) return box.replaceChildren();
  const bar = made("progress", { max: 1, "aria-label": "Making takes" });
  if (order.share !== null && order.share !== undefined) bar.value = order.share;
  const stop = async () => {
    try {
      await post(`${timelinePath(state.timeline)}/orders/${order.id}/cancel`);
    } catch (error) {
      say(/** @type {Error} */ (error).message, "error");
    }
  };
  box.replaceChildren(
    made("span", { class: "words", text: order.words || "waiting" }),
    bar,
    wordButton("Stop", stop, { class: "plain" }),
  );
}
