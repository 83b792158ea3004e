// Colored points and what was done to them. Lists are never changed, only replaced, so that undo is a step back.

/** What a user did, in order: lists of points { id, x, y, a, b, size } before and after the present one. */
export class History {
  constructor(points = []) {
    this.past = [];
    this.future = [];
    this.now = points.map((point, id) => Object.freeze({ ...point, id }));
    this.next = this.now.length;
    this.gesture = null;
  }

  /** Take over a new list; steps of one gesture (a drag, keys in a row) are undone together. */
  set(points, gesture = null) {
    if (gesture === null || gesture !== this.gesture) this.past.push(this.now);
    this.gesture = gesture;
    this.future = [];
    this.now = points;
  }

  add(point) {
    const added = Object.freeze({ ...point, id: this.next++ });
    this.set([...this.now, added]);
    return added;
  }

  change(id, facts, gesture) {
    this.set(this.now.map((one) => (one.id === id ? Object.freeze({ ...one, ...facts }) : one)), gesture);
  }

  remove(id) {
    this.set(this.now.filter((one) => one.id !== id));
  }

  step(from, to) {
    if (!from.length) return false;
    to.push(this.now);
    this.now = from.pop();
    this.gesture = null;
    return true;
  }

  undo() { return this.step(this.past, this.future); }
  redo() { return this.step(this.future, this.past); }
  find(id) { return this.now.find((one) => one.id === id) ?? null; }
}

/** Points as they leave: x, y, a, b, size. */
export const plain = (points) => points.map(({ x, y, a, b, size }) => ({ x, y, a, b, size }));

/** A hint file, as `evalsuite run --hint-files` takes it. */
export const hintFile = (points) =>
  ["x,y,a,b,size", ...points.map(({ x, y, a, b, size }) => [x, y, a, b, size].join(","))].join("\n") + "\n";

/**
 * One request at a time, and then the newest of those that came meanwhile.
 * `work(value, signal)` gives a promise; `done(result, value)` is called with results that are still wanted, `failed(error)`
 * with errors. `idle()` resolves when nothing is under way.
 */
export class Latest {
  constructor(work, done, failed) {
    Object.assign(this, { work, done, failed, running: null, waiting: null, ended: false });
  }

  /** A request that yields is given up as soon as there is another. */
  ask(value) {
    this.waiting = { value };
    this.yielding?.abort();
    this.running ??= this.run().finally(() => { this.running = null; });
  }

  async run() {
    while (this.waiting && !this.ended) {
      const { value } = this.waiting;
      this.waiting = null;
      try {
        this.yielding = value.yields ? new AbortController() : null;
        const result = await this.work(value, this.yielding?.signal);
        if (!this.ended) await this.done(result, value);
      } catch (error) {
        if (!this.ended) this.failed(error, value);
      }
    }
  }

  idle() { return this.running ?? Promise.resolve(); }
  end() { this.ended = true; }
}
