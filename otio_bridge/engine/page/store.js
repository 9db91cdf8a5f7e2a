/** What the page knows and shows: one plain object, and who wants to know when parts change. */

/**
 * @typedef {{second: number, held: number|null, verdict: string|null, because?: string|null, failures: Record<string, number>}} Cell
 * @typedef {{kind: string, start: number, end: number, box: [number, number, number, number], words: string}} Evidence
 * @typedef {{id: string, provider: string, model: string, seed: number, frames: number, cost_usd: number,
 *   seconds: Cell[], notes: string[], slot_start: number, size: [number, number], judged: boolean,
 *   active: boolean, evidence: Evidence[], held: (number|null)[]}} Take
 * @typedef {{take: string, take_start: number, slot_start: number, frames: number}} Segment
 * @typedef {{slot_frame: number, visibility: number}} Seam
 * @typedef {{words?: string, covered: boolean, uncovered_seconds: number[], segments: Segment[], seams: Seam[], advice?: string[]}} Plan
 * @typedef {"take"|"step"|"plan"} View
 */

export const ORIGINAL = "original";
export const AT_ONCE = 8;

export const state = {
  timeline: "",
  path: "",
  rate: { num: 24, den: 1 },
  /** @type {any[]} */ shots: [],
  /** @type {any} */ shot: null,
  frames: 0,
  seconds: 0,
  /** @type {Take[]} */ takes: [],
  /** @type {Plan|null} */ plan: null,
  planned: "",
  /** Frames that a plan may show takes earlier or later than in step. */
  shift: 0,
  /** @type {Segment[]} */ shown: [],
  /** @type {any[]} */ looks: [],
  /** @type {string[]} */ hosts: [],
  /** @type {any|null} */ order: null,
  /** Seconds that the page keeps from the original, which carries no marks.
   *  @type {Set<number>} */
  kept: new Set(),
  frame: 0,
  take: ORIGINAL,
  /** @type {View} */ view: /** @type {View} */ ("take"),
  /** @type {Set<string>} */ chosen: new Set(),
  /** Frames [start, end) that play round and round; null for the whole slot.
   *  @type {[number, number]|null} */
  loop: null,
  /** Which side of a seam shows all of the loop: "" as planned.
   *  @type {string} */
  side: "",
  speed: 0,
  /** Chosen seconds [first, end).
   *  @type {[number, number]|null} */
  range: null,
  undo: 0,
  /** Changes on their way to the engine, shown already; nothing older is shown over them. */
  saying: 0,
  live: true,
};

/** @typedef {keyof typeof state} Key */

/** @type {{keys: Set<Key>, act: () => void}[]} */
const watchers = [];

/** @param {Key[]} keys @param {() => void} act is called after any of them changed */
export function watch(keys, act) {
  watchers.push({ keys: new Set(keys), act });
}

/** @param {Partial<typeof state>} parts */
export function change(parts) {
  Object.assign(state, parts);
  const keys = /** @type {Key[]} */ (Object.keys(parts));
  for (const { keys: wanted, act } of watchers) if (keys.some((key) => wanted.has(key))) act();
}

/** @param {string} id @returns {Take|undefined} */
export const takeOf = (id) => state.takes.find((take) => take.id === id);

/** Ids of all rows from the top. */
export function rows() {
  return [...(state.shot?.has_media ? [ORIGINAL] : []), ...state.takes.map((take) => take.id)];
}

/** @param {string} id @returns {[number, number]} slot frames that have a picture */
export function coverOf(id) {
  const take = takeOf(id);
  return take ? [take.slot_start, take.slot_start + take.frames] : [0, state.frames];
}

/** @param {string} id @param {number} second @returns {Cell|undefined} */
export const cellOf = (id, second) => takeOf(id)?.seconds.find((cell) => cell.second === second);

/** Name for people: "t03", or what stands for the clip's own media. */
export const nameOf = (/** @type {string} */ id) => (id === ORIGINAL ? "original" : id);
