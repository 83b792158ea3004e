// The stage: a photo with points on it and a crosshair. Knows pixels of the photo and nothing of colors.

const REACH = { mouse: 11, pen: 14, touch: 22 };
const RADIUS = 8;
const FAR = 10;

/**
 * `call` has what the stage reports: put(x, y), pick(id), move(id, x, y, gesture, over), aim(x, y) and
 * key(event, { x, y }).
 */
export function makeStage(gray, label, call) {
  const { width, height } = gray;
  const element = document.createElement("div"), photo = document.createElement("canvas"), over = document.createElement("canvas");
  element.className = "stage";
  element.tabIndex = 0;
  element.setAttribute("role", "group");
  element.setAttribute("aria-label", label);
  element.append(photo, over);
  Object.assign(photo, { width, height });
  const pixels = photo.getContext("2d", { willReadFrequently: true }), marks = over.getContext("2d");
  const state = { points: [], chosen: null, aim: { x: width >> 1, y: height >> 1 }, keys: false, color: gray, gray: false, drag: null, open: true };
  let gesture = 0;

  const clip = (value, most) => Math.max(0, Math.min(most - 1, Math.floor(value)));
  const box = () => photo.getBoundingClientRect();
  const scale = () => box().width / width;

  function paint() {
    pixels.drawImage(state.gray ? gray : state.color, 0, 0);
  }

  function ring(x, y, radius, line, style) {
    marks.beginPath();
    marks.arc(x, y, radius, 0, 2 * Math.PI);
    marks.lineWidth = line;
    marks.strokeStyle = style;
    marks.stroke();
  }

  function cross(x, y) {
    for (const [line, style] of [[3, "#000"], [1, "#fff"]]) {
      marks.beginPath();
      marks.lineWidth = line;
      marks.strokeStyle = style;
      for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
        marks.moveTo(x + 4 * dx, y + 4 * dy);
        marks.lineTo(x + 16 * dx, y + 16 * dy);
      }
      marks.stroke();
    }
  }

  function drawMarks() {
    const dpr = devicePixelRatio || 1, { width: wide, height: high } = box(), k = scale();
    Object.assign(over, { width: Math.round(wide * dpr), height: Math.round(high * dpr) });
    marks.setTransform(dpr, 0, 0, dpr, 0, 0);
    if (!state.gray) {
      for (const point of state.points) {
        const x = (point.x + 0.5) * k, y = (point.y + 0.5) * k, chosen = point.id === state.chosen;
        marks.beginPath();
        marks.arc(x, y, RADIUS, 0, 2 * Math.PI);
        marks.fillStyle = point.css;
        marks.fill();
        for (const [line, style] of [[4, "#000"], [2, "#fff"]]) {
          ring(x, y, RADIUS, line, style);
          if (chosen) ring(x, y, RADIUS + 5, line, style);
        }
      }
    }
    if (state.keys && state.open) cross((state.aim.x + 0.5) * k, (state.aim.y + 0.5) * k);
  }

  function placeOf(event) {
    const { left, top, width: wide, height: high } = box();
    return { x: clip(((event.clientX - left) / wide) * width, width), y: clip(((event.clientY - top) / high) * height, height) };
  }

  /** The point that is meant: the nearest within reach, in pixels of the screen. */
  function hit(event) {
    const { left, top } = box(), k = scale();
    const far = (one) => Math.hypot(left + (one.x + 0.5) * k - event.clientX, top + (one.y + 0.5) * k - event.clientY);
    const near = state.points.filter((one) => far(one) <= (REACH[event.pointerType] ?? REACH.mouse));
    return near.sort((p, q) => far(p) - far(q))[0] ?? null;
  }

  element.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || !state.open) return;
    state.keys = false;
    state.aim = placeOf(event);
    const point = hit(event);
    state.drag = { id: point?.id, x: event.clientX, y: event.clientY, moving: false, gesture: `drag ${++gesture}` };
    element.setPointerCapture(event.pointerId);
    if (point) call.pick(point.id);
  });
  element.addEventListener("pointermove", (event) => {
    const drag = state.drag;
    if (!drag || drag.id === undefined) return;
    drag.moving ||= Math.hypot(event.clientX - drag.x, event.clientY - drag.y) > 4;
    if (drag.moving) call.move(drag.id, ...Object.values(placeOf(event)), drag.gesture, false);
  });
  element.addEventListener("pointerup", (event) => {
    const drag = state.drag, { x, y } = placeOf(event);
    state.drag = null;
    if (!drag) return;
    if (drag.id === undefined) {
      if (Math.hypot(event.clientX - drag.x, event.clientY - drag.y) <= 10) call.put(x, y);
    } else if (drag.moving) call.move(drag.id, x, y, drag.gesture, true);
  });
  element.addEventListener("pointercancel", () => { state.drag = null; });
  for (const kind of ["focus", "blur"]) {
    element.addEventListener(kind, () => { state.keys = kind === "focus" && element.matches(":focus-visible"); drawMarks(); });
  }
  element.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const [dx, dy] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key] ?? [0, 0];
    const { aim } = state;
    if (dx || dy) {
      const step = event.shiftKey ? FAR : 1;
      state.aim = { x: clip(aim.x + step * dx, width), y: clip(aim.y + step * dy, height) };
      state.keys = true;
      drawMarks();
      call.aim(state.aim.x, state.aim.y);
    } else if ((event.key === "Enter" || event.key === " ") && state.open) {
      const k = scale(), near = state.points.find((one) => Math.hypot(one.x - aim.x, one.y - aim.y) * k < RADIUS);
      state.keys = true;
      if (near) call.pick(near.id); else call.put(aim.x, aim.y);
    } else return call.key(event, aim);
    event.preventDefault();
  });
  const watch = new ResizeObserver(drawMarks);
  watch.observe(element);
  paint();

  return {
    element,
    get gray() { return state.gray; },
    drawn() { element.style.setProperty("--wide", width / height); drawMarks(); },
    color(image) { state.color = image; paint(); },
    showGray(on) { state.gray = on; paint(); drawMarks(); },
    points(points, chosen) {
      Object.assign(state, { points, chosen });
      const point = state.keys ? null : points.find((one) => one.id === chosen);
      if (point) state.aim = { x: point.x, y: point.y };
      drawMarks();
    },
    pixel: (x, y) => pixels.getImageData(x, y, 1, 1).data,
    close() { state.open = false; drawMarks(); },
    end() { watch.disconnect(); },
  };
}
