/** Reading from the engine what the page shows, anew whenever something changed. */

import { call, listen, shotPath, timelinePath } from "./api.js";
import { forgetUndo, putPending, replan } from "./judge.js";
import { heard, newestOrder } from "./orders.js";
import { change, ORIGINAL, state } from "./store.js";
import { rateOf } from "./time.js";
import { say } from "./words.js";

let soon = 0;
let takesText = "";

/** Open the page on a timeline. @param {string} wished id; "" for the last one that is open */
export async function openTimeline(wished) {
  const open = (await call("/v1/timelines")).timelines;
  const found = wished
    ? open.find((/** @type {any} */ one) => one.id === wished)
    : open[open.length - 1];
  if (!found)
    throw new Error("No such timeline is open; run 'otio-bridge review TIMELINE' to open one.");
  change({ timeline: found.id, path: found.path });
  await Promise.all([loadShots(), loadLooks(), loadHosts()]);
  listen(found.id, told, (live) => change({ live })).catch((error) => say(error.message, "error"));
  setInterval(() => loadHosts().catch(() => {}), 10000);
}

export async function loadShots() {
  const found = await call(`${timelinePath(state.timeline)}/shots`);
  change({ shots: found.shots, rate: rateOf(found.rate), path: found.timeline });
}

export async function loadLooks() {
  change({ looks: (await call(`${timelinePath(state.timeline)}/references`)).looks });
}

export async function loadHosts() {
  const found = await call(`${timelinePath(state.timeline)}/edits`);
  const hosts = found.hosts.map((/** @type {any} */ one) => one.host);
  if (hosts.join() !== state.hosts.join()) change({ hosts });
  return found.edits;
}

/** The shot to begin with: one with takes, or with contact, or the first. */
export function firstShot() {
  const { shots } = state;
  return (
    (shots.find((one) => one.takes.length) || shots.find((one) => one.contact.length) || shots[0])
      ?.id || ""
  );
}

/** Show one shot. @param {string} id */
export async function openShot(id) {
  const path = shotPath(state.timeline, id);
  const [shot, takes] = await Promise.all([call(path), call(`${path}/takes?plan=false`)]);
  forgetUndo();
  takesText = JSON.stringify(takes.takes);
  const best = takes.takes.find((/** @type {any} */ one) => one.active) || takes.takes[0];
  change({
    speed: 0,
    loop: null,
    range: null,
    side: "",
    kept: keptOf(takes.shown),
    chosen: new Set(),
  });
  change({
    shot,
    frames: shot.slot.frames,
    seconds: shot.slot.seconds,
    rate: rateOf(shot.slot.rate),
    takes: takes.takes,
    plan: null,
    planned: "",
    shown: takes.shown,
    take: best?.id || ORIGINAL,
    view: "take",
    frame: 0,
  });
  const address = new URL(location.href);
  address.searchParams.set("timeline", state.timeline);
  address.searchParams.set("shot", id);
  history.replaceState(null, "", address);
  newestOrder();
  replan().catch((error) => say(error.message, "error"));
}

/** A splice may show the original in places: those stay kept. @param {any[]} shown */
function keptOf(shown) {
  const kept = new Set();
  if (shown.length < 2) return kept;
  const own = shown.filter((one) => one.take === ORIGINAL);
  const { num, den } = state.rate;
  for (const one of own) {
    const first = Math.ceil((one.slot_start * den) / num);
    const last = Math.floor(((one.slot_start + one.frames) * den) / num);
    for (let second = first; second < last; second += 1) kept.add(second);
  }
  return kept;
}

/** Read the shot again; what did not change stays untouched on the page. */
export async function reload() {
  const id = state.shot?.id;
  if (!id) return loadShots();
  const path = shotPath(state.timeline, id);
  const [shot, takes] = await Promise.all([
    call(path),
    call(`${path}/takes?plan=false`),
    loadShots(),
    loadLooks(),
    loadHosts(),
  ]);
  if (state.shot?.id !== id || state.saying) return;
  const text = JSON.stringify(takes.takes);
  if (JSON.stringify(shot) !== JSON.stringify(state.shot))
    change({ shot, frames: shot.slot.frames, seconds: shot.slot.seconds });
  if (text !== takesText) {
    takesText = text;
    state.takes = takes.takes;
    putPending();
    change({ takes: state.takes });
  }
  change({ shown: takes.shown });
  await replan();
}

/** @param {import("./api.js").News} news */
function told(news) {
  if (news.kind === "order") heard(news);
  if (news.kind === "proxy") return;
  const ended = ["done", "failed", "cancelled"].includes(news.state);
  if (news.kind === "order" && !ended) return;
  clearTimeout(soon);
  soon = setTimeout(() => reload().catch((error) => say(error.message, "error")), 250);
}
