/**
 * Marks: the shape of a state, its pixels, and two pens (canvas and SVG) that draw the same figure.
 *
 * A network of 20,000 people is drawn by copying small baked sprites into an array of pixels, so that no GPU is needed.
 */

/** Bigger marks for rarer states, so that they are seen among the free. */
const EMPHASIS = { dot: 0.85, square: 1, triangle: 1.1, triangle_down: 1.1, block: 1.1, cross: 1.25, star: 1.3 };
const PHASES = 2; // a sprite is baked at half-pixel offsets, so that people do not jump by a pixel as the view moves
const RING_STEPS = 10;
const RING_FROM = 4;
const RING_TO = 12;

/** Points of a regular polygon or star round the origin. */
function around(count, radius, turn = -Math.PI / 2) {
  return Array.from({ length: count }, (_, i) => {
    const angle = turn + (i * 2 * Math.PI) / count;
    return [radius(i) * Math.cos(angle), radius(i) * Math.sin(angle)];
  });
}

/** A thick saltire. */
function saltire(reach, thick) {
  const arm = reach - thick;
  return [
    [0, -thick], [arm, -reach], [reach, -arm], [thick, 0], [reach, arm], [arm, reach],
    [0, thick], [-arm, reach], [-reach, arm], [-thick, 0], [-reach, -arm], [-arm, -reach],
  ];
}

const square = (half) => [[-half, -half], [half, -half], [half, half], [-half, half]];
const triangle = [[0, -1.1], [1.1, 0.85], [-1.1, 0.85]];

const OUTLINES = {
  dot: around(20, () => 1),
  square: square(0.9),
  block: square(0.95),
  triangle,
  triangle_down: triangle.map(([x, y]) => [x, -y]),
  cross: saltire(1.05, 0.42),
  star: around(10, (i) => (i % 2 ? 0.55 : 1.3)),
};

/** A house, for charities: unit outline. */
export const HOUSE = [[0, -1.15], [1, -0.2], [0.8, -0.2], [0.8, 0.9], [-0.8, 0.9], [-0.8, -0.2], [-1, -0.2]];

/**
 * Give the outline of a state's mark.
 *
 * @param {string} shape One of the shapes of `menu.states`.
 * @param {number} radius Size of an ordinary mark, in pixels.
 * @returns {number[][]} Points round the origin.
 */
export function outline(shape, radius) {
  const points = OUTLINES[shape];
  if (!points) throw new Error(`shape ${shape} is unknown; allowed: ${Object.keys(OUTLINES).join(", ")}`);
  const size = radius * EMPHASIS[shape];
  return points.map(([x, y]) => [x * size, y * size]);
}

/** Draw one state's mark as an SVG element's text, for legends and tooltips. */
export function icon(state, size = 14) {
  const points = outline(state.shape, size * 0.34).map((p) => p.map((v) => v.toFixed(2)).join(",")).join(" ");
  const half = size / 2;
  return (
    `<svg width="${size}" height="${size}" viewBox="${-half} ${-half} ${size} ${size}" aria-hidden="true">` +
    `<polygon points="${points}" fill="${state.colour}"/></svg>`
  );
}

/** Trace a polygon on a canvas context. */
function trace(ctx, points, x, y) {
  ctx.beginPath();
  points.forEach(([px, py], i) => (i ? ctx.lineTo(x + px, y + py) : ctx.moveTo(x + px, y + py)));
  ctx.closePath();
}

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

/** Sprites of every state for one size of mark, one density of screen and one width of picture. */
export class Sprites {
  /**
   * @param {{shape: string, colour: string}[]} states
   * @param {number} ratio Device pixels to a CSS pixel.
   * @param {number} stride Width of the picture in device pixels, margins included.
   * @param {string} halo Colour of the thin edge that parts marks that overlap.
   */
  constructor(states, ratio, stride, halo) {
    Object.assign(this, { states, ratio, stride, halo, sizes: new Map(), rings: [] });
  }

  /** Device pixels by which a ring or a mark may reach over the picture's edge. */
  static margin(ratio) {
    return Math.ceil((RING_TO + 4) * ratio);
  }

  /** Marks of one radius (CSS pixels, to a quarter), baked once: [state][phase]. */
  marks(radius) {
    const size = Math.round(radius * 4 * this.ratio) / 4;
    if (!this.sizes.has(size)) this.sizes.set(size, this.states.map((state) => this.#mark(state, size)));
    return this.sizes.get(size);
  }

  #mark(state, size) {
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
        ctx.fillStyle = state.colour;
        ctx.fill();
      }),
    );
  }

  #ring(state, step) {
    const age = (step + 0.5) / RING_STEPS;
    return bake(Sprites.margin(this.ratio) - 1, this.stride, (ctx) => {
      ctx.globalAlpha = 0.9 * (1 - age);
      ctx.lineWidth = 1.8 * this.ratio;
      ctx.strokeStyle = state.colour;
      ctx.beginPath();
      ctx.arc(0, 0, (RING_FROM + (RING_TO - RING_FROM) * Math.sqrt(age)) * this.ratio, 0, 2 * Math.PI);
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

  /** Stamp the ring of a change `age` (0 to 1) old. */
  putRing(pixels, state, age, x, y) {
    const step = Math.min(RING_STEPS - 1, Math.floor(age * RING_STEPS));
    const place = state * RING_STEPS + step;
    this.rings[place] ??= this.#ring(this.states[state], step);
    stamp(pixels, this.rings[place], Math.round(y) * this.stride + Math.round(x));
  }
}

/** Draws the figure on a canvas context. A style has fill, stroke, width, dash. */
export class CanvasPen {
  /** @param {CanvasRenderingContext2D} ctx @param {string} family Font family. */
  constructor(ctx, family) {
    Object.assign(this, { ctx, family });
  }

  #finish({ fill, stroke, width = 1, dash = [] }) {
    if (fill) {
      this.ctx.fillStyle = fill;
      this.ctx.fill();
    }
    if (!stroke) return;
    this.ctx.strokeStyle = stroke;
    this.ctx.lineWidth = width;
    this.ctx.setLineDash(dash);
    this.ctx.stroke();
    this.ctx.setLineDash([]);
  }

  circle(x, y, r, style) {
    this.ctx.beginPath();
    this.ctx.arc(x, y, r, 0, 2 * Math.PI);
    this.#finish(style);
  }

  box(x, y, w, h, r, style) {
    this.ctx.beginPath();
    this.ctx.roundRect(x, y, w, h, r);
    this.#finish(style);
  }

  polygon(points, x, y, style) {
    trace(this.ctx, points, x, y);
    this.#finish(style);
  }

  /** Lines from an array of x, y, x, y; in runs, for one long path is slow to stroke. */
  lines(ends, style) {
    for (let from = 0; from < ends.length; from += 800) {
      this.ctx.beginPath();
      for (let i = from; i < Math.min(from + 800, ends.length); i += 4) {
        this.ctx.moveTo(ends[i], ends[i + 1]);
        this.ctx.lineTo(ends[i + 2], ends[i + 3]);
      }
      this.#finish(style);
    }
  }

  text(words, x, y, { size = 12, weight = 400, fill, anchor = "start", halo = null }) {
    const { ctx } = this;
    ctx.font = `${weight} ${size}px ${this.family}`;
    ctx.textAlign = { start: "left", middle: "center", end: "right" }[anchor];
    if (halo) {
      ctx.strokeStyle = halo;
      ctx.lineWidth = 3;
      ctx.lineJoin = "round";
      ctx.strokeText(words, x, y);
    }
    ctx.fillStyle = fill;
    ctx.fillText(words, x, y);
  }
}

const round = (value) => +value.toFixed(2);
const plain = (text) => String(text).replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c]);

/** Draws the same figure as text of an SVG file. */
export class SvgPen {
  /** @param {number} width @param {number} height @param {string} family Font family. */
  constructor(width, height, family) {
    Object.assign(this, { width, height, family, parts: [], serial: 0 });
  }

  #style({ fill = "none", stroke, width = 1, dash = [] }) {
    const line = stroke ? ` stroke="${stroke}" stroke-width="${width}"` : "";
    return `fill="${fill}"${line}${dash.length ? ` stroke-dasharray="${dash.join(" ")}"` : ""}`;
  }

  #points(points, x, y) {
    return points.map(([px, py]) => `${round(x + px)},${round(y + py)}`).join(" ");
  }

  circle(x, y, r, style) {
    this.parts.push(`<circle cx="${round(x)}" cy="${round(y)}" r="${round(r)}" ${this.#style(style)}/>`);
  }

  box(x, y, w, h, r, style) {
    const size = `width="${round(w)}" height="${round(h)}" rx="${r}"`;
    this.parts.push(`<rect x="${round(x)}" y="${round(y)}" ${size} ${this.#style(style)}/>`);
  }

  polygon(points, x, y, style) {
    this.parts.push(`<polygon points="${this.#points(points, x, y)}" ${this.#style(style)}/>`);
  }

  lines(ends, style) {
    let path = "";
    for (let i = 0; i < ends.length; i += 4) {
      path += `M${round(ends[i])} ${round(ends[i + 1])}L${round(ends[i + 2])} ${round(ends[i + 3])}`;
    }
    if (path) this.parts.push(`<path d="${path}" ${this.#style(style)}/>`);
  }

  /** The same outline at many places (an array of x, y). */
  marks(points, places, style) {
    const id = `mark${this.serial++}`;
    this.parts.push(`<defs><polygon id="${id}" points="${this.#points(points, 0, 0)}" ${this.#style(style)}/></defs>`);
    for (let i = 0; i < places.length; i += 2) {
      this.parts.push(`<use href="#${id}" x="${round(places[i])}" y="${round(places[i + 1])}"/>`);
    }
  }

  text(words, x, y, { size = 12, weight = 400, fill, anchor = "start", halo = null }) {
    const edge = halo ? ` stroke="${halo}" stroke-width="3" stroke-linejoin="round" paint-order="stroke"` : "";
    const font = `font-size="${round(size)}" font-weight="${weight}" text-anchor="${anchor}" fill="${fill}"`;
    this.parts.push(`<text x="${round(x)}" y="${round(y)}" ${font}${edge}>${plain(words)}</text>`);
  }

  /** Draw inside a clipped rectangle whose corner is the new origin. */
  inside(x, y, w, h, draw) {
    const id = `clip${this.serial++}`;
    this.parts.push(`<clipPath id="${id}"><rect width="${w}" height="${h}"/></clipPath>`);
    this.parts.push(`<g transform="translate(${x} ${y})"><g clip-path="url(#${id})">`);
    draw();
    this.parts.push("</g></g>");
  }

  /** The whole file. */
  toString() {
    const size = `width="${this.width}" height="${this.height}" viewBox="0 0 ${this.width} ${this.height}"`;
    const head = `<svg xmlns="http://www.w3.org/2000/svg" ${size} font-family="${plain(this.family)}">`;
    return `${head}\n${this.parts.join("\n")}\n</svg>\n`;
  }
}
