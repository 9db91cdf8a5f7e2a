/** Frames, seconds and timecode. Rates are exact fractions, spans half-open. */

/** @typedef {{num: number, den: number}} Rate */

/** @param {string} text such as "24/1" @returns {Rate} */
export function rateOf(text) {
  const [num, den] = text.split("/").map(Number);
  return { num, den: den || 1 };
}

/** @param {Rate} rate */
export const perSecond = (rate) => rate.num / rate.den;

/**
 * First frame of a second: the first that does not begin before it.
 * @param {number} second @param {Rate} rate
 */
export const firstFrame = (second, rate) => Math.ceil((second * rate.num) / rate.den);

/**
 * Frames [start, end) of a second inside a slot.
 * @param {number} second @param {Rate} rate @param {number} frames
 * @returns {[number, number]}
 */
export function framesOf(second, rate, frames) {
  return [
    Math.min(firstFrame(second, rate), frames),
    Math.min(firstFrame(second + 1, rate), frames),
  ];
}

/** @param {number} frame @param {Rate} rate */
export const secondOf = (frame, rate) => Math.floor((frame * rate.den) / rate.num);

/**
 * Time inside a slot as seconds and frames, such as "2:07".
 * @param {number} frame @param {Rate} rate
 */
export function placeWords(frame, rate) {
  const second = secondOf(frame, rate);
  return `${second}:${String(frame - firstFrame(second, rate)).padStart(2, "0")}`;
}

/** @param {number} value */
export function secondsWords(value) {
  return `${Number(value.toFixed(2))} s`;
}

/** @param {number[]} numbers sorted; returned as runs [first, last + 1) */
export function runsOf(numbers) {
  /** @type {[number, number][]} */
  const runs = [];
  for (const number of numbers) {
    const last = runs[runs.length - 1];
    if (last && last[1] === number) last[1] = number + 1;
    else runs.push([number, number + 1]);
  }
  return runs;
}

/** @param {[number, number][]} runs of seconds, such as "seconds 0 and 4-5" */
export function runsWords(runs) {
  const each = runs.map(([a, b]) => (b - a === 1 ? `${a}` : `${a} to ${b - 1}`));
  const one = runs.length === 1 && runs[0][1] - runs[0][0] === 1;
  const last = each.pop();
  return `${one ? "second" : "seconds"} ${each.length ? `${each.join(", ")} and ${last}` : last}`;
}

/** @param {number} usd */
export const priceWords = (usd) => (usd > 0 ? `$${usd.toFixed(2)}` : "free");
