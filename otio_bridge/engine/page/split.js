/** The bar between player and takes: drag it, or move it by arrows. */

import { at } from "./dom.js";

const PLACE = "otio-bridge-split";
const [LEAST, MOST, STEP] = [25, 75, 3];

export function beginSplit() {
  const bar = at("split");
  place(Number(localStorage.getItem(PLACE)) || 52);
  bar.addEventListener("pointerdown", (event) => {
    bar.setPointerCapture(event.pointerId);
    bar.onpointermove = (now) => place(100 - (now.clientY / innerHeight) * 100);
  });
  for (const name of ["pointerup", "pointercancel"])
    bar.addEventListener(name, () => (bar.onpointermove = null));
  bar.addEventListener("keydown", (event) => {
    const by = event.key === "ArrowUp" ? STEP : event.key === "ArrowDown" ? -STEP : 0;
    if (!by) return;
    event.preventDefault();
    event.stopPropagation();
    place(Number(bar.getAttribute("aria-valuenow")) + by);
  });
}

/** @param {number} share of the window's height that the takes have, in percent */
function place(share) {
  const kept = Math.round(Math.max(LEAST, Math.min(MOST, share)));
  document.documentElement.style.setProperty("--takes", `${kept}vh`);
  at("split").setAttribute("aria-valuenow", String(kept));
  localStorage.setItem(PLACE, String(kept));
}
