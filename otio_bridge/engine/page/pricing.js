/** The price of what is about to be ordered, and the agreement without which nothing is spent. */

import { at, made, wordButton } from "./dom.js";
import { change } from "./store.js";
import { priceWords } from "./time.js";
import { say } from "./words.js";

/** @typedef {{words: string, estimate_usd: number, needs_agreement: boolean, undescribed: string[]}} Estimate */

const dialog = () => /** @type {HTMLDialogElement} */ (at("dialog"));

/** @param {string} words @param {HTMLElement} input */
export const field = (words, input) =>
  made("label", { class: "field" }, made("span", { text: words }), input);

/** Show something to fill in. @param {HTMLElement} form */
export function open(form) {
  dialog().setAttribute("aria-labelledby", "dialog-title");
  dialog().replaceChildren(form);
  if (!dialog().open) dialog().showModal();
}

export const close = () => dialog().close();

/**
 * The foot of a dialog that orders something: its price, a box to agree, and the button.
 * @param {string} act what the button says, such as "Make takes"
 * @param {() => Promise<Estimate>} ask
 */
export function pricing(act, ask) {
  /** @type {number|null} price that was shown, in USD; null while it is not known */
  let shown = null;
  let questions = 0;
  let blocked = false;
  const words = made("p", { id: "order-price", class: "price", role: "status" }, "…");
  const box = made("input", { type: "checkbox", id: "order-agreed", onchange: allow });
  const promise = made("span");
  const row = made("label", { class: "agree", hidden: true }, box, promise);
  const go = made(
    "button",
    { type: "submit", class: "primary", id: "order-go", disabled: true },
    act,
  );

  function allow() {
    go.disabled = shown === null || blocked || (!row.hidden && !box.checked);
  }

  async function refresh() {
    shown = null;
    questions += 1;
    const mine = questions;
    allow();
    try {
      const found = await ask();
      if (mine !== questions) return;
      shown = found.estimate_usd;
      blocked = found.undescribed.length > 0;
      words.textContent = blocked ? `${found.words} Describe the shot first.` : found.words;
      row.hidden = !found.needs_agreement;
      promise.textContent = `I agree to spend up to ${priceWords(found.estimate_usd)}`;
      box.checked = false;
      go.textContent = `${act} · ${priceWords(found.estimate_usd)}`;
      allow();
    } catch (error) {
      if (mine === questions) decline(error);
    }
  }

  /** @param {unknown} error */
  function decline(error) {
    words.textContent = /** @type {Error} */ (error).message;
  }

  return {
    parts: [words, row, made("div", { class: "ends" }, wordButton("Cancel", close), go)],
    refresh,
    decline,
    /** What was agreed to, to be sent along. */
    agreed: () => (row.hidden ? {} : { agreed_usd: shown }),
  };
}

/**
 * Open a dialog that orders something, and show how far the order is once it began.
 * @param {string} title @param {string} about
 * @param {(HTMLElement|string)[]} parts what is filled in
 * @param {ReturnType<typeof pricing>} price
 * @param {(agreed: any) => Promise<any>} send begins the order
 * @param {string} words said once it began
 */
export function orderForm(title, about, parts, price, send, words) {
  /** @param {Event} event */
  async function begin(event) {
    event.preventDefault();
    try {
      const order = await send(price.agreed());
      close();
      change({ order, range: null });
      if (words) say(words);
    } catch (error) {
      price.decline(error);
    }
  }
  open(
    made(
      "form",
      { method: "dialog", class: "sheet", onsubmit: begin },
      made("h2", { id: "dialog-title" }, title),
      made("p", { class: "faint" }, about),
      ...parts,
      ...price.parts,
    ),
  );
}
