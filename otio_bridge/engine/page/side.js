/** Beside the player: the second under the cursor with its reasons, the looks, the shot. */

import { shotPath, timelinePath } from "./api.js";
import { at, made, sign, wordButton } from "./dom.js";
import { describeDialog } from "./describe.js";
import { boxLook, brushLook, lockLook } from "./boxing.js";
import { coverageDialog } from "./coverage.js";
import { candidatesDialog, candidatesOf, fuseDialog, sheetDialog } from "./fusing.js";
import { pullTake } from "./edits.js";
import { keyOf } from "./cells.js";
import { because, keep, reject } from "./judge.js";
import { goTo } from "./transport.js";
import { cellOf, change, coverOf, nameOf, ORIGINAL, state, takeOf, watch } from "./store.js";
import { framesOf, secondOf } from "./time.js";
import { FAILING, kindWords, leaning, pill, worst } from "./words.js";

let second = -1;
let shown = "";

export function beginSide() {
  at("side").append(
    made("section", { id: "card", "aria-label": "This second" }),
    made("section", { id: "looks", "aria-label": "Looks" }),
    made("section", { id: "about", "aria-label": "The shot" }),
  );
  watch(["take", "takes", "plan", "kept", "shot", "hosts"], drawCard);
  watch(["frame"], () => secondOf(state.frame, state.rate) !== second && drawCard());
  watch(["looks", "shot", "timeline"], drawLooks);
  watch(["shot"], drawAbout);
}

function drawCard() {
  const card = at("card");
  if (!state.shot) return card.replaceChildren();
  second = secondOf(state.frame, state.rate);
  const id = state.take;
  const cell = cellOf(id, second);
  const take = takeOf(id);
  const key = JSON.stringify([
    id,
    second,
    cell,
    take?.notes,
    state.kept.has(second),
    state.hosts,
    state.shot.id,
  ]);
  if (key === shown) return;
  shown = key;
  card.replaceChildren(
    made("h2", {}, `${nameOf(id)}, second ${second}`),
    made("p", { class: "verdict-line" }, ...summary(id, cell)),
    ...reasons(id, cell),
    made("div", { class: "ends start" }, ...actions(id, cell)),
    ...(take?.notes || [])
      .filter((note) => note !== "not judged yet")
      .map((note) => made("p", { class: "faint small", text: note })),
  );
}

/** @param {string} id @param {import("./store.js").Cell|undefined} cell */
function summary(id, cell) {
  if (id === ORIGINAL)
    return [made("span", { class: "faint" }, "The clip as it was shot, to compare with.")];
  if (!cell)
    return [made("span", { class: "faint" }, `${nameOf(id)} does not show all of this second.`)];
  if (cell.held === null)
    return [
      pill(null),
      made("span", {}, takeOf(id)?.judged ? "The judge abstains here." : "Not judged yet."),
    ];
  const percent = Math.round(cell.held * 100);
  const words =
    cell.held < FAILING
      ? `probably fails: ${worst(cell) || "unclear why"}`
      : cell.held < 0.75
        ? "may hold"
        : "probably holds";
  return [
    pill(cell.held),
    made("span", {}, made("span", { class: "hidden", text: `${percent} percent: ` }), words),
  ];
}

/** What the judge saw, as sentences that lead to their frame; then what it suspects, as bars. @param {string} id @param {import("./store.js").Cell|undefined} cell */
function reasons(id, cell) {
  const take = takeOf(id);
  if (!take || !cell) return [];
  const [start, end] = framesOf(second, state.rate, state.frames);
  const found = take.evidence.filter(
    (one) => one.start + take.slot_start < end && one.end + take.slot_start > start,
  );
  const list = found.map((one) => {
    const frame = Math.max(start, one.start + take.slot_start);
    return made(
      "li",
      {},
      made(
        "button",
        {
          type: "button",
          class: "reason",
          onclick: () => (change({ take: id, view: "take" }), goTo(frame)),
        },
        made("span", { text: one.words || kindWords(one.kind) }),
        made("span", { class: "faint", text: ` f${frame}` }),
      ),
    );
  });
  const bars = Object.entries(cell.failures)
    .filter(([, share]) => share >= 0.1)
    .sort((a, b) => b[1] - a[1]);
  return [
    list.length ? made("ul", { class: "reasons" }, ...list) : "",
    bars.length && leaning(cell.held) !== "unknown"
      ? made(
          "dl",
          { class: "bars" },
          ...bars.flatMap(([kind, share]) => [
            made("dt", { text: kindWords(kind) }),
            made(
              "dd",
              {},
              made("i", { style: { "--share": share } }),
              made("span", { text: `${Math.round(share * 100)} %` }),
            ),
          ]),
        )
      : "",
  ].filter(Boolean);
}

/** @param {string} id @param {import("./store.js").Cell|undefined} cell */
function actions(id, cell) {
  const kept = id === ORIGINAL ? state.kept.has(second) : cell?.verdict === "held";
  const acts = [];
  if (cell || id === ORIGINAL)
    acts.push(
      judging(
        "keep",
        kept ? "Kept" : "Keep",
        Boolean(kept),
        () => keep(id, second),
        id === ORIGINAL ? "0" : keyOf(id),
      ),
    );
  if (cell)
    acts.push(
      judging(
        "reject",
        cell.verdict === "failed" ? "Rejected" : "Reject",
        cell.verdict === "failed",
        () => reject(id, second),
        "X",
      ),
    );
  if (cell?.verdict === "failed") acts.push(reasonOf(id, cell));
  if (id !== ORIGINAL) {
    const [first, last] = coverOf(id);
    const whole = first <= 0 && last >= state.frames;
    acts.push(
      wordButton(state.hosts.length ? "Send this take" : "Use this take", () => pullTake(id), {
        disabled: !whole,
        title: whole ? "Show this take in the whole slot" : `${id} does not cover the whole slot`,
      }),
    );
  } else
    acts.push(
      wordButton("Lock a look…", boxLook, {
        title: "Draw a box around a character, prop or place on this frame",
      }),
      wordButton("Brush a body…", brushLook, {
        title: "Paint over one body on this frame, where a box would hold two",
      }),
    );
  return acts;
}

/** Why a second was rejected: it teaches the judge. @param {string} id @param {import("./store.js").Cell} cell */
function reasonOf(id, cell) {
  const at = second;
  const list = made(
    "select",
    { id: "because", onchange: () => because(id, at, list.value) },
    made("option", { value: "", text: "because …" }),
    ...Object.keys(cell.failures).map((kind) =>
      made("option", { value: kind, text: kindWords(kind), selected: kind === cell.because }),
    ),
  );
  return made("label", {}, made("span", { class: "hidden", text: "Why it fails" }), list);
}

/** @param {string} name @param {string} words @param {boolean} on @param {() => void} act @param {string} key */
const judging = (name, words, on, act, key) =>
  made(
    "button",
    { type: "button", class: `judge ${name}`, "aria-pressed": String(on), onclick: act },
    sign(name),
    words,
    Number(key) > 9 ? "" : made("kbd", { text: key }),
  );

function drawLooks() {
  const order = ["fused", "character", "prop", "location"];
  const wanted = new Set([
    ...(state.shot?.shot.performers || []).map((/** @type {any} */ one) => `character/${one.name}`),
    ...(state.shot?.shot.props || []).map((/** @type {string} */ one) => `prop/${one}`),
    `location/${state.shot?.shot.location}`,
  ]);
  const fused = state.shot?.shot.id;
  const mine = state.looks.filter((look) =>
    look.role === "fused" ? look.name === fused : wanted.has(`${look.role}/${look.name}`),
  );
  const plain = state.looks.filter((look) => look.role !== "fused");
  const looks = (mine.length ? mine : plain).sort(
    (a, b) => order.indexOf(a.role) - order.indexOf(b.role),
  );
  const missing = [...wanted].filter(
    (one) =>
      !one.endsWith("/null") &&
      !one.endsWith("/undefined") &&
      !state.looks.some((look) => `${look.role}/${look.name}` === one),
  );
  at("looks").replaceChildren(
    made(
      "div",
      { class: "head" },
      made("h2", {}, "Looks"),
      candidatesOf() ? wordButton("Candidates…", candidatesDialog, { class: "plain" }) : "",
      state.shot?.shot.performers.length
        ? wordButton("Resolve contact…", fuseDialog, { class: "plain", id: "fuse" })
        : "",
    ),
    looks.length || missing.length
      ? made("ul", { class: "looks" }, ...looks.map(lookCard), ...missing.map(missingCard))
      : made(
          "p",
          { class: "faint" },
          "No looks yet. Show the original and draw a box around a character to lock how it looks.",
        ),
  );
}

/** @param {any} look */
function lookCard(look) {
  const path = `${timelinePath(state.timeline)}/references/${look.role}/${encodeURIComponent(look.name)}/pictures/0?of=${look.sha256 || look.origin}`;
  const role = look.role === "fused" ? "resolved" : look.role;
  return made(
    "li",
    {},
    made("img", {
      src: path,
      alt: look.role === "fused" ? "The contact resolved" : `Sheet of ${look.name}`,
      loading: "lazy",
    }),
    made("b", { text: look.role === "fused" ? "contact" : look.name }),
    made(
      "span",
      { class: "faint small" },
      `${role} `,
      look.locked ? sign("lock") : "",
      look.locked
        ? made("span", { class: "hidden", text: "locked" })
        : wordButton("lock", () => lockLook(look), { class: "plain tiny" }),
    ),
  );
}

/** @param {string} one */
function missingCard(one) {
  const [role, name] = [one.slice(0, one.indexOf("/")), one.slice(one.indexOf("/") + 1)];
  return made(
    "li",
    { class: "missing" },
    made("div", { class: "blank" }, "no sheet"),
    made("b", { text: name }),
    made(
      "span",
      { class: "faint small" },
      `${role} `,
      role === "character"
        ? wordButton("draw a sheet", () => sheetDialog(name), { class: "plain tiny" })
        : "",
    ),
  );
}

function drawAbout() {
  const about = at("about");
  if (!state.shot) return about.replaceChildren();
  const { shot } = state.shot;
  const cast = shot.performers
    .map((/** @type {any} */ one) => `${one.name} ${one.side}`)
    .join(", ");
  const facts = [
    ["Made by", shot.provider],
    ["Cast", cast],
    ["Place", shot.location],
    ["Props", shot.props.join(", ")],
    [
      "Contact",
      shot.contact.length
        ? `${shot.kind === "other" ? "frames" : `${shot.kind}, frames`} ${shot.contact.map((/** @type {number[]} */ one) => `${one[0]}–${one[1]}`).join(", ")}`
        : "",
    ],
  ].filter(([, said]) => said);
  about.replaceChildren(
    made(
      "div",
      { class: "head" },
      made("h2", {}, "The shot"),
      shot.performers.length > 1
        ? wordButton("Break coverage…", coverageDialog, {
            class: "plain",
            id: "coverage",
            title: "Show the contact in shots of one character each",
          })
        : "",
      wordButton(shot.described ? "Edit…" : "Describe…", describeDialog, {
        class: "plain",
        id: "describe",
      }),
    ),
    made("p", {
      class: shot.prompt ? "" : "faint",
      text: shot.prompt || "Nobody has said yet what is to be seen here.",
    }),
    made(
      "dl",
      { class: "facts" },
      ...facts.flatMap(([name, said]) => [made("dt", { text: name }), made("dd", { text: said })]),
    ),
    made(
      "a",
      {
        href: shotPath(state.timeline, state.shot.id) + "/board",
        target: "_blank",
        rel: "noopener",
        class: "faint small",
      },
      "Takes as one still",
    ),
    made(
      "a",
      {
        href: `${timelinePath(state.timeline)}/report`,
        target: "_blank",
        rel: "noopener",
        class: "faint small",
      },
      "Report",
    ),
  );
}
