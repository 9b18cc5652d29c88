/** Figures and the data behind them, as files: SVG, PNG and CSV. */
import { select } from "d3-selection";

/**
 * Where a figure comes from.
 * @typedef {{text: string, seed: number|string, slug: string}} Provenance
 * `text` names scenarios, settings, seed and code version; `slug` is its short form for file names.
 */

/**
 * What a figure needs besides its drawing.
 * @typedef {{title: string, legend?: Mark[], provenance?: Provenance}} About
 */

/**
 * One entry of a legend: a line (dashed or not), a symbol where `path` is given, or a ringed `text`.
 * @typedef {{label: string, colour: string, dash?: string, path?: string, hollow?: boolean, text?: string}} Mark
 */

const SVG = "http://www.w3.org/2000/svg";
const KEPT_STYLES = [
  "fill", "fill-opacity", "stroke", "stroke-width", "stroke-opacity", "stroke-dasharray", "stroke-linecap", "stroke-linejoin",
  "opacity", "font-size", "font-family", "font-weight", "font-style", "text-anchor", "dominant-baseline", "paint-order", "display",
];
const INK = "#1b2430";
const INK_SOFT = "#4d5a69";
const MARGIN = 12;
const LINE = 18;

/**
 * Offer text to the reader as a file.
 * @param {string} name file name with its ending
 * @param {string} mime
 * @param {string} text
 */
export function saveText(name, mime, text) {
  saveBlob(name, new Blob([text], { type: `${mime};charset=utf-8` }));
}

/** Offer a blob to the reader as a file. */
export function saveBlob(name, blob) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/**
 * Write rows as CSV (RFC 4180); the columns are those of all rows, in order of first appearance.
 * @param {Object<string, string|number|null|undefined>[]} rows
 * @returns {string}
 */
export function toCsv(rows) {
  const columns = [...new Set(rows.flatMap(Object.keys))];
  const lines = rows.map((row) => columns.map((column) => cell(row[column])).join(","));
  return [columns.map(cell).join(","), ...lines].join("\r\n") + "\r\n";
}

/** One value of a CSV line, quoted where it must be. */
function cell(value) {
  const text = value === null || value === undefined ? "" : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/**
 * Name a file after what it holds and where it comes from.
 * @param {string} part such as "recalls"
 * @param {Provenance} [provenance]
 * @returns {string} without ending
 */
export function fileName(part, provenance) {
  return [part, provenance?.slug].filter(Boolean).join("_").replace(/[^A-Za-z0-9_.-]+/g, "-");
}

/**
 * Save a drawing as an SVG that stands alone: styles inlined, title, legend and provenance added.
 * @param {SVGSVGElement} svg as shown on the page
 * @param {string} name without ending
 * @param {About} [about]
 */
export function saveSvg(svg, name, about = { title: name }) {
  saveText(`${name}.svg`, "image/svg+xml", serialise(standalone([svg], about)));
}

/**
 * Save a drawing as a PNG of what `saveSvg` writes.
 * @param {SVGSVGElement} svg as shown on the page
 * @param {string} name without ending
 * @param {number} [scale] pixels for each unit of the drawing
 * @param {About} [about]
 * @returns {Promise<void>}
 */
export async function savePng(svg, name, scale = 2, about = { title: name }) {
  saveBlob(`${name}.png`, await rasterise(standalone([svg], about), scale));
}

/** An SVG element as text. */
function serialise(svg) {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${new XMLSerializer().serializeToString(svg)}\n`;
}

/** Paint a standalone SVG on a white canvas and return it as a PNG blob. */
async function rasterise(svg, scale) {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(serialise(svg))}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = Math.ceil(Number(svg.getAttribute("width")) * scale);
  canvas.height = Math.ceil(Number(svg.getAttribute("height")) * scale);
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}

/** Put drawings side by side under a title and a legend, over the line that says where they come from. */
function standalone(drawings, about) {
  const sizes = drawings.map((svg) => svg.getBoundingClientRect());
  const width = sizes.reduce((sum, size) => sum + size.width + MARGIN, MARGIN);
  const out = select(document.createElementNS(SVG, "svg")).attr("xmlns", SVG).attr("font-family", "system-ui, sans-serif");
  out.append("title").text(about.title);
  out.append("desc").text(about.provenance?.text ?? "");
  const paper = out.append("rect").attr("fill", "#fff");
  let y = writeLines(out, wrap(about.title, width, 15, 0.55), MARGIN, 15, INK, 600);
  y = writeLegend(out, about.legend ?? [], y, width);
  drawings.forEach((svg, i) => {
    const x = sizes.slice(0, i).reduce((sum, size) => sum + size.width + MARGIN, MARGIN);
    placeCopy(out.node(), svg, sizes[i], x, y);
  });
  y += Math.max(...sizes.map((size) => size.height));
  y = writeLines(out, wrap(about.provenance?.text ?? "", width, 11, 0.52), y + 4, 11, INK_SOFT, 400);
  out.attr("width", width).attr("height", y + MARGIN).attr("viewBox", `0 0 ${width} ${y + MARGIN}`);
  paper.attr("width", width).attr("height", y + MARGIN);
  return out.node();
}

/** Copy a drawing with its computed styles into `parent` at (x, y). */
function placeCopy(parent, svg, size, x, y) {
  const copy = svg.cloneNode(true);
  inlineStyles(svg, copy);
  copy.querySelectorAll("[data-screen-only]").forEach((node) => node.remove());
  for (const name of ["class", "tabindex", "role", "aria-label", "aria-describedby", "style"]) copy.removeAttribute(name);
  for (const [key, value] of Object.entries({ x, y, width: size.width, height: size.height })) copy.setAttribute(key, value);
  parent.append(copy);
}

/** Write the styles that the page's sheets give each element into its copy. */
function inlineStyles(source, copy) {
  const from = [source, ...source.querySelectorAll("*")];
  const to = [copy, ...copy.querySelectorAll("*")];
  from.forEach((node, i) => {
    const style = getComputedStyle(node);
    to[i].setAttribute("style", KEPT_STYLES.map((key) => `${key}:${style.getPropertyValue(key)}`).join(";"));
  });
}

/** Break text into lines that fit `width`, by the mean width of a character. */
function wrap(text, width, size, perCharacter) {
  const room = Math.floor((width - 2 * MARGIN) / (size * perCharacter));
  return text.split(/\s+/).filter(Boolean).reduce((lines, word) => {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length + 1 <= room) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
    return lines;
  }, []);
}

/** Write lines of text from `y` down; return the y under them. */
function writeLines(out, lines, y, size, colour, weight) {
  lines.forEach((line, i) => {
    out.append("text").attr("x", MARGIN).attr("y", y + size + i * LINE).attr("font-size", size)
      .attr("font-weight", weight).attr("fill", colour).text(line);
  });
  return y + lines.length * LINE + 4;
}

/** Write the legend from `y` down, wrapped to `width`; return the y under it. */
function writeLegend(out, legend, y, width) {
  let x = MARGIN;
  for (const mark of legend) {
    const lines = wrap(mark.label, width - 30, 12, 0.56);
    const needs = 38 + Math.max(...lines.map((line) => line.length)) * 6.7;
    if (x > MARGIN && x + needs > width - MARGIN) [x, y] = [MARGIN, y + LINE];
    drawMark(out.append("g").attr("transform", `translate(${x},${y + 8})`), mark);
    lines.forEach((line, i) => out.append("text").attr("x", x + 26).attr("y", y + 12 + i * LINE).attr("font-size", 12).attr("fill", INK).text(line));
    [x, y] = [lines.length > 1 ? width : x + needs, y + (lines.length - 1) * LINE];
  }
  return legend.length ? y + LINE + 4 : y;
}

/**
 * Draw the sign of a legend entry in a box of 22 by 16, its middle at (11, 0).
 * @param {import("d3-selection").Selection} g
 * @param {Mark} mark
 */
export function drawMark(g, mark) {
  if (mark.text) {
    g.append("circle").attr("cx", 11).attr("r", 7).attr("fill", "#fff").attr("stroke", mark.colour);
    g.append("text").attr("x", 11).attr("y", 3.5).attr("text-anchor", "middle").attr("font-size", 10).attr("fill", mark.colour).text(mark.text);
  } else if (!mark.path) {
    g.append("line").attr("x2", 22).attr("stroke", mark.colour).attr("stroke-width", 2.5).attr("stroke-dasharray", mark.dash ?? null);
  } else drawSign(g, mark);
}

/** Draw a legend's symbol. */
function drawSign(g, mark) {
  g.append("path").attr("d", mark.path).attr("transform", "translate(11,0)").attr("fill", mark.hollow ? "#fff" : mark.colour)
    .attr("stroke", mark.hollow ? mark.colour : "none").attr("stroke-width", 1.5);
}

/**
 * Append a legend to the page.
 * @param {import("d3-selection").Selection} parent
 * @param {Mark[]} marks
 */
export function showLegend(parent, marks) {
  const items = parent.selectAll("span.tg-mark").data(marks).join("span").attr("class", "tg-mark");
  items.html("");
  items.append("svg").attr("width", 22).attr("height", 16).attr("viewBox", "0 -8 22 16").attr("aria-hidden", "true")
    .each(function (mark) { drawMark(select(this), mark); });
  items.append("span").text((mark) => mark.label);
}

/**
 * Append the three buttons under a figure.
 * @param {import("d3-selection").Selection} parent
 * @param {{title: () => string, part: () => string, svg: () => SVGSVGElement, rows: () => Object[], legend: () => Mark[],
 *   provenance: () => Provenance|undefined}} figure each asked for at the click
 */
export function downloadMenu(parent, figure) {
  const about = () => ({ title: figure.title(), legend: figure.legend(), provenance: figure.provenance() });
  const name = () => fileName(figure.part(), figure.provenance());
  const actions = {
    SVG: () => saveSvg(figure.svg(), name(), about()),
    PNG: () => savePng(figure.svg(), name(), 2, about()),
    CSV: () => saveText(`${name()}.csv`, "text/csv", toCsv(figure.rows())),
  };
  const menu = parent.append("div").attr("class", "tg-download").attr("role", "group").attr("aria-label", `Download: ${figure.title()}`);
  for (const [label, act] of Object.entries(actions)) {
    menu.append("button").attr("type", "button").attr("aria-label", () => `${label}: ${figure.title()}`).text(label).on("click", act);
  }
}
