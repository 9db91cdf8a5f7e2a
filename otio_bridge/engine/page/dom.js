/** Making and finding elements; text only ever enters as text. */

/** @param {string} id @returns {HTMLElement} */
export const at = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

/**
 * Make an element. Keys with "on" are listeners, "style" is an object, "text" its text,
 * booleans are attributes that are there or not.
 * @param {string} tag
 * @param {Record<string, any>} [about]
 * @param {...(Node|string|null|false|undefined)} children
 * @returns {any}
 */
export function made(tag, about = {}, ...children) {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(about)) set(element, key, value);
  element.append(...children.filter((child) => child || child === "").map(nodeOf));
  return element;
}

/** @param {any} child */
function nodeOf(child) {
  return child instanceof Node ? child : String(child);
}

/** @param {HTMLElement} element @param {string} key @param {any} value */
export function set(element, key, value) {
  if (value === null || value === undefined || value === false) element.removeAttribute(key);
  else if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
  else if (key === "text") element.textContent = value;
  else if (key === "style") {
    for (const [name, said] of Object.entries(value)) element.style.setProperty(name, String(said));
  } else element.setAttribute(key, value === true ? "" : String(value));
}

/**
 * A sign from the page's own sheet of signs.
 * @param {string} name
 */
export function sign(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  svg.setAttribute("class", "sign");
  svg.setAttribute("aria-hidden", "true");
  use.setAttribute("href", `#sign-${name}`);
  svg.append(use);
  return svg;
}

/** @param {string} name @param {string} label @param {() => void} act @param {Record<string, any>} [more] */
export function button(name, label, act, more = {}) {
  return made(
    "button",
    { type: "button", "aria-label": label, title: label, onclick: act, ...more },
    sign(name),
  );
}

/** @param {string} text @param {() => void} act @param {Record<string, any>} [more] */
export function wordButton(text, act, more = {}) {
  return made("button", { type: "button", onclick: act, ...more }, text);
}
