/**
 * Sprites: marks baked into a few pixels each.
 *
 * A network of 20,000 people is drawn by copying them into an array of pixels, so that no GPU is needed.
 */
import { EMPHASIS, mixed, outline, trace } from "./marks.js";

const PHASES = 2; // a sprite is baked at half-pixel offsets, so that people do not jump by a pixel as the view moves
const REACH = 24; // CSS pixels from its middle to the farthest that a mark or its ring may reach
const RING_STEPS = 8;
const RING_FACTOR = 1.6; // of the mark that it is about
const LEAST_RING = 3.2;

/** Read a small drawing's pixels as offsets from its middle: opaque ones apart from those to be mixed. */
function bake(half, stride, draw) {
  const size = 2 * half + 1;
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = size;
  const ctx = canvas.getContext("2d", { willReadFrequently: true });
  ctx.translate(half, half);
  draw(ctx);
  const pixels = new Uint32Array(ctx.getImageData(0, 0, size, size).data.buffer);
  const solid = [];
  const soft = [];
  pixels.forEach((pixel, i) => {
    const alpha = pixel >>> 24;
    const offset = (Math.floor(i / size) - half) * stride + (i % size) - half;
    if (alpha > 250) solid.push(offset, pixel | 0xff000000);
    else if (alpha > 4) soft.push(offset, pixel & 0xffffff, alpha + 1);
  });
  return { solid: Int32Array.from(solid), soft: Int32Array.from(soft) };
}

/** Copy a baked sprite into opaque pixels about position `at`. */
function stamp(pixels, sprite, at) {
  const { solid, soft } = sprite;
  for (let i = 0; i < solid.length; i += 2) pixels[at + solid[i]] = solid[i + 1];
  for (let i = 0; i < soft.length; i += 3) {
    const place = at + soft[i];
    const under = pixels[place];
    const over = soft[i + 1];
    const share = soft[i + 2];
    // Red and blue together, green apart: two products mix three channels.
    const outer = (under & 0xff00ff) + (Math.imul((over & 0xff00ff) - (under & 0xff00ff), share) >>> 8);
    const inner = (under & 0xff00) + (Math.imul((over & 0xff00) - (under & 0xff00), share) >>> 8);
    pixels[place] = (outer & 0xff00ff) | (inner & 0xff00) | 0xff000000;
  }
}

/** Sprites of every state, for one density of screen and one width of picture. */
export class Sprites {
  /**
   * @param {{shape: string, colour: string}[]} states
   * @param {number} ratio Device pixels to a CSS pixel.
   * @param {number} stride Width of the picture in device pixels, margins included.
   * @param {string} halo Colour of the thin edge that parts marks that overlap.
   * @param {string} ground Colour into which pale marks are mixed.
   */
  constructor(states, ratio, stride, halo, ground) {
    Object.assign(this, { states, ratio, stride, halo, ground, sizes: new Map(), rings: [], ringsFor: 0 });
  }

  /** Device pixels by which a ring or a mark may reach over the picture's edge. */
  static margin(ratio) {
    return Math.ceil(REACH * ratio);
  }

  /** A radius of CSS pixels in device pixels, to a quarter. */
  #device(radius) {
    return Math.round(radius * 4 * this.ratio) / 4;
  }

  /** Marks of one radius (CSS pixels) and one strength of colour, baked once: [state][phase]. */
  marks(radius, strength) {
    const size = this.#device(radius);
    const key = `${size} ${strength}`;
    if (!this.sizes.has(key)) this.sizes.set(key, this.states.map((state) => this.#mark(state, size, strength)));
    return this.sizes.get(key);
  }

  #mark(state, size, strength) {
    const points = outline(state.shape, size);
    const edge = state.shape === "dot" || size < 1.8 ? 0 : Math.min(1.2, size * 0.25);
    const half = Math.ceil(size * 1.8 + edge) + 1;
    return Array.from({ length: PHASES * PHASES }, (_, phase) =>
      bake(half, this.stride, (ctx) => {
        trace(ctx, points, (phase % PHASES) / PHASES, Math.floor(phase / PHASES) / PHASES);
        if (edge) {
          ctx.lineWidth = 2 * edge;
          ctx.strokeStyle = this.halo;
          ctx.stroke();
        }
        ctx.fillStyle = mixed(state.colour, this.ground, strength);
        ctx.fill();
      }),
    );
  }

  #ring(state, size, step) {
    const age = (step + 0.5) / RING_STEPS;
    const reach = Math.max(RING_FACTOR * EMPHASIS[state.shape] * size, LEAST_RING * this.ratio);
    return bake(Math.ceil(reach + this.ratio) + 1, this.stride, (ctx) => {
      ctx.globalAlpha = 0.9 * (1 - age);
      ctx.lineWidth = this.ratio;
      ctx.strokeStyle = state.colour;
      ctx.beginPath();
      ctx.arc(0, 0, reach, 0, 2 * Math.PI);
      ctx.stroke();
    });
  }

  /** Stamp a mark at device position (x, y) of the picture. */
  static put(pixels, marks, stride, x, y) {
    const left = Math.floor(x);
    const top = Math.floor(y);
    const phase = Math.floor((x - left) * PHASES) + PHASES * Math.floor((y - top) * PHASES);
    stamp(pixels, marks[phase], top * stride + left);
  }

  /** Stamp the ring, about a mark of one radius (CSS pixels), of a change `age` (0 to 1) old. */
  putRing(pixels, state, radius, age, x, y) {
    const size = this.#device(radius);
    if (size !== this.ringsFor) Object.assign(this, { rings: [], ringsFor: size });
    const step = Math.min(RING_STEPS - 1, Math.floor(age * RING_STEPS));
    const place = state * RING_STEPS + step;
    this.rings[place] ??= this.#ring(this.states[state], size, step);
    stamp(pixels, this.rings[place], Math.round(y) * this.stride + Math.round(x));
  }
}
