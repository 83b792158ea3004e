// Shows images for exact times: every change happens in an animation frame, and the clock is that frame's time stamp.
const CHANGES = 10;
const frame = () => new Promise(requestAnimationFrame);
const kept = new Map();

export async function measureRefresh(frames = 60) {
  const stamps = [await frame()];
  while (stamps.length <= frames) stamps.push(await frame());
  const steps = stamps.slice(1).map((stamp, i) => stamp - stamps[i]).sort((a, b) => a - b);
  return steps[frames >> 1];
}

async function load(url) {
  const image = new Image();
  image.className = "stimulus";
  image.alt = "";
  image.draggable = false;
  image.src = url;
  await image.decode();
  return image;
}

export function fetchAhead(urls) {
  for (const url of urls) {
    if (!kept.has(url)) kept.set(url, load(url).catch(() => kept.delete(url)));
  }
}

// The images of a trial, fetched and decoded; a failed one is tried again until `retry` gives up.
export async function takeImages(urls, retry) {
  for (let tries = 0; ; tries++) {
    try {
      fetchAhead(urls);
      const images = await Promise.all(urls.map((url) => kept.get(url)));
      if (!images.every((image) => image instanceof Image)) throw new Error("not loaded");
      urls.forEach((url) => kept.delete(url));
      return images;
    } catch {
      urls.forEach((url) => kept.delete(url));
      await retry(tries);
    }
  }
}

function phasesOf(screen) {
  const places = screen.layout === "sequence" ? screen.order.map((place) => [place]) : [screen.order];
  const phases = [{ name: "fixation", ms: screen.fixation_ms }];
  places.forEach((shown, turn) => {
    const name = (what) => shown.map((place) => `${what}${place}`).join(" ");
    phases.push({ name: name("show"), ms: screen.exposure_ms, shown });
    if (screen.exposure_ms === null) return;
    phases.push({ name: name("mask"), ms: screen.mask_ms });
    if (turn + 1 < places.length) phases.push({ name: "blank", ms: screen.gap_ms - screen.mask_ms });
  });
  return phases.filter((phase) => phase.ms === null || phase.ms > 0);
}

// What happens to the window from the cross to the answer: `visibility` has the time stamps of its changes.
function watchAttention(stage) {
  const seen = { hidden: document.hidden, blurs: 0, resizes: 0, visibility: [], showing: true };
  const notes = {
    visibilitychange: (event) => {
      if (seen.visibility.length < CHANGES) seen.visibility.push(event.timeStamp);
      if (!document.hidden) return;
      seen.hidden = true;
      if (seen.showing) stage.dataset.phase = "cover";
    },
    blur: () => seen.blurs++,
    resize: () => seen.resizes++,
  };
  const listeners = [[document, "visibilitychange"], [window, "blur"], [window, "resize"]];
  for (const [target, kind] of listeners) target.addEventListener(kind, notes[kind]);
  seen.stop = () => { for (const [target, kind] of listeners) target.removeEventListener(kind, notes[kind]); };
  return seen;
}

// Presentation times, where the browser gives them: of the first paint of each image and of each mask.
function watchPaints(paints) {
  if (!window.PerformanceObserver?.supportedEntryTypes?.includes("element")) return null;
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) paints[entry.identifier] = entry.renderTime;
  });
  observer.observe({ type: "element" });
  return observer;
}

function place(stage, images, maskUrl) {
  const masks = images.map((image, i) => {
    const box = stage.querySelector(`[data-place="${i}"]`);
    const mask = new Image();
    mask.className = "mask";
    mask.alt = "";
    mask.src = maskUrl;
    image.setAttribute("elementtiming", `show${i}`);
    mask.setAttribute("elementtiming", `mask${i}`);
    box.replaceChildren(image, mask);
    return mask;
  });
  return Promise.all([...images, ...masks].map((image) => image.decode()));
}

// Runs the phases in one loop of frames. Stops early when the tab is hidden: `seen.hidden` then says so.
async function run(stage, phases, interval, seen) {
  const shown = [];
  let last = await frame();
  let start = await frame();
  const origin = start;
  for (const phase of phases) {
    if (seen.hidden) break;
    stage.dataset.phase = phase.name;
    const record = { frames: 0, long_frames: 0, on: start };
    if (phase.ms === null) {
      phase.shown.forEach((p) => shown.push({ place: p, on_ms: start - origin }));
      return { shown, origin, asked: start };
    }
    let now = start;
    last = start;
    while (now - start < phase.ms - interval / 2) {
      now = await frame();
      record.frames++;
      if (now - last > 1.5 * interval) record.long_frames++;
      last = now;
      if (seen.hidden) break;
    }
    for (const p of phase.shown ?? []) {
      const { frames, long_frames } = record;
      shown.push({ place: p, on_ms: start - origin, off_ms: now - origin, frames, long_frames });
    }
    start = now;
  }
  return { shown, origin, asked: start };
}

// Presents a trial; `resume` is awaited when the tab was hidden, `ask` gives [choice, time stamp, trusted].
export async function present(stage, screen, images, { interval, maskUrl, resume, ask }) {
  const paints = {};
  const observer = watchPaints(paints);
  stage.dataset.phase = "blank";
  await place(stage, images, maskUrl);
  stage.scrollIntoView({ block: "start" });
  const box = images[0].getBoundingClientRect();
  const seen = watchAttention(stage);
  const phases = phasesOf(screen);
  const { shown, origin, asked } = await run(stage, phases, interval, seen);
  let begun = asked;
  if (seen.hidden) {
    await resume();
    // No answer is taken before the images could have been seen, not even one that will not count.
    const end = origin + phases.reduce((sum, phase) => sum + (phase.ms ?? 0), 0);
    do begun = await frame(); while (begun < end);
  }
  seen.showing = false;
  if (screen.exposure_ms !== null) stage.dataset.phase = "ask";
  const [answer, stamp, trusted] = await ask();
  seen.stop();
  stage.dataset.phase = "blank";
  observer?.takeRecords().forEach((entry) => { paints[entry.identifier] = entry.renderTime; });
  observer?.disconnect();
  for (const record of shown) {
    record.off_ms ??= stamp - origin;
    const [on, off] = [paints[`show${record.place}`], paints[`mask${record.place}`]];
    if (on && off) record.presented_ms = off - on;
  }
  return {
    answer,
    rt_ms: Math.max(0, stamp - begun),
    exposure: {
      planned_ms: screen.exposure_ms, shown, refresh_hz: 1000 / interval, decoded: true, trusted,
      hidden: seen.hidden, blurs: seen.blurs, resizes: seen.resizes,
      visibility_ms: seen.visibility.map((at) => at - origin),
      dpr: devicePixelRatio, rendered: [box.width, box.height], isolated: Boolean(window.crossOriginIsolated),
    },
  };
}
