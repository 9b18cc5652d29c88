/**
 * Two linked networks: the same people in the same places, under two regimes.
 *
 * Each panel keeps three pictures: the ground (areas, ties, organisations), the ground with people, and what is shown
 * (with the rings of those who just changed). Only what has changed is drawn again.
 */

import { CanvasPen, HOUSE, Sprites, SvgPen, icon, outline } from "./sprites.js";

const ABSENT = 255;
const ARMS = ["Base", "Reform"];
const PULSE_MS = 600;
const MOST_PULSES = 250;
const PICK_PX = 8;
const LABELS_FROM_PX = 150; // an area this wide on the screen has room for the names of its organisations
const GROUND = 3;
const PEOPLE = 2;
const OVERLAY = 1;
const TOKENS = ["ink", "ink-soft", "line", "line-strong", "surface", "surface-soft", "accent", "base-text", "reform-text"];

const count = (n) => n.toLocaleString("en-GB");
const clamp = (value, low, high) => Math.max(low, Math.min(high, value));

/** Make an element: attributes by name, `text` and `html` as content. */
function make(tag, { text, html, ...attributes } = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  if (text !== undefined) element.textContent = text;
  if (html !== undefined) element.innerHTML = html;
  element.append(...children);
  return element;
}

/** Join two typed arrays of one kind. */
function joined(first, second) {
  const all = new first.constructor(first.length + second.length);
  all.set(first);
  all.set(second, first.length);
  return all;
}

/** Break a title into lines of about `width` letters. */
function wrapped(title, width) {
  const lines = [""];
  for (const word of title.split(" ")) {
    const line = lines.at(-1);
    if (line && line.length + word.length >= width) lines.push(word);
    else lines[lines.length - 1] = line ? `${line} ${word}` : word;
  }
  return lines;
}

/** What must be in sight when all is shown: the areas and the organisations about them. */
function boundsOf({ areas, hubs, extent }) {
  if (!areas.length) return extent;
  const things = [...areas, ...hubs.map(({ x, y }) => ({ x, y, r: 0 }))];
  const least = (axis) => Math.min(...things.map((thing) => thing[axis] - thing.r));
  const most = (axis) => Math.max(...things.map((thing) => thing[axis] + thing.r));
  return [least("x"), least("y"), most("x"), most("y")];
}

/** The people both worlds share: places, numbers, sex, birth year. A node is a row, never renumbered. */
class People {
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

/** Where the world lies on the screen; one for both panels. */
class View {
  constructor() {
    Object.assign(this, { k: 1, x: 0, y: 0, width: 0, height: 0, fitted: true, least: 0, most: 1, bounds: [0, 0, 1, 1], pad: [16, 16] });
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

  /** World place of a screen point. */
  inverse(px, py) {
    return [(px - this.x) / this.k, (py - this.y) / this.k];
  }
}

/** Draws one arm's world with any pen, in CSS pixels. */
class Scene {
  constructor(arm, shared) {
    Object.assign(this, { arm, shared, states: new Uint8Array(0), hubs: new Uint8Array(0), ties: new Uint32Array(0) });
    this.tallies = shared.states.map(() => 0);
    this.linked = [];
    this.counts = null;
  }

  at(node) {
    const { view, people } = this.shared;
    return [people.xy[2 * node] * view.k + view.x, people.xy[2 * node + 1] * view.k + view.y];
  }

  /** Radius of an ordinary mark, CSS pixels. */
  radius() {
    return clamp(0.45 * this.shared.people.spacing * this.shared.view.k, 1.35, 7);
  }

  stateOf(node) {
    return this.states[node] ?? ABSENT;
  }

  hubOf(node) {
    const hub = this.hubs[node] ?? ABSENT;
    return hub < this.shared.world.hubs.length ? hub : null;
  }

  tally() {
    this.tallies.fill(0);
    for (const state of this.states) if (state !== ABSENT) this.tallies[state]++;
  }

  /** Count who is linked to each organisation: as told, or else from the people shown (charities unknown). */
  link() {
    const before = this.linked.join();
    const { hubs } = this.shared.world;
    this.linked = this.counts ?? hubs.map(({ kind }) => (kind === "provider" ? 0 : null));
    if (!this.counts) for (const hub of this.hubs) if (hub < hubs.length) this.linked[hub]++;
    return this.linked.join() !== before;
  }

  paintAreas(pen) {
    const { view, world, tokens } = this.shared;
    for (const [index, { title, x, y, r }] of world.areas.entries()) {
      const [px, py, pr] = [x * view.k + view.x, y * view.k + view.y, r * view.k];
      pen.circle(px, py, pr, { fill: tokens["surface-soft"], stroke: tokens.line });
      if (world.areas.length === 1 || pr < 34 || pr > LABELS_FROM_PX) continue;
      const top = Math.min(y - r, ...world.hubs.filter((hub) => hub.area === index).map((hub) => hub.y));
      pen.text(title, px, top * view.k + view.y - 9, { size: 12, weight: 600, anchor: "middle", fill: tokens["ink-soft"], halo: tokens.surface });
    }
  }

  paintTies(pen) {
    const ends = new Float32Array(2 * this.ties.length);
    this.ties.forEach((node, i) => ends.set(this.at(node), 2 * i));
    pen.lines(ends, { stroke: `rgba(77,90,105,${this.radius() < 2 ? 0.35 : 0.55})`, width: clamp(this.radius() * 0.22, 0.6, 1.2) });
  }

  /** The area whose organisations are named: the only one, or when near enough, the one in the middle of the view. */
  namedArea() {
    const { view, world } = this.shared;
    if (world.areas.length < 2) return 0;
    const [x, y] = view.inverse(view.width / 2, view.height / 2);
    const far = world.areas.map((area) => Math.hypot(area.x - x, area.y - y));
    const nearest = far.indexOf(Math.min(...far));
    return world.areas[nearest].r * view.k > LABELS_FROM_PX ? nearest : null;
  }

  /** Where each organisation stands on the screen, and its label's box where it has one. */
  placedHubs() {
    const { view, world } = this.shared;
    const most = {};
    world.hubs.forEach(({ kind }, i) => {
      most[kind] = Math.max(most[kind] ?? 1, ...this.shared.scenes.map(({ linked }) => linked[i] ?? 0));
    });
    const taken = [];
    const named = this.namedArea();
    return world.hubs.map((hub, index) => {
      const area = world.areas[hub.area] ?? { x: hub.x, y: hub.y, r: 0 };
      const [x, y] = [hub.x * view.k + view.x, hub.y * view.k + view.y];
      const provider = hub.kind === "provider";
      const linked = this.linked[index] ?? null;
      const share = linked === null ? 0.3 : Math.sqrt(linked / most[hub.kind]);
      const isNear = x > -20 && y > -20 && x < view.width + 20 && y < view.height + 20;
      const size = clamp(area.r * view.k * 0.07, 3, 7) * (provider ? 0.9 + 0.5 * share : 0.8 + 0.4 * share);
      const placed = { hub, index, x, y, linked, grey: linked === 0, size, box: null };
      if (hub.area === named && isNear) this.#label(placed, area, share, taken);
      return placed;
    });
  }

  /** How many an organisation has, in words short enough for its label. */
  counted(index) {
    const words = !this.counts ? "shown" : this.shared.world.hubs[index].kind === "provider" ? "people" : "helped";
    return `${count(this.linked[index] ?? 0)} ${words}`;
  }

  /** Give a hub its label, off the disc of its area, inside the picture, clear of those before it. */
  #label(placed, area, share, taken) {
    const { view, measure } = this.shared;
    const provider = placed.hub.kind === "provider";
    const font = provider ? 11.5 + 2 * share : 11.5;
    const lines = wrapped(placed.hub.title, 15);
    if (placed.linked !== null) lines.push(placed.grey ? "nobody now" : this.counted(placed.index));
    const w = Math.max(...lines.map((line) => measure(line, font, provider ? 600 : 400))) + (provider ? 14 : 4);
    const h = lines.length * font * 1.2 + (provider ? 8 : 2);
    const [dx, dy] = [placed.hub.x - area.x, placed.hub.y - area.y];
    const far = Math.hypot(dx, dy) || 1;
    const box = { x: 0, y: 0, w, h };
    // Outwards by small steps until the box clears the disc, and a charity's its own mark.
    let [gap, off] = [0, 0];
    for (let reach = provider ? 0 : placed.size + Math.min(w, h) / 2; reach < 200; reach += 3) {
      box.x = clamp(placed.x + (dx / far) * reach - w / 2, 4, Math.max(4, view.width - w - 4));
      box.y = clamp(placed.y + (dy / far) * reach - h / 2, 4, Math.max(4, view.height - h - 4));
      const [cx, cy] = [area.x * view.k + view.x, area.y * view.k + view.y];
      gap = Math.hypot(clamp(cx, box.x, box.x + w) - cx, clamp(cy, box.y, box.y + h) - cy) - area.r * view.k;
      off = Math.max(box.x - placed.x, placed.x - box.x - w, box.y - placed.y, placed.y - box.y - h);
      if (gap > 5 && (provider || off > placed.size + 1)) break;
    }
    if (gap < -10 || (!provider && off < placed.size)) return;
    for (const other of taken) {
      if (box.x >= other.x + other.w + 3 || other.x >= box.x + box.w + 3) continue;
      if (box.y >= other.y + other.h + 3 || other.y >= box.y + box.h + 3) continue;
      box.y = dy > 0 ? other.y + other.h + 4 : other.y - h - 4;
    }
    taken.push(box);
    Object.assign(placed, { box, lines, font });
  }

  paintHubs(pen) {
    const placed = this.placedHubs();
    for (const one of [...placed.filter(({ box }) => !box), ...placed.filter(({ box }) => box)]) this.paintHub(pen, one);
  }

  paintHub(pen, { hub, x, y, size, linked, grey, box, lines, font }) {
    const { tokens } = this.shared;
    const provider = hub.kind === "provider";
    const stroke = grey ? tokens["line-strong"] : tokens.ink;
    const style = { fill: grey ? tokens["surface-soft"] : tokens.surface, stroke, width: grey ? 1 : 1.5, dash: grey && box ? [3, 3] : [] };
    if (!provider) pen.polygon(HOUSE.map(([px, py]) => [px * size, py * size]), x, y, { fill: grey ? tokens["line-strong"] : tokens.accent, stroke: tokens.surface });
    else if (box) pen.box(box.x, box.y, box.w, box.h, 5, style);
    else pen.box(x - size, y - size * 0.7, 2 * size, 1.4 * size, 2, style);
    if (!box) return;
    const fill = grey || !provider ? tokens["ink-soft"] : tokens.ink;
    const top = box.y + (box.h - lines.length * font * 1.2) / 2 + font * 0.98;
    lines.forEach((line, i) => {
      const isCount = linked !== null && i === lines.length - 1;
      const look = { size: font, weight: provider && !isCount ? 600 : 400, fill, anchor: "middle", halo: provider ? null : tokens.surface };
      pen.text(line, box.x + box.w / 2, top + i * font * 1.2, look);
    });
  }

  /** Everyone as vector marks, rarer states last: for files, not for the screen. */
  paintPeople(pen) {
    const { states, people, tokens } = this.shared;
    states.forEach((state, index) => {
      const places = [];
      for (let node = 0; node < people.size; node++) if (this.stateOf(node) === index) places.push(...this.at(node));
      pen.marks(outline(state.shape, this.radius()), places, { fill: state.colour, stroke: tokens.surface, width: 0.4 });
    });
  }

  paintGround(pen) {
    if (!this.shared.world) return;
    this.paintAreas(pen);
    if (this.shared.showTies) this.paintTies(pen);
    this.paintHubs(pen);
  }

  /** One person's ring, ties and way to their provider. */
  paintFocus(pen, node, isChosen) {
    const { tokens } = this.shared;
    if (this.stateOf(node) === ABSENT) return this.#ringed(pen, node, tokens["ink-soft"], 2, [3, 2]);
    const hub = this.hubOf(node);
    const [x, y] = this.at(node);
    if (hub !== null) {
      const { x: hx, y: hy, box } = this.placedHubs()[hub];
      const end = box ? [clamp(x, box.x, box.x + box.w), clamp(y, box.y, box.y + box.h)] : [hx, hy];
      pen.lines([x, y, ...end], { stroke: tokens.ink, width: 1.5, dash: [6, 4] });
    }
    for (const other of this.tiedTo(node)) {
      pen.lines([x, y, ...this.at(other)], { stroke: tokens.accent, width: 1.8 });
      this.#ringed(pen, other, tokens.accent, 1.2);
    }
    this.#ringed(pen, node, isChosen ? tokens.accent : tokens.ink, isChosen ? 3 : 2);
  }

  tiedTo(node) {
    const others = [];
    const { ties } = this;
    for (let i = 0; i < ties.length; i += 2) {
      if (ties[i] === node) others.push(ties[i + 1]);
      else if (ties[i + 1] === node) others.push(ties[i]);
    }
    return others;
  }

  #ringed(pen, node, stroke, width, dash = []) {
    const [x, y] = this.at(node);
    const reach = this.radius() * 1.4 + 3;
    pen.circle(x, y, reach, { stroke: this.shared.tokens.surface, width: width + 3 });
    pen.circle(x, y, reach, { stroke, width, dash });
  }
}

/** One canvas: a scene as pixels, redrawn no further down than has changed. */
class Panel {
  constructor(scene, canvas) {
    Object.assign(this, { scene, canvas, stale: GROUND, pulses: [] });
    this.ctx = canvas.getContext("2d", { alpha: false, willReadFrequently: true });
    this.ground = document.createElement("canvas");
    this.groundCtx = this.ground.getContext("2d", { alpha: false, willReadFrequently: true });
  }

  resize(width, height, ratio) {
    const { states, tokens } = this.scene.shared;
    this.ratio = ratio;
    this.margin = Sprites.margin(ratio);
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = Math.round(height * ratio);
    this.ground.width = this.canvas.width + 2 * this.margin;
    this.ground.height = this.canvas.height + 2 * this.margin;
    this.image = new ImageData(this.ground.width, this.ground.height);
    this.shown = new Uint32Array(this.image.data.buffer);
    this.settled = new Uint32Array(this.shown.length);
    this.sprites = new Sprites(states, ratio, this.ground.width, tokens.surface);
    this.spoil(GROUND);
  }

  spoil(depth) {
    this.stale = Math.max(this.stale, depth);
  }

  /** Ring those whose state changed, a sample when they are many; when the whole world jumps, nobody. */
  pulse(before, after, now) {
    const changed = [];
    for (let node = 0; node < after.length; node++) {
      if (after[node] !== (before[node] ?? ABSENT) && after[node] !== ABSENT) changed.push(node);
    }
    if (changed.length > 0.3 * after.length) return;
    const step = Math.max(1, changed.length / MOST_PULSES);
    for (let i = 0; i < changed.length; i += step) this.pulses.push({ node: changed[Math.floor(i)], start: now });
    this.pulses.splice(0, this.pulses.length - MOST_PULSES);
  }

  /** Draw what is stale or moving. Returns whether anything was drawn. */
  paint(now, focus) {
    if (!this.image || (!this.stale && !this.pulses.length)) return false;
    if (this.stale >= GROUND) this.#paintGround();
    if (this.stale >= PEOPLE) this.#paintPeople();
    this.shown.set(this.settled);
    this.#paintPulses(now);
    this.ctx.setTransform(1, 0, 0, 1, 0, 0);
    this.ctx.putImageData(this.image, -this.margin, -this.margin);
    this.ctx.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    focus(new CanvasPen(this.ctx, this.scene.shared.family), this.scene);
    this.stale = 0;
    return true;
  }

  #paintGround() {
    const { groundCtx: ctx, ground, margin, ratio, scene } = this;
    ctx.setTransform(1, 0, 0, 1, 0, 0);
    ctx.fillStyle = scene.shared.tokens.surface;
    ctx.fillRect(0, 0, ground.width, ground.height);
    ctx.setTransform(ratio, 0, 0, ratio, margin, margin);
    scene.paintGround(new CanvasPen(ctx, scene.shared.family));
    this.floor = new Uint32Array(ctx.getImageData(0, 0, ground.width, ground.height).data.buffer);
  }

  #paintPeople() {
    const { scene, settled, sprites, ratio, margin } = this;
    const { people, view, world } = scene.shared;
    settled.set(this.floor);
    if (!world) return;
    const marks = sprites.marks(scene.radius());
    const buckets = marks.map(() => []);
    const known = Math.min(scene.states.length, people.size);
    for (let node = 0; node < known; node++) buckets[scene.states[node]]?.push(node);
    const { width, height } = this.canvas;
    buckets.forEach((nodes, state) => {
      for (const node of nodes) {
        const x = (people.xy[2 * node] * view.k + view.x) * ratio;
        const y = (people.xy[2 * node + 1] * view.k + view.y) * ratio;
        if (x >= 0 && y >= 0 && x < width && y < height) Sprites.put(settled, marks[state], sprites.stride, x + margin, y + margin);
      }
    });
  }

  #paintPulses(now) {
    this.pulses = this.pulses.filter(({ start }) => now - start < PULSE_MS);
    for (const { node, start } of this.pulses) {
      const [x, y] = this.scene.at(node).map((v) => v * this.ratio);
      const state = this.scene.stateOf(node);
      if (state === ABSENT || !(x >= 0 && y >= 0 && x < this.canvas.width && y < this.canvas.height)) continue;
      this.sprites.putRing(this.shown, state, Math.max(0, now - start) / PULSE_MS, x + this.margin, y + this.margin);
    }
  }
}

/** The shapes, colours and counts of both worlds. */
class Legend {
  constructor(states) {
    this.states = states;
    this.counts = states.map(() => ARMS.map((_, arm) => make("span", { class: `net-count net-count-${arm}`, text: "–" })));
    const items = states.map((state, i) => {
      const [base, reform] = this.counts[i];
      const word = (text) => make("span", { class: "tg-hidden net-word", text });
      const both = make("span", { class: "net-counts" }, word("base"), base, word("reform"), reform);
      return make("li", { class: "net-state" }, make("span", { class: "net-icon", html: icon(state, 16) }), make("span", { class: "net-label", text: state.label }), both);
    });
    const key = (mark, text) => make("span", { class: "net-key" }, make("span", { class: `net-key-${mark}`, "aria-hidden": "true" }), text);
    items.push(make("li", { class: "net-keys" }, key("provider", "Provider"), key("charity", "Charity")));
    this.element = make("ul", { class: "net-legend", "aria-label": "What the marks mean, and how many people in each world" }, ...items);
  }

  update(scenes) {
    this.counts.forEach((pair, state) => pair.forEach((element, arm) => {
      element.textContent = count(scenes[arm].tallies[state]);
    }));
  }
}

/** The note that follows the pointer and never leaves the window. */
class Tip {
  constructor() {
    this.element = make("div", { class: "net-tip", role: "tooltip", hidden: "" });
  }

  show(lines, px, py) {
    this.element.replaceChildren(...lines);
    this.element.hidden = false;
    const { offsetWidth: w, offsetHeight: h } = this.element;
    const x = px + 16 + w > window.innerWidth - 8 ? px - 16 - w : px + 16;
    const y = py + 16 + h > window.innerHeight - 8 ? py - 16 - h : py + 16;
    this.element.style.left = `${clamp(x, 8, Math.max(8, window.innerWidth - w - 8))}px`;
    this.element.style.top = `${clamp(y, 8, Math.max(8, window.innerHeight - h - 8))}px`;
  }

  hide() {
    this.element.hidden = true;
  }
}

/** Frames a second, from the time between a drawn frame and the next, over the last seconds of drawing. */
class Pace {
  constructor() {
    this.gaps = [];
    this.total = 0;
  }

  add(gap) {
    this.gaps.push(gap);
    this.total += gap;
    while (this.total > 3000 && this.gaps.length > 1) this.total -= this.gaps.shift();
  }

  get perSecond() {
    return this.total ? (1000 * this.gaps.length) / this.total : 0;
  }
}

let made = 0;

/**
 * Draw two worlds side by side and let a person be found in both.
 *
 * @example new Networks(root, {states, onSelect: (person, node) => {}})
 */
export class Networks {
  /**
   * @param {HTMLElement} root An element inside `.tg`, whose tokens give the colours.
   * @param {object} options
   * @param {{key: string, label: string, colour: string, shape: string}[]} options.states
   * @param {(person: number|null, node: number|null) => void} options.onSelect Called by a click, or Enter.
   * @param {(person: number|null, node: number|null) => void} [options.onHover]
   * @param {(on: boolean) => void} [options.onTies] Called when the box "Ties" is changed by hand.
   */
  constructor(root, { states, onSelect, onHover = () => {}, onTies = () => {} }) {
    Object.assign(this, { root, states, onSelect, onHover, onTies, date: "", hovered: null, selected: null });
    const style = getComputedStyle(root);
    const tokens = Object.fromEntries(TOKENS.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
    const scribe = document.createElement("canvas").getContext("2d");
    const measure = (words, size, weight) => {
      scribe.font = `${weight} ${size}px ${style.fontFamily}`;
      return scribe.measureText(words).width;
    };
    this.shared = { states, tokens, measure, family: style.fontFamily, people: new People(), view: new View(), world: null, showTies: false, scenes: [] };
    this.scenes = this.shared.scenes = ARMS.map((_, arm) => new Scene(arm, this.shared));
    this.pace = new Pace();
    this.still = window.matchMedia("(prefers-reduced-motion: reduce)");
    this.stop = new AbortController();
    this.tick = this.tick.bind(this);
    this.build();
    this.watch = new ResizeObserver(() => this.resize());
    this.watch.observe(this.holders[0]);
    this.resize();
  }

  // ---- what is on the page

  build() {
    const keys = make("p", { class: "tg-hidden", id: `net-keys-${made++}` , text: "Arrow keys move the view, plus and minus zoom, 0 shows all. Enter opens the chosen person, or the one nearest the middle. Escape chooses nobody." });
    this.heads = ARMS.map((name, arm) => ({
      title: make("h2", { text: name }),
      parted: make("span", { class: "net-parted", hidden: "" }),
      date: make("span", { class: "net-date" }),
      arm,
    }));
    this.canvases = ARMS.map((name) => make("canvas", { role: "img", tabindex: "0", "aria-label": `${name} world: nobody yet`, "aria-describedby": keys.id }));
    this.messages = ARMS.map((_, arm) => make("p", { class: "net-message", hidden: "", ...(arm ? { "aria-hidden": "true" } : { role: "status" }) }));
    this.holders = ARMS.map((_, arm) => make("div", { class: "net-holder" }, this.canvases[arm], this.messages[arm]));
    const panels = this.heads.map(({ title, parted, date, arm }) =>
      make("section", { class: `net-panel net-panel-${arm}` },
        make("header", { class: "net-head" }, make("span", { class: "net-swatch", "aria-hidden": "true" }), title, make("p", { class: "net-when" }, date, parted)), this.holders[arm]));
    this.toolbox = this.tools();
    this.headers = panels.map((panel) => panel.firstChild);
    this.headers[1].append(this.toolbox);
    this.panels = this.scenes.map((scene, arm) => new Panel(scene, this.canvases[arm]));
    this.legend = new Legend(this.states);
    this.tip = new Tip();
    this.element = make("div", { class: "net" }, keys, ...panels, this.legend.element, this.tip.element);
    this.root.append(this.element);
    this.canvases.forEach((canvas, arm) => this.listen(canvas, arm));
  }

  tools() {
    const on = { signal: this.stop.signal };
    const button = (text, name, act) => {
      const element = make("button", { type: "button", class: "net-button", "aria-label": name, title: name, text });
      element.addEventListener("click", act, on);
      return element;
    };
    const middle = (factor) => () => this.zoom(this.shared.view.width / 2, this.shared.view.height / 2, factor);
    this.tiesBox = make("input", { type: "checkbox" });
    this.tiesBox.addEventListener("change", () => {
      this.setShowTies(this.tiesBox.checked);
      this.onTies(this.tiesBox.checked);
    }, on);
    return make("div", { class: "net-tools" },
      make("label", { class: "net-ties" }, this.tiesBox, "Ties"),
      make("div", { class: "net-zoom", role: "group", "aria-label": "Zoom" }, button("−", "Zoom out", middle(1 / 1.4)), button("+", "Zoom in", middle(1.4)), button("Fit", "Show all", () => this.fit())));
  }

  /** The scenes there are: two, or one for a world that has no other beside it. */
  get shown() {
    return this.scenes.slice(0, this.shared.world?.arms.length ?? ARMS.length);
  }

  // ---- what the page tells us

  /** Begin a new world: nobody in it yet. @param {object} world The message `world`; with one arm, one panel. */
  setWorld(world) {
    const { view } = this.shared;
    Object.assign(this.shared, { world, people: new People() });
    Object.assign(this, { selected: null, hovered: null });
    for (const scene of this.scenes) {
      Object.assign(scene, { states: new Uint8Array(0), hubs: new Uint8Array(0), ties: new Uint32Array(0), linked: [], counts: null });
      scene.tallies.fill(0);
    }
    for (const panel of this.panels) panel.pulses = [];
    view.bounds = boundsOf(world);
    view.fitted = true;
    world.arms.forEach(({ title }, arm) => {
      this.heads[arm].title.textContent = this.heads[arm].title.title = title;
    });
    this.element.classList.toggle("net-single", world.arms.length === 1);
    this.headers[world.arms.length - 1].append(this.toolbox);
    this.tip.hide();
    this.resize();
    this.report();
  }

  /** Add people at their lasting places. Arrays as in the message `frame`. */
  addNodes(xy, persons, sex, born) {
    this.shared.people.add(xy, persons, sex, born);
  }

  /** Set everyone's state in one arm. @param {0|1} arm @param {Uint8Array} states */
  setStates(arm, states) {
    const scene = this.scenes[arm];
    if (scene.states.length && !this.still.matches) this.panels[arm].pulse(scene.states, states, performance.now());
    scene.states = states;
    scene.tally();
    this.spoil(PEOPLE, arm);
    this.report();
  }

  /** Set everyone's provider in one arm. @param {0|1} arm @param {Uint8Array} hubs Index in `world.hubs`, 255 none. */
  setHubs(arm, hubs) {
    Object.assign(this.scenes[arm], { hubs, counts: null });
    this.areHubsStale = true;
    this.spoil(OVERLAY, arm);
  }

  /**
   * Set how many each organisation has in one arm, people who are not shown included. Call it after `setHubs`, which
   * goes back to counting the people shown.
   *
   * @param {0|1} arm
   * @param {number[]} counts One for each of `world.hubs`.
   */
  setHubCounts(arm, counts) {
    this.scenes[arm].counts = counts;
    this.areHubsStale = true;
    this.spoil(OVERLAY, arm);
  }

  /** Set who is tied to whom in one arm. @param {0|1} arm @param {Uint32Array} pairs Nodes, two by two. */
  setTies(arm, pairs) {
    this.scenes[arm].ties = pairs;
    this.spoil(this.shared.showTies ? GROUND : OVERLAY, arm);
  }

  setShowTies(on) {
    this.shared.showTies = on;
    this.tiesBox.checked = on;
    this.spoil(GROUND);
  }

  /** Say whether the two worlds have parted, and when they do. */
  setParted(parted, date) {
    for (const head of this.heads) {
      head.parted.hidden = parted || !date;
      head.parted.textContent = head.parted.title = `the same world until ${date}`;
    }
  }

  setDate(text) {
    this.date = text;
    for (const { date } of this.heads) date.textContent = text;
  }

  /** Show a quiet message over both worlds; an empty one takes it away. */
  setMessage(text) {
    for (const message of this.messages) {
      message.textContent = text;
      message.hidden = !text;
    }
  }

  /** Choose a node in both worlds (null: nobody); a node out of sight is brought to the middle. */
  select(node) {
    this.selected = node;
    const { view } = this.shared;
    if (node !== null && view.width) {
      const [x, y] = this.scenes[0].at(node);
      if (x < 0 || y < 0 || x > view.width || y > view.height) this.pan(view.width / 2 - x, view.height / 2 - y);
    }
    this.spoil(OVERLAY);
  }

  /** Node of a person's number, null when they are not shown. */
  nodeOf(person) {
    return this.shared.people.nodes.get(person) ?? null;
  }

  framesPerSecond() {
    return this.pace.perSecond;
  }

  destroy() {
    this.stop.abort();
    this.watch.disconnect();
    cancelAnimationFrame(this.frame);
    clearTimeout(this.naming);
    this.element.remove();
  }

  // ---- drawing

  /** Fit the canvases to their places. */
  resize() {
    const { clientWidth: width, clientHeight: height } = this.holders[0];
    if (!width || !height) return;
    const ratio = Math.min(window.devicePixelRatio || 1, 2);
    const { view, world } = this.shared;
    view.pad = world?.areas.length === 1 ? [clamp(0.2 * width, 24, 140), 34] : [24, 28];
    view.resize(width, height);
    for (const panel of this.panels) panel.resize(width, height, ratio);
    this.wake();
  }

  spoil(depth, arm = null) {
    this.panels.forEach((panel, i) => (arm === null || arm === i) && panel.spoil(depth));
    this.wake();
  }

  wake() {
    this.frame ||= requestAnimationFrame(this.tick);
  }

  tick(now) {
    if (this.drawn) this.pace.add(now - this.drawn);
    if (this.areHubsStale && this.shown.map((scene) => scene.link()).some(Boolean)) this.panels.forEach((panel) => panel.spoil(GROUND));
    this.areHubsStale = false;
    const focus = (pen, scene) => this.paintFocus(pen, scene);
    const isDrawn = this.panels.slice(0, this.shown.length).map((panel) => panel.paint(performance.now(), focus)).some(Boolean);
    this.drawn = isDrawn ? now : 0;
    this.frame = isDrawn ? requestAnimationFrame(this.tick) : 0;
  }

  paintFocus(pen, scene) {
    if (!this.shared.world) return;
    if (this.selected !== null && this.selected !== this.hovered) scene.paintFocus(pen, this.selected, true);
    if (this.hovered !== null) scene.paintFocus(pen, this.hovered, this.hovered === this.selected);
  }

  /** Bring counts in the legend now, and in the canvases' names at most each second, up to date. */
  report() {
    this.legend.update(this.scenes);
    this.naming ||= setTimeout(() => {
      this.naming = 0;
      this.shown.forEach((_, arm) => this.canvases[arm].setAttribute("aria-label", this.nameOf(arm)));
    }, 1000);
  }

  nameOf(arm) {
    const { tallies } = this.scenes[arm];
    const which = this.shown.length > 1 ? `${ARMS[arm]} world, ` : "";
    const all = tallies.reduce((sum, n) => sum + n, 0);
    const parts = this.states.map(({ label }, i) => `${count(tallies[i])} ${label.toLowerCase()}`);
    const title = this.shared.world?.arms[arm].title ?? "";
    return `${which}${title}${this.date ? `, ${this.date}` : ""}: ${count(all)} people shown; ${parts.join(", ")}`;
  }

  // ---- view, pointer and keys

  fit() {
    this.leave();
    this.shared.view.fit();
    this.spoil(GROUND);
  }

  pan(dx, dy) {
    this.leave();
    this.shared.view.pan(dx, dy);
    this.spoil(GROUND);
  }

  zoom(x, y, factor) {
    this.leave();
    this.shared.view.zoom(x, y, factor);
    this.spoil(GROUND);
  }

  listen(canvas, arm) {
    const on = { signal: this.stop.signal };
    const pointers = new Map();
    let travelled = 0;
    const place = (event) => {
      const { left, top } = canvas.getBoundingClientRect();
      return [event.clientX - left, event.clientY - top];
    };
    canvas.addEventListener("pointerdown", (event) => {
      if (!pointers.size) travelled = 0;
      pointers.set(event.pointerId, place(event));
      canvas.setPointerCapture(event.pointerId);
    }, on);
    canvas.addEventListener("pointermove", (event) => {
      const before = pointers.get(event.pointerId);
      const after = place(event);
      if (!before) return this.hover(arm, after, event);
      travelled += Math.hypot(after[0] - before[0], after[1] - before[1]);
      const other = [...pointers].find(([id]) => id !== event.pointerId)?.[1];
      if (other) this.pinch(before, after, other);
      else if (travelled > 4) this.pan(after[0] - before[0], after[1] - before[1]);
      pointers.set(event.pointerId, after);
      this.leave();
    }, on);
    const up = (event) => {
      if (event.type === "pointerup" && pointers.size === 1 && travelled <= 4) this.choose(this.pick(arm, ...place(event)));
      pointers.delete(event.pointerId);
    };
    canvas.addEventListener("pointerup", up, on);
    canvas.addEventListener("pointercancel", up, on);
    canvas.addEventListener("pointerleave", () => this.leave(), on);
    canvas.addEventListener("dblclick", () => this.fit(), on);
    canvas.addEventListener("keydown", (event) => this.press(event, arm), on);
    canvas.addEventListener("wheel", (event) => {
      event.preventDefault();
      const pixels = event.deltaY * (event.deltaMode ? 30 : 1);
      this.zoom(...place(event), Math.exp(-clamp(pixels, -200, 200) * 0.002));
    }, { ...on, passive: false });
  }

  pinch(before, after, other) {
    const apart = (point) => Math.hypot(point[0] - other[0], point[1] - other[1]) || 1;
    this.zoom(other[0], other[1], apart(after) / apart(before));
  }

  press(event, arm) {
    const { width, height } = this.shared.view;
    const step = 40;
    const acts = {
      ArrowLeft: () => this.pan(step, 0),
      ArrowRight: () => this.pan(-step, 0),
      ArrowUp: () => this.pan(0, step),
      ArrowDown: () => this.pan(0, -step),
      "+": () => this.zoom(width / 2, height / 2, 1.4),
      "=": () => this.zoom(width / 2, height / 2, 1.4),
      "-": () => this.zoom(width / 2, height / 2, 1 / 1.4),
      0: () => this.fit(),
      Enter: () => this.choose(this.selected ?? this.pick(arm, width / 2, height / 2, Math.max(width, height))),
      Escape: () => this.choose(null),
    };
    if (!acts[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    acts[event.key]();
  }

  /** The node nearest a screen point; those not in this arm's world only when no other is near. */
  pick(arm, px, py, within = PICK_PX) {
    const { view, people } = this.shared;
    const [here, there] = [this.scenes[arm], this.scenes[1 - arm]];
    const handicap = (node) => {
      if (here.stateOf(node) !== ABSENT) return 0;
      return there.stateOf(node) === ABSENT ? null : within / 2 / view.k;
    };
    return people.nearest(...view.inverse(px, py), within / view.k, handicap);
  }

  pickHub(arm, px, py) {
    if (!this.shared.world) return null;
    const hit = this.scenes[arm].placedHubs().find(({ x, y, box, size }) =>
      Math.hypot(px - x, py - y) <= size + 3 || (box && px >= box.x && px <= box.x + box.w && py >= box.y && py <= box.y + box.h));
    return hit?.index ?? null;
  }

  choose(node) {
    if (node === null && this.selected === null) return;
    this.select(node);
    this.onSelect(node === null ? null : this.shared.people.persons[node], node);
  }

  hover(arm, [px, py], event) {
    const node = this.pick(arm, px, py);
    const hub = node === null ? this.pickHub(arm, px, py) : null;
    this.canvases[arm].style.cursor = node === null ? "grab" : "pointer";
    if (node !== this.hovered) {
      this.hovered = node;
      this.onHover(node === null ? null : this.shared.people.persons[node], node);
      this.spoil(OVERLAY);
    }
    if (node !== null) this.tip.show(this.describe(node), event.clientX, event.clientY);
    else if (hub !== null) this.tip.show(this.describeHub(hub), event.clientX, event.clientY);
    else this.tip.hide();
  }

  leave() {
    this.tip.hide();
    if (this.hovered === null) return;
    this.hovered = null;
    this.onHover(null, null);
    this.spoil(OVERLAY);
  }

  describe(node) {
    const { people } = this.shared;
    const states = this.shown.map((scene) => scene.stateOf(node));
    const isAlone = states.length === 1;
    const line = (state, arm) => make("p", { class: `net-tip-arm net-tip-${arm}` },
      make("span", { text: isAlone ? "Now" : ARMS[arm] }),
      make("span", { class: "net-icon", html: state === ABSENT ? "" : icon(this.states[state], 14) }),
      make("span", { text: state === ABSENT ? "Not in this world now" : this.states[state].label }));
    const who = `${people.sex[node] ? "woman" : "man"} born ${people.born[node]}`;
    return [
      make("p", {}, make("strong", { text: `Person ${people.persons[node]}` }), `, ${who}`),
      ...states.map(line),
      isAlone ? "" : make("p", { class: "net-tip-last", text: states[0] === states[1] ? "In both worlds the same" : "The two lives differ here" }),
    ];
  }

  describeHub(index) {
    const { hubs, areas } = this.shared.world;
    const hub = hubs[index];
    const where = areas.length > 1 ? `, ${areas[hub.area].title}` : "";
    const title = make("p", {}, make("strong", { text: hub.title }), hub.kind === "provider" ? where : `, charity${where}`);
    const { shown } = this;
    if (shown[0].linked[index] == null) return [title];
    return [title, ...shown.map((scene, arm) => make("p", { class: `net-tip-arm net-tip-${arm}` },
      make("span", { text: shown.length > 1 ? ARMS[arm] : "Now" }), make("span", { text: scene.counted(index) })))];
  }

  // ---- files

  /** Draw the whole figure, titles, date and legend included, with a pen; `drawWorld` draws one scene at a place. */
  figure(pen, { width, height }, drawWorld) {
    const { tokens, view, world, measure } = this.shared;
    const gap = 16;
    pen.box(0, 0, width, height, 0, { fill: tokens.surface });
    this.shown.forEach((scene, arm) => {
      const left = gap + arm * (view.width + gap);
      const colour = tokens[arm ? "reform-text" : "base-text"];
      pen.lines([left, 27, left + 26, 27], { stroke: colour, width: 3, dash: arm ? [6, 4] : [] });
      pen.text(world?.arms[arm].title ?? ARMS[arm], left + 34, 32, { size: 15, weight: 600, fill: tokens.ink });
      pen.text(this.date, left + view.width, 32, { size: 13, anchor: "end", fill: tokens["ink-soft"] });
      drawWorld(scene, left, 44);
      pen.box(left, 44, view.width, view.height, 6, { stroke: tokens.line });
    });
    let [x, y] = [gap, view.height + 72];
    this.states.forEach((state, i) => {
      const words = `${state.label}  ${this.shown.map(({ tallies }) => count(tallies[i])).join(" | ")}`;
      const wide = measure(words, 12, 400) + 44;
      if (x + wide > width) [x, y] = [gap, y + 20];
      pen.polygon(outline(state.shape, 5), x + 7, y - 4, { fill: state.colour });
      pen.text(words, x + 20, y, { size: 12, fill: tokens.ink });
      x += wide;
    });
    pen.text(`${this.shown.length > 1 ? "Counts: base | reform. " : ""}${world?.note ?? ""}`, gap, y + 22, { size: 12, fill: tokens["ink-soft"] });
  }

  figureSize() {
    const { view } = this.shared;
    return { width: Math.round(16 + this.shown.length * (view.width + 16)), height: Math.round(view.height + 142) };
  }

  /** @returns {Promise<Blob>} Both worlds as a picture, at twice the size of the screen's pixels. */
  toPNG() {
    const size = this.figureSize();
    const canvas = make("canvas", { width: 2 * size.width, height: 2 * size.height });
    const ctx = canvas.getContext("2d");
    ctx.scale(2, 2);
    const { width, height } = this.shared.view;
    this.figure(new CanvasPen(ctx, this.shared.family), size, (scene, left, top) => {
      const panel = new Panel(scene, document.createElement("canvas"));
      panel.resize(width, height, 2);
      panel.paint(0, (pen) => this.paintFocus(pen, scene));
      ctx.drawImage(panel.canvas, left, top, width, height);
    });
    return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
  }

  /** @returns {string} Both worlds as an SVG file. */
  toSVG() {
    const size = this.figureSize();
    const pen = new SvgPen(size.width, size.height, this.shared.family);
    const { width, height } = this.shared.view;
    this.figure(pen, size, (scene, left, top) => pen.inside(left, top, width, height, () => {
      scene.paintGround(pen);
      if (this.shared.world) scene.paintPeople(pen);
      this.paintFocus(pen, scene);
    }));
    return pen.toString();
  }

  /** @returns {string} Everyone shown, a line each. */
  csv() {
    const { people } = this.shared;
    const key = (state) => this.states[state]?.key ?? "absent";
    const lines = Array.from(people.persons, (person, node) => [
      person, people.xy[2 * node].toFixed(3), people.xy[2 * node + 1].toFixed(3), people.sex[node] ? "female" : "male",
      people.born[node], ...this.shown.map((scene) => key(scene.stateOf(node))),
    ].join(","));
    const columns = this.shown.length > 1 ? "state_base,state_reform" : "state";
    return [`person,x,y,sex,born,${columns}`, ...lines].join("\n") + "\n";
  }
}
