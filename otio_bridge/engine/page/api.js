/** Speaking to the engine: JSON calls, and news by server-sent events or by polling. */

/** The engine declined; its message is one sentence for people. */
export class Declined extends Error {
  /** @param {string} text @param {number} status @param {number} [price] USD to agree to */
  constructor(text, status, price) {
    super(text);
    this.status = status;
    this.price = price;
  }
}

/**
 * @param {string} path @param {string} [method] @param {any} [body]
 * @returns {Promise<any>}
 */
export async function call(path, method = "GET", body = undefined) {
  const headers = {
    accept: "application/json",
    ...(body === undefined ? {} : { "content-type": "application/json" }),
  };
  let answer;
  try {
    answer = await fetch(path, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch {
    throw new Declined(
      "The engine does not answer; start it with 'otio-bridge review' and reload this page.",
      0,
    );
  }
  const found = await answer.json().catch(() => ({}));
  if (answer.ok) return found;
  const expired =
    answer.status === 401
      ? "This page's key is too old; open it anew with 'otio-bridge review'."
      : "";
  throw new Declined(
    expired || found.error || `The engine answered ${answer.status}.`,
    answer.status,
    found.estimate_usd,
  );
}

/** @param {string} path @param {any} [body] */
export const post = (path, body = {}) => call(path, "POST", body);

/** Addresses of one timeline, and of one shot of it. */
export const timelinePath = (/** @type {string} */ id) => `/v1/timelines/${id}`;
export const shotPath = (/** @type {string} */ id, /** @type {string} */ shot) =>
  `${timelinePath(id)}/shots/${encodeURIComponent(shot)}`;

/** @typedef {{number: number, kind: string, subject: string|null, state: string, words: string, share: number|null}} News */

/**
 * Tell what happens from now on; falls back to polling where events do not come through.
 * @param {string} timeline @param {(news: News) => void} told @param {(live: boolean) => void} alive
 */
export async function listen(timeline, told, alive) {
  let after = (await call("/v1/news")).latest;
  const take = (/** @type {News} */ news) => {
    after = Math.max(after, news.number);
    told(news);
  };
  let failures = 0;
  const begin = () => {
    const stream = new EventSource(`/v1/news/stream?timeline=${timeline}&after=${after}`);
    for (const kind of ["order", "timeline", "edit", "proxy"]) {
      stream.addEventListener(kind, (event) =>
        take(JSON.parse(/** @type {MessageEvent} */ (event).data)),
      );
    }
    stream.onopen = () => {
      failures = 0;
      alive(true);
    };
    stream.onerror = () => {
      failures += 1;
      if (failures < 4 && stream.readyState !== EventSource.CLOSED) return;
      stream.close();
      poll();
    };
  };
  const poll = async () => {
    try {
      const answer = await call(`/v1/news?timeline=${timeline}&after=${after}&wait_seconds=10`);
      after = Math.max(after, answer.latest);
      alive(true);
      answer.news.forEach(take);
      setTimeout(poll, 200);
    } catch {
      alive(false);
      setTimeout(poll, 3000);
    }
  };
  begin();
}
