/** Ordering takes: which seconds, how many, what is sent, the price before anything is spent. */

import { call, post, timelinePath } from "./api.js";
import { candidatesDialog } from "./fusing.js";
import { at, made, wordButton } from "./dom.js";
import { field, orderForm, pricing } from "./pricing.js";
import { change, state, watch } from "./store.js";
import { runsOf, secondOf } from "./time.js";
import { say } from "./words.js";

/** @type {any[]} */
let generators = [];
const ENDED = ["done", "failed", "cancelled"];
const DONE = {
  regenerate: "The takes are here.",
  coverage: "The coverage is in the slot.",
  fused: "The candidates are here.",
  sheet: "",
  resume: "",
};

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

/** All generators, read once. @returns {Promise<any[]>} */
export async function generatorsKnown() {
  if (!generators.length) generators = (await call("/v1/providers")).providers;
  return generators;
}

/** Generators to choose from, the wish of shot and project first. @param {() => void} told */
export async function generatorField(told) {
  await generatorsKnown();
  const source = made("select", { id: "order-provider", onchange: told });
  source.append(
    made("option", { value: "", text: "as shot and project wish" }),
    made("option", { value: "auto", text: "the best that is set up" }),
    ...generators.map((one) => made("option", { value: one.name, text: one.name })),
  );
  return source;
}

/** Text of the prompt as it would be sent without the person's changes. */
let template = "";

export async function orderDialog() {
  const [first, end] = wished();
  const seconds = Array.from({ length: state.seconds }, (_, number) => number);
  const pick = (/** @type {string} */ id, /** @type {number} */ chosen) =>
    made(
      "select",
      { id, onchange: ask },
      ...seconds.map((number) =>
        made("option", { value: number, selected: number === chosen, text: String(number) }),
      ),
    );
  template = "";
  const price = pricing("Make takes", () =>
    post(`${timelinePath(state.timeline)}/estimate`, terms()),
  );
  function ask() {
    price.refresh();
    foresee();
  }
  let source;
  try {
    source = await generatorField(() => (models(), ask()));
  } catch (error) {
    return say(/** @type {Error} */ (error).message, "error");
  }
  orderForm(
    state.takes.length ? "Regenerate seconds" : "Make takes",
    `${state.shot.clip}: what stands in the timeline stays; new takes come as rows.`,
    [
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
            oninput: ask,
          }),
        ),
        field("Generator", source),
        field("Model", made("select", { id: "order-model", onchange: ask })),
      ),
      sentDetails(ask),
    ],
    price,
    (agreed) => post(`${timelinePath(state.timeline)}/regenerate`, { ...terms(), ...agreed }),
    "Takes are being made; you can go on judging meanwhile.",
  );
  models();
  ask();
}

/** What is sent: prompt, pictures, and how the recipe goes about it. @param {() => void} ask */
function sentDetails(ask) {
  const choice = (/** @type {string} */ id, /** @type {[string, string][]} */ said) =>
    made(
      "select",
      { id, onchange: ask },
      ...said.map(([value, text]) => made("option", { value, text })),
    );
  const people = state.shot.shot.performers.map((/** @type {any} */ one) => one.name);
  return made(
    "details",
    { class: "sent", id: "order-sent" },
    made("summary", {}, "What is sent"),
    made("p", { id: "order-references", class: "faint small" }),
    field("Prompt", made("textarea", { id: "order-prompt", rows: 5, maxlength: 8000 })),
    made(
      "div",
      { class: "fields" },
      field(
        "Made at first",
        choice("order-around", [
          ["auto", "what costs less"],
          ["slot", "the whole slot"],
          ["contact", "only the contact"],
        ]),
      ),
      field(
        "Hand props",
        choice("order-hands", [
          ["keep", "stay in the hand"],
          ["drop", "are left out"],
          ["aside", "lie beside"],
        ]),
      ),
    ),
    people.length > 1
      ? made(
          "fieldset",
          { class: "people" },
          made("legend", { class: "faint small" }, "Who is in it"),
          ...people.map((/** @type {string} */ name) =>
            made(
              "label",
              {},
              made("input", {
                type: "checkbox",
                name: "only",
                value: name,
                checked: true,
                onchange: ask,
              }),
              ` ${name}`,
            ),
          ),
        )
      : "",
    made(
      "label",
      { class: "agree" },
      made("input", { type: "checkbox", id: "order-neighbours", onchange: ask }),
      made("span", {}, "Send the frames before and after the shot along"),
    ),
    made(
      "label",
      { class: "agree" },
      made("input", { type: "checkbox", id: "order-unlocked" }),
      made("span", {}, "Go on although a look is not locked"),
    ),
  );
}

/** Show the first request as it would be sent; a prompt that the person changed stays. */
async function foresee() {
  const prompt = /** @type {HTMLTextAreaElement} */ (at("order-prompt"));
  const changed = prompt.value !== template;
  try {
    const { prompt: _own, ...plain } = terms();
    const found = (await post(`${timelinePath(state.timeline)}/requests`, plain)).requests[0];
    if (!prompt.isConnected) return;
    template = found.prompt;
    if (!changed) prompt.value = template;
    const names = found.references.map(
      (/** @type {[string, string]} */ [role, name], /** @type {number} */ number) =>
        `Image ${number + 1}: ${role === "fused" ? "how they touch" : `${name} (${role})`}`,
    );
    at("order-references").textContent =
      `${found.provider}${found.model ? ` · ${found.model}` : ""} gets ` +
      (names.length ? names.join(", ") : "no pictures");
  } catch (error) {
    if (prompt.isConnected)
      at("order-references").textContent = /** @type {Error} */ (error).message;
  }
}

const value = (/** @type {string} */ id) => /** @type {HTMLInputElement} */ (at(id)).value;
const checked = (/** @type {string} */ id) => /** @type {HTMLInputElement} */ (at(id)).checked;

function models() {
  const found = generators.find((one) => one.name === value("order-provider"));
  const names = found?.models || [];
  at("order-model").replaceChildren(
    ...(names.length ? names : [""]).map((/** @type {string} */ model) =>
      made("option", { value: model, text: model || "its first" }),
    ),
  );
}

function terms() {
  const [from, to] = [Number(value("order-from")), Number(value("order-to"))];
  const whole = from === 0 && to === state.seconds - 1;
  const boxes = [...document.querySelectorAll("#order-sent input[name=only]")].map(
    (box) => /** @type {HTMLInputElement} */ (box),
  );
  const inside = boxes.filter((box) => box.checked).map((box) => box.value);
  const own = value("order-prompt").trim();
  return {
    clips: [state.shot.id],
    takes: Math.max(1, Number(value("order-takes")) || 1),
    provider: value("order-provider"),
    model: value("order-model") || null,
    seconds: whole ? null : [Math.min(from, to), Math.max(from, to) + 1],
    around: value("order-around"),
    hand_props: value("order-hands"),
    only: inside.length < boxes.length ? inside : [],
    neighbours: checked("order-neighbours"),
    unlocked: checked("order-unlocked"),
    ...(own && own !== template ? { prompt: own } : {}),
  };
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
    else if (order.state === "done") {
      say([DONE[/** @type {keyof typeof DONE} */ (order.kind)], ...order.notes].join(" ").trim());
      if (order.kind === "fused" && order.clips[state.shot?.id]) candidatesDialog();
    } else say("The order was stopped; takes that were made stay.");
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
  const bar = made("progress", { max: 1, "aria-label": "Being made" });
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
