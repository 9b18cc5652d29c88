/** A table of differences, each with its interval drawn. */
import { scaleLinear } from "d3-scale";
import { h } from "./html.js";

/**
 * @typedef {{name: string, level: number, base: ?number, reform: ?number, difference: ?number, low: ?number, high: ?number,
 *   text: {base: string, reform: string, difference: string, interval: string}}} Row
 * @typedef {{title: string, window: string, unit: string, rows: Row[], one_scale: boolean, note: string, has_levels: boolean,
 *   has_differences: boolean}} Block
 */

const SVG = "http://www.w3.org/2000/svg";
const [PLOT_WIDTH, PLOT_HEIGHT, PLOT_MARGIN] = [224, 24, 10];

/** @param {Block} block */
export function drawBlock(block) {
  const shared = block.one_scale ? scaleOf(block.rows) : null;
  const heads = [h("th", { scope: "col" }, h("span", { class: "tg-hidden" }, "What"))];
  if (block.has_levels && block.has_differences) heads.push(h("th", { scope: "col", class: "tg-block__base" }, "Base"), h("th", { scope: "col", class: "tg-block__reform" }, "Reform"));
  if (block.has_levels && !block.has_differences) heads.push(h("th", { scope: "col" }, block.unit === "as named" ? "Level" : `Level, ${block.unit}`));
  if (block.has_differences) heads.push(h("th", { scope: "col" }, "Difference"), plotHead(block, shared), h("th", { scope: "col" }, "Interval"));
  const caption = h("caption", {}, h("h2", {}, block.title), h("span", { class: "tg-quiet" }, [block.window, block.has_differences && block.unit !== "as named" ? `differences in ${block.unit}` : ""].filter(Boolean).join("; ")));
  const body = block.rows.length ? block.rows.map((row) => drawRow(block, row, shared)) : [];
  return h(
    "div",
    { class: block.has_differences ? "tg-block" : "tg-block tg-block--levels" },
    h("table", {}, caption, body.length ? h("thead", {}, h("tr", {}, ...heads)) : null, h("tbody", {}, ...body)),
    block.note ? h("p", { class: "tg-quiet" }, block.note) : null,
  );
}

/** @param {Block} block @param {Row} row */
function drawRow(block, row, shared) {
  const cells = [h("th", { scope: "row", "data-level": row.level }, row.name)];
  const { text } = row;
  if (block.has_levels && block.has_differences) cells.push(h("td", {}, dash(text.base)), h("td", {}, dash(text.reform)));
  if (block.has_levels && !block.has_differences) cells.push(h("td", {}, dash(text.reform)));
  if (block.has_differences) {
    const plot = row.difference === null ? null : drawInterval(row, shared ?? scaleOf([row], true));
    cells.push(h("td", {}, dash(text.difference)), h("td", { class: "tg-block__plot" }, plot), h("td", { class: "tg-block__interval" }, dash(text.interval)));
  }
  return h("tr", {}, ...cells);
}

const dash = (text) => (text === "-" ? "–" : text.replace(/^([[]?)-/, "$1−").replace(/, -/g, ", −"));

/** The scale of some rows: it holds their differences, their intervals and zero; zero in the middle where each row has its own. */
function scaleOf(rows, centred = false) {
  const ends = rows.flatMap((row) => [row.difference, row.low, row.high]).filter((value) => value !== null);
  const far = Math.max(...ends.map(Math.abs));
  const [low, high] = centred ? [-far, far] : [Math.min(0, ...ends), Math.max(0, ...ends)];
  const domain = low < high ? [low, high] : [-1, 1];
  return scaleLinear(domain, [PLOT_MARGIN, PLOT_WIDTH - PLOT_MARGIN]);
}

function plotHead(block, shared) {
  const head = h("th", { scope: "col", class: "tg-block__plot" });
  if (!shared) {
    head.append("each row to its own scale");
    return head;
  }
  const drawing = canvas(16);
  const ticks = shared.ticks(3);
  const format = shared.tickFormat(3);
  for (const tick of ticks) {
    const label = svg("text", { class: "tg-block__tick", x: shared(tick), y: 12, "text-anchor": "middle" });
    label.textContent = format(tick);
    drawing.append(label);
  }
  head.append(h("span", { class: "tg-hidden" }, `Scale, ${block.unit}`), drawing);
  return head;
}

/** @param {Row} row */
function drawInterval(row, scale) {
  const drawing = canvas(PLOT_HEIGHT);
  const middle = PLOT_HEIGHT / 2;
  drawing.append(svg("line", { class: "tg-block__zero", x1: scale(0), x2: scale(0), y1: 0, y2: PLOT_HEIGHT }));
  if (row.low !== null && row.high !== null) drawing.append(svg("line", { class: "tg-block__line", x1: scale(row.low), x2: scale(row.high), y1: middle, y2: middle }));
  const sure = row.low !== null && row.high !== null && (row.low > 0 || row.high < 0);
  drawing.append(svg("circle", { class: `tg-block__dot${sure ? " tg-block__dot--sure" : ""}`, cx: scale(row.difference), cy: middle, r: 4 }));
  return drawing;
}

const canvas = (height) => svg("svg", { width: PLOT_WIDTH, height, "aria-hidden": "true", focusable: "false" });

function svg(tag, attributes) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}
