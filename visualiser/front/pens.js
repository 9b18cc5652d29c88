/** Two pens, for a canvas and for an SVG file, that draw the same figure. A style has fill, stroke, width, dash. */
import { trace } from "./marks.js";

/** Draws the figure on a canvas context. */
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
