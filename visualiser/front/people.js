/** The people that two worlds share, and the window through which both are seen. */

export const ABSENT = 255;

export const clamp = (value, low, high) => Math.max(low, Math.min(high, value));

/** Join two typed arrays of one kind. */
function joined(first, second) {
  const all = new first.constructor(first.length + second.length);
  all.set(first);
  all.set(second, first.length);
  return all;
}

/** The people both worlds share: places, numbers, sex, birth year. A node is a row, never renumbered. */
export class People {
  constructor() {
    this.xy = new Float32Array(0);
    this.persons = new Uint32Array(0);
    this.sex = new Uint8Array(0);
    this.born = new Int16Array(0);
    this.nodes = new Map();
    this.spacing = 0;
    this.measured = 0;
  }

  get size() {
    return this.persons.length;
  }

  add(xy, persons, sex, born) {
    persons.forEach((person, i) => this.nodes.set(person, this.size + i));
    this.xy = joined(this.xy, xy);
    this.sex = joined(this.sex, sex);
    this.born = joined(this.born, born);
    this.persons = joined(this.persons, persons);
    if (this.size > 1.2 * this.measured) this.#measure();
  }

  /** Set the usual distance to the nearest neighbour: the median of a sample. */
  #measure() {
    const step = Math.max(1, Math.floor(this.size / 80));
    const nearest = [];
    for (let node = 0; node < this.size; node += step) {
      const other = this.nearest(this.xy[2 * node], this.xy[2 * node + 1], Infinity, (n) => (n === node ? null : 0));
      if (other !== null) nearest.push(this.distance(node, other));
    }
    nearest.sort((a, b) => a - b);
    this.spacing = nearest[nearest.length >> 1] ?? 0;
    this.measured = this.size;
  }

  distance(a, b) {
    return Math.hypot(this.xy[2 * a] - this.xy[2 * b], this.xy[2 * a + 1] - this.xy[2 * b + 1]);
  }

  /**
   * Find the node nearest to a place. A scan of all: at 20,000 nodes it takes a small part of a millisecond.
   *
   * @param {(node: number) => number|null} handicap Distance to add for a node, null to pass it over.
   * @returns {number|null}
   */
  nearest(x, y, within, handicap) {
    const { xy, size } = this;
    let best = null;
    let least = within;
    for (let node = 0; node < size; node++) {
      const dx = xy[2 * node] - x;
      const dy = xy[2 * node + 1] - y;
      if (dx > least || -dx > least || dy > least || -dy > least) continue;
      const extra = handicap(node);
      if (extra === null) continue;
      const far = Math.sqrt(dx * dx + dy * dy) + extra;
      if (far < least) [best, least] = [node, far];
    }
    return best;
  }
}

/** What must be in sight when all is shown: the areas and the organisations about them. */
export function boundsOf({ areas, hubs, extent }) {
  if (!areas.length) return extent;
  const things = [...areas, ...hubs.map(({ x, y }) => ({ x, y, r: 0 }))];
  const least = (axis) => Math.min(...things.map((thing) => thing[axis] - thing.r));
  const most = (axis) => Math.max(...things.map((thing) => thing[axis] + thing.r));
  return [least("x"), least("y"), most("x"), most("y")];
}

/** Where the world lies on the screen; one for both panels. */
export class View {
  constructor() {
    Object.assign(this, { k: 1, x: 0, y: 0, width: 0, height: 0, fitted: true });
    Object.assign(this, { least: 0, most: 1, bounds: [0, 0, 1, 1], pad: [16, 16] });
  }

  fit() {
    const [x0, y0, x1, y1] = this.bounds;
    const [px, py] = this.pad;
    const wide = (this.width - 2 * px) / (x1 - x0 || 1);
    const high = (this.height - 2 * py) / (y1 - y0 || 1);
    this.k = Math.max(Math.min(wide, high), 1e-9);
    this.x = (this.width - this.k * (x0 + x1)) / 2;
    this.y = (this.height - this.k * (y0 + y1)) / 2;
    Object.assign(this, { fitted: true, least: this.k * 0.7, most: this.k * 60 });
  }

  resize(width, height) {
    const dx = (width - this.width) / 2;
    const dy = (height - this.height) / 2;
    Object.assign(this, { width, height });
    if (this.fitted) this.fit();
    else this.pan(dx, dy);
  }

  pan(dx, dy) {
    this.x += dx;
    this.y += dy;
    this.#keepInSight();
  }

  /** The middle of the screen never leaves the world. */
  #keepInSight() {
    const [x0, y0, x1, y1] = this.bounds;
    this.x = clamp(this.x, this.width / 2 - this.k * x1, this.width / 2 - this.k * x0);
    this.y = clamp(this.y, this.height / 2 - this.k * y1, this.height / 2 - this.k * y0);
    this.fitted = false;
  }

  zoom(px, py, factor) {
    const k = clamp(this.k * factor, this.least, this.most);
    this.x = px - ((px - this.x) * k) / this.k;
    this.y = py - ((py - this.y) * k) / this.k;
    this.k = k;
    this.#keepInSight();
  }

  /** Screen point of a world place. */
  place(x, y) {
    return [x * this.k + this.x, y * this.k + this.y];
  }

  /** World place of a screen point. */
  inverse(px, py) {
    return [(px - this.x) / this.k, (py - this.y) / this.k];
  }
}
