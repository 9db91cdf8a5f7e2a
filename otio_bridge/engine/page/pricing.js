/** The price of what is about to be ordered, and the agreement without which nothing is spent. */

import { at, made, wordButton } from "./dom.js";
import { priceWords } from "./time.js";

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
      if (mine === questions) say(error);
    }
  }

  /** @param {unknown} error */
  function say(error) {
    words.textContent = /** @type {Error} */ (error).message;
  }

  return {
    parts: [words, row, made("div", { class: "ends" }, wordButton("Cancel", close), go)],
    refresh,
    say,
    /** What was agreed to, to be sent along. */
    agreed: () => (row.hidden ? {} : { agreed_usd: shown }),
  };
}
