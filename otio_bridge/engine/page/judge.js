/** Judging: keep and reject seconds, have the plan follow at once, and take it all back. */

import { post, shotPath } from "./api.js";
import { refill } from "./grid.js";
import { cellOf, change, nameOf, ORIGINAL, rows, state, takeOf } from "./store.js";
import { say } from "./words.js";

/** @typedef {{take: string, second: number, mark: string|null, because?: string|null}} Marked */

/** Marks shown already but not yet known to the engine. @type {Map<string, Marked>} */
const pending = new Map();
/** @type {{words: string, back: () => Promise<void>|void}[]} */
const undoable = [];
let asked = 0;

/** Remember how to take something back. @param {string} words @param {() => Promise<void>|void} back */
export function remember(words, back) {
  undoable.push({ words, back });
  change({ undo: undoable.length });
}

export async function undo() {
  const last = undoable.pop();
  change({ undo: undoable.length });
  if (!last) return say("There is nothing to undo.");
  try {
    await last.back();
    say(`Undone: ${last.words}.`);
  } catch (error) {
    say(/** @type {Error} */ (error).message, "error");
  }
}

/** What the next undo would take back. */
export const undoWords = () => undoable[undoable.length - 1]?.words || "";

export function forgetUndo() {
  undoable.length = 0;
  pending.clear();
  change({ undo: 0 });
}

/** Let the plan show a second from a take; once more lets it choose again. @param {string} id @param {number} second */
export function keep(id, second) {
  const on = id === ORIGINAL ? state.kept.has(second) : cellOf(id, second)?.verdict === "held";
  if (id !== ORIGINAL && !cellOf(id, second))
    return say(`${nameOf(id)} has no whole second ${second}.`);
  const marks = otherKeeps(id, second);
  if (id !== ORIGINAL) marks.push({ take: id, second, mark: on ? null : "held" });
  const kept = new Set(state.kept);
  if (id === ORIGINAL && !on) kept.add(second);
  else kept.delete(second);
  judge(
    marks,
    kept,
    on ? `let second ${second} be chosen` : `kept second ${second} of ${nameOf(id)}`,
  );
}

/** Keep all seconds that a take has. @param {string} id */
export function keepWhole(id) {
  const marks = (takeOf(id)?.seconds || []).flatMap((cell) => [
    ...otherKeeps(id, cell.second),
    { take: id, second: cell.second, mark: "held" },
  ]);
  const kept = new Set([...state.kept].filter((second) => !cellOf(id, second)));
  if (marks.length) judge(marks, kept, `kept all of ${id}`);
}

/** Say that a second of a take fails; once more takes that back. @param {string} id @param {number} second */
export function reject(id, second) {
  const cell = cellOf(id, second);
  if (id === ORIGINAL)
    return say("The original needs no rejecting: it is only shown where you keep it.");
  if (!cell) return say(`${nameOf(id)} has no whole second ${second}.`);
  const off = cell.verdict === "failed";
  judge(
    [{ take: id, second, mark: off ? null : "failed" }],
    state.kept,
    off ? `unmarked second ${second} of ${id}` : `rejected second ${second} of ${id}`,
  );
}

/** Say why a rejected second fails. @param {string} id @param {number} second @param {string} kind "" for no reason */
export function because(id, second, kind) {
  judge(
    [{ take: id, second, mark: "failed", because: kind || null }],
    state.kept,
    `${kind ? "gave" : "took away"} the reason for second ${second} of ${id}`,
  );
}

/** One second is kept from one take only. @param {string} id @param {number} second @returns {Marked[]} */
function otherKeeps(id, second) {
  return rows()
    .filter((other) => other !== id && cellOf(other, second)?.verdict === "held")
    .map((take) => ({ take, second, mark: null }));
}

/** @param {Marked[]} marks @param {Set<number>} kept @param {string} words */
function judge(marks, kept, words) {
  const before = marks.map(({ take, second }) => ({
    take,
    second,
    mark: cellOf(take, second)?.verdict || null,
    because: cellOf(take, second)?.because || null,
  }));
  const keptBefore = state.kept;
  const shot = state.shot.id;
  remember(words, () => {
    if (state.shot?.id === shot) return sent([...before].reverse(), keptBefore);
  });
  const spoken = document.getElementById("spoken");
  if (spoken) spoken.textContent = words;
  sent(marks, kept).catch((error) => say(error.message, "error"));
}

/** Show marks, plan with them, and tell the engine. @param {Marked[]} marks @param {Set<number>} kept */
async function sent(marks, kept) {
  put(marks);
  for (const mark of marks) pending.set(`${mark.take}/${mark.second}`, mark);
  change({ kept });
  refill(ORIGINAL);
  const shot = state.shot.id;
  const planning = replan();
  if (marks.length) {
    try {
      await post(`${shotPath(state.timeline, shot)}/marks?plan=false`, { marks });
    } finally {
      for (const mark of marks)
        if (pending.get(`${mark.take}/${mark.second}`) === mark)
          pending.delete(`${mark.take}/${mark.second}`);
    }
  }
  await planning;
}

/** @param {Marked[]} marks */
function put(marks) {
  for (const { take, second, mark, because: why } of marks) {
    const cell = cellOf(take, second);
    if (cell) Object.assign(cell, { verdict: mark, because: why || null });
  }
  for (const id of new Set(marks.map((mark) => mark.take))) refill(id);
}

/** Put marks that are on their way over takes that were read anew. */
export function putPending() {
  for (const { take, second, mark, because: why } of pending.values()) {
    const cell = cellOf(take, second);
    if (cell) Object.assign(cell, { verdict: mark, because: why || null });
  }
}

/** Seconds that must be shown from one take: those kept from just one. */
function locks() {
  const found = [...state.kept].map((second) => ({ take: ORIGINAL, second }));
  for (let second = 0; second < state.seconds; second += 1) {
    const held = state.takes.filter((take) => cellOf(take.id, second)?.verdict === "held");
    if (held.length === 1 && !state.kept.has(second)) found.push({ take: held[0].id, second });
  }
  return found;
}

/** Ask for the plan that fits the marks; the answer to the last question counts. */
export async function replan() {
  if (!state.takes.length) return change({ plan: null, planned: "" });
  asked += 1;
  const mine = asked;
  const path = `${shotPath(state.timeline, state.shot.id)}/plan`;
  const marks = [...pending.values()];
  const keepers = locks();
  let words = "";
  let found;
  try {
    found = await post(path, { marks, keep: keepers, shift: state.shift });
  } catch (error) {
    if (!keepers.length) throw error;
    words = /** @type {Error} */ (error).message;
    found = await post(path, { marks, shift: state.shift });
  }
  if (mine === asked) change({ plan: found.plans[0] || null, planned: words });
}
