import { ABSENT } from "./people.js";
import { CanvasPen } from "./pens.js";
import { Sprites } from "./sprites.js";

/** How far down a picture has to be drawn again. */
export const GROUND = 3;
export const PEOPLE = 2;
export const OVERLAY = 1;
const PULSE_MS = 450;
const MOST_PULSES = 150;
const FREE = 0;

/**
 * One canvas: a scene as pixels, redrawn no further down than has changed.
 *
 * It keeps three pictures: the ground (areas, ties, organisations), the ground with people, and what is shown (with the
 * rings of those who just changed).
 */
export class Panel {
  /** @param {import("./scene.js").Scene} scene @param {HTMLCanvasElement} canvas */
  constructor(scene, canvas) {
    Object.assign(this, { scene, canvas, stale: GROUND, pulses: [] });
    this.ctx = canvas.getContext("2d", { alpha: false, willReadFrequently: true });
    this.ground = document.createElement("canvas");
    this.groundCtx = this.ground.getContext("2d", { alpha: false, willReadFrequently: true });
  }

  /** Take a size, in CSS pixels. */
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
    this.sprites = new Sprites(states, ratio, this.ground.width, tokens.surface, tokens["surface-soft"]);
    this.spoil(GROUND);
  }

  spoil(depth) {
    this.stale = Math.max(this.stale, depth);
  }

  /** Ring those who changed, into the free apart; a sample when they are many; when the whole world jumps, nobody. */
  pulse(before, after, now) {
    const changed = [];
    for (let node = 0; node < after.length; node++) {
      const state = after[node];
      if (state !== (before[node] ?? ABSENT) && state !== ABSENT && state !== FREE) changed.push(node);
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

  /** A node's place in device pixels; null where it is out of sight. */
  #pixel(node) {
    const [x, y] = this.scene.at(node).map((v) => v * this.ratio);
    return x >= 0 && y >= 0 && x < this.canvas.width && y < this.canvas.height ? [x, y] : null;
  }

  #paintPeople() {
    const { scene, settled, sprites } = this;
    settled.set(this.floor);
    if (!scene.shared.world) return;
    for (const { look, state, nodes } of scene.groups()) {
      if (nodes.length) this.#putAll(nodes, sprites.marks(scene.radius() * look.factor, look.strength)[state]);
    }
  }

  /** Copy one mark to the places of many: here each step counts, for they may be 20,000. */
  #putAll(nodes, marks) {
    const { settled, sprites, ratio, margin, scene: { shared: { people: { xy }, view } } } = this;
    const { width, height } = this.canvas;
    for (const node of nodes) {
      const x = (xy[2 * node] * view.k + view.x) * ratio;
      const y = (xy[2 * node + 1] * view.k + view.y) * ratio;
      if (x >= 0 && y >= 0 && x < width && y < height) Sprites.put(settled, marks, sprites.stride, x + margin, y + margin);
    }
  }

  #paintPulses(now) {
    const { scene, margin } = this;
    this.pulses = this.pulses.filter(({ start }) => now - start < PULSE_MS);
    for (const { node, start } of this.pulses) {
      const [state, look, at] = [scene.stateOf(node), scene.lookOf(node), this.#pixel(node)];
      if (state === ABSENT || look.key === "same" || !at) continue;
      const age = Math.max(0, now - start) / PULSE_MS;
      this.sprites.putRing(this.shown, state, scene.radius() * look.factor, age, at[0] + margin, at[1] + margin);
    }
  }
}
