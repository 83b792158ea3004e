// Talks to the study. The token lives in memory, in the address's fragment and, where allowed, in the browser's storage:
// in the tab's, and until the session ends also in the site's, so that another tab goes on with it.
const STORES = ["sessionStorage", "localStorage"];
const ENDS = ["finished", "left", "declined", "refused", "closed"];
const tab = crypto.getRandomValues(new Uint32Array(4)).join("-");
const who = new URLSearchParams(location.search);
who.delete("lang");
const key = `study:${location.pathname}?${who}`;
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
let token = recall("token") ?? new URLSearchParams(location.hash.slice(1)).get("s");

export function recall(name) {
  for (const store of STORES) {
    try {
      const kept = window[store].getItem(`${key}:${name}`);
      if (kept !== null) return kept;
    } catch { /* as below */ }
  }
  return null;
}

export function remember(name, value, stores = STORES) {
  for (const store of stores) {
    try {
      if (value === null) window[store].removeItem(`${key}:${name}`);
      else window[store].setItem(`${key}:${name}`, value);
    } catch { /* Storage may be forbidden in a frame: the fragment and the server's own memory are enough. */ }
  }
}

function setToken(value) {
  token = value;
  remember("token", value);
  history.replaceState(null, "", `${location.pathname}${location.search}${value ? `#s=${value}` : ""}`);
}

export class Refused extends Error {
  constructor(status, body) {
    super(body.error ?? `HTTP ${status}`);
    this.status = status;
    this.moved = Boolean(body.moved);
    this.kind = body.kind;
    this.departure = body.departure;
  }
}

export async function request(method, path, body, signal) {
  const headers = { "X-Tab": tab };
  if (token) headers.Authorization = `Bearer ${token}`;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const options = { method, headers, signal, credentials: "omit", cache: "no-store" };
  const answer = await fetch(path, { ...options, body: body === undefined ? undefined : JSON.stringify(body) });
  if (answer.ok && answer.headers.get("Content-Type")?.startsWith("image/")) return answer.blob();
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refused(answer.status, said);
  // Whoever sits down at this machine next is somebody else; this tab still knows how its session ended.
  if (ENDS.includes(said.step?.name)) remember("token", null, ["localStorage"]);
  return said;
}

// Sends until the server has answered: a lost network or a server that restarts only delays.
export async function call(method, path, body, waiting) {
  for (let wait = 500; ; wait = Math.min(wait * 2, 8000)) {
    try {
      const said = await request(method, path, body);
      waiting(false);
      return said;
    } catch (error) {
      if (error instanceof Refused && error.status < 500 && error.status !== 429) throw error;
      waiting(true);
      await Promise.race([pause(wait), new Promise((done) => addEventListener("online", done, { once: true }))]);
    }
  }
}

export async function enter(study, locale, waiting) {
  const query = Object.fromEntries(new URLSearchParams(location.search));
  const said = await call("POST", `/api/studies/${study}/enter`, { query, tab, locale }, waiting);
  setToken(said.token);
  return said;
}

// Where the session is; null when there is none yet. Asking makes the session this tab's; an answer that waited for the
// network goes out next.
export async function resume(locale, waiting) {
  if (!token) return null;
  try {
    const found = await call("GET", `/api/session?locale=${locale}`, undefined, waiting);
    const kept = recall("answer");
    return (kept && (await answer(...JSON.parse(kept), waiting).catch(() => null))) || found;
  } catch (error) {
    if (!(error instanceof Refused) || ![401, 404].includes(error.status)) throw error;
    setToken(null);
    return null;
  }
}

export async function answer(nonce, body, waiting) {
  remember("answer", JSON.stringify([nonce, body]));
  try {
    return await call("PUT", `/api/trials/${nonce}`, body, waiting);
  } finally {
    remember("answer", null);
  }
}

export const notes = [];

export function note(kind, facts = {}) {
  notes.push({ kind, at_ms: Math.round(performance.now()), facts });
}

// Best effort: notes are sent beside the answers, never instead of them.
export function sendNotes() {
  if (!token || !notes.length) return;
  request("POST", "/api/session/events", { events: notes.splice(0, 50) }).catch(() => null);
}
