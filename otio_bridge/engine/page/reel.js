/** The pictures of one row along the slot, drawn from one strip of the engine, and its frame scores. */

import { shotPath } from "./api.js";
import { coverOf, ORIGINAL, state, takeOf } from "./store.js";
import { framesOf } from "./time.js";
import { heldColour } from "./words.js";

const WIDTHS = [160, 240, 320, 480];
const LONGEST = 16000;
/** Strips are asked for a few at a time, so that players are served first. */
const AT_ONCE = 3;

/** @type {Map<string, Promise<ImageBitmap>>} */
const strips = new Map();
/** @type {(() => void)[]} */
const waiting = [];
let running = 0;

/** @param {string} take @param {number} width @returns {Promise<ImageBitmap>} */
function stripOf(take, width) {
  const name = `${state.timeline}/${state.shot.id}/${take}/${width}`;
  let strip = strips.get(name);
  if (!strip) {
    strip = inTurn(async () => {
      const answer = await fetch(
        `${shotPath(state.timeline, state.shot.id)}/strip/${take}?width=${width}`,
      );
      if (!answer.ok) throw new Error("no strip");
      return createImageBitmap(await answer.blob());
    });
    strip.catch(() => strips.delete(name));
    strips.set(name, strip);
  }
  return strip;
}

/** @template T @param {() => Promise<T>} act @returns {Promise<T>} */
async function inTurn(act) {
  if (running >= AT_ONCE) await new Promise((go) => waiting.push(() => go(null)));
  running += 1;
  try {
    return await act();
  } finally {
    running -= 1;
    waiting.shift()?.();
  }
}

/** @param {number} pixels wide that one second is shown */
function widthFor(pixels) {
  const most = Math.floor(LONGEST / Math.max(1, state.seconds));
  return (
    WIDTHS.find((width) => width >= pixels && width <= most) ||
    WIDTHS.findLast((width) => width <= most) ||
    160
  );
}

/**
 * Draw a row's pictures: each second's middle frame, cut to its place.
 * @param {HTMLCanvasElement} canvas @param {string} take
 */
export async function drawReel(canvas, take) {
  const box = canvas.getBoundingClientRect();
  if (!box.width) return;
  const scale = Math.min(2, devicePixelRatio);
  const [wide, high] = [Math.round(box.width * scale), Math.round(box.height * scale)];
  const wanted = `${state.shot.id}/${take}/${wide}x${high}/${coverOf(take)}`;
  if (canvas.dataset.drawn === wanted) return;
  canvas.dataset.drawn = wanted;
  let strip;
  try {
    strip = await stripOf(take, widthFor((wide / state.seconds) * 1));
  } catch {
    canvas.dataset.drawn = "";
    return;
  }
  if (canvas.dataset.drawn !== wanted) return;
  canvas.width = wide;
  canvas.height = high;
  const ink = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const [first, last] = coverOf(take);
  for (let second = 0; second < state.seconds; second += 1) {
    const [start, end] = framesOf(second, state.rate, state.frames);
    const [from, to] = [Math.max(start, first), Math.min(end, last)];
    if (to <= from) continue;
    const x = (from / state.frames) * wide;
    const room = (to / state.frames) * wide - x;
    const middle = start + Math.floor((end - start) / 2);
    if (middle >= first && middle < last)
      tile(ink, strip, second * (strip.width / state.seconds), x, room, high);
    else part(ink, canvas, take, Math.floor((from + to) / 2), x, room, high);
  }
}

/** Draw part of a second by a picture of its own. @param {CanvasRenderingContext2D} ink @param {HTMLCanvasElement} canvas
 *  @param {string} take @param {number} frame @param {number} x @param {number} wide @param {number} high */
async function part(ink, canvas, take, frame, x, wide, high) {
  const wanted = canvas.dataset.drawn;
  const answer = await fetch(
    `${shotPath(state.timeline, state.shot.id)}/thumbnail/${take}?frame=${frame}&width=240`,
  );
  if (!answer.ok) return;
  const picture = await createImageBitmap(await answer.blob());
  if (canvas.dataset.drawn === wanted) tile(ink, picture, 0, x, wide, high, picture.width);
}

/** @param {CanvasRenderingContext2D} ink @param {ImageBitmap} strip @param {number} left of the tile in the strip
 *  @param {number} x @param {number} wide @param {number} high @param {number} [full] width of the tile */
function tile(ink, strip, left, x, wide, high, full = strip.width / state.seconds) {
  const scale = Math.max(wide / full, high / strip.height);
  const [w, h] = [wide / scale, high / scale];
  // Heads are nearer the top than feet to the bottom, so a flat cut keeps more above.
  ink.drawImage(strip, left + (full - w) / 2, (strip.height - h) * 0.3, w, h, x, 0, wide, high);
}

/**
 * Draw P(held) of every frame as columns: lower where it fails, so that it reads without colours.
 * @param {HTMLCanvasElement} canvas @param {string} id
 */
export function drawScores(canvas, id) {
  const take = takeOf(id);
  const box = canvas.getBoundingClientRect();
  const scale = Math.min(2, devicePixelRatio);
  const [wide, high] = [Math.round(box.width * scale), Math.round(box.height * scale)];
  canvas.width = wide;
  canvas.height = high;
  const ink = canvas.getContext("2d");
  if (!take || id === ORIGINAL || !ink) return;
  take.held.forEach((held, index) => {
    const frame = take.slot_start + index;
    if (frame < 0 || frame >= state.frames) return;
    const left = Math.round((frame / state.frames) * wide);
    const rise = Math.round((high - 2 * scale) * (1 - (held ?? 0.5)));
    ink.fillStyle = heldColour(held);
    ink.fillRect(
      left,
      rise,
      Math.max(1, Math.round(((frame + 1) / state.frames) * wide) - left),
      high - rise,
    );
  });
}
