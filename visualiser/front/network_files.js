/** The networks as files: a picture, a drawing, a table. */
import { h } from "./html.js";
import { outline } from "./marks.js";
import { Panel } from "./panel.js";
import { CanvasPen, SvgPen } from "./pens.js";
import { ARMS, clipped, count } from "./words.js";

const GAP = 16;
const TOP = 62;
const UNDER = 98;
const RATIO = 2;
const LINE = 20;
const ENTITIES = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };

/** @param {import("./network.js").Networks} networks */
function figureSize(networks) {
  const { shared: { view }, shown } = networks;
  const width = Math.round(GAP + shown.length * (view.width + GAP));
  return { width, height: Math.round(view.height + TOP + UNDER + LINE * sourceLines(networks, width).length) };
}

/** What says where the picture comes from, in lines that fit its width. */
function sourceLines({ provenance, shared: { measure } }, width) {
  return (provenance?.text ?? "").split(/\s+/).filter(Boolean).reduce((lines, word) => {
    const joined = lines.length ? `${lines.at(-1)} ${word}` : word;
    return lines.length && measure(joined, 12, 400) <= width - 2 * GAP ? [...lines.slice(0, -1), joined] : [...lines, word];
  }, []);
}

/** Draw the whole figure, titles, date and legend included, with a pen; `drawWorld` draws one scene at a place. */
function paintFigure(networks, pen, drawWorld) {
  const { shared: { tokens, view }, shown } = networks;
  const { width, height } = figureSize(networks);
  pen.box(0, 0, width, height, 0, { fill: tokens.surface });
  shown.forEach((scene, arm) => {
    const left = GAP + arm * (view.width + GAP);
    paintHead(networks, pen, arm, left);
    drawWorld(scene, left, TOP);
    pen.box(left, TOP, view.width, view.height, 6, { stroke: tokens.line });
  });
  paintLegend(networks, pen, TOP + view.height + 28, width);
}

/** The line, the titles and the date over one world. */
function paintHead({ shared: { tokens, view, world, measure }, date }, pen, arm, left) {
  const { title = ARMS[arm], about = "" } = world?.arms[arm] ?? {};
  const quiet = { size: 13, fill: tokens["ink-soft"] };
  pen.lines([left, 27, left + 26, 27], { stroke: tokens[arm ? "reform-text" : "base-text"], width: 3, dash: arm ? [6, 4] : [] });
  pen.text(title, left + 34, 32, { size: 15, weight: 600, fill: tokens.ink });
  pen.text(date, left + view.width, 32, { ...quiet, anchor: "end" });
  pen.text(clipped(about ?? "", view.width - 34, (text) => measure(text, 13, 400)), left + 34, 50, quiet);
}

/** Marks, what they mean and how many they are; then the note of the world, and where all this comes from. */
function paintLegend(networks, pen, top, width) {
  const { states, shown, shared: { tokens, world, measure } } = networks;
  let [x, y] = [GAP, top];
  states.forEach((state, i) => {
    const words = `${state.label}  ${shown.map(({ tallies }) => count(tallies[i])).join(" | ")}`;
    const wide = measure(words, 12, 400) + 44;
    if (x + wide > width) [x, y] = [GAP, y + LINE];
    pen.polygon(outline(state.shape, 5), x + 7, y - 4, { fill: state.colour });
    pen.text(words, x + 20, y, { size: 12, fill: tokens.ink });
    x += wide;
  });
  const note = `${shown.length > 1 ? "Counts: base | reform. " : ""}${world?.note ?? ""}`;
  [note, ...sourceLines(networks, width)].forEach((line, i) => pen.text(line, GAP, y + 22 + i * LINE, { size: 12, fill: tokens["ink-soft"] }));
}

/** @returns {Promise<Blob>} Both worlds as a picture, at twice the size of the screen's pixels. */
export function toPNG(networks) {
  const size = figureSize(networks);
  const canvas = h("canvas", { width: RATIO * size.width, height: RATIO * size.height });
  const ctx = canvas.getContext("2d");
  ctx.scale(RATIO, RATIO);
  const { width, height } = networks.shared.view;
  paintFigure(networks, new CanvasPen(ctx, networks.shared.family), (scene, left, top) => {
    const panel = new Panel(scene, h("canvas"));
    panel.resize(width, height, RATIO);
    panel.paint(0, (pen) => networks.paintFocus(pen, scene));
    ctx.drawImage(panel.canvas, left, top, width, height);
  });
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}

/** @returns {string} Both worlds as an SVG file. */
export function toSVG(networks) {
  const size = figureSize(networks);
  const pen = new SvgPen(size.width, size.height, networks.shared.family);
  const { width, height } = networks.shared.view;
  if (networks.provenance) pen.parts.push(`<desc>${networks.provenance.text.replace(/[&<>]/g, (c) => ENTITIES[c])}</desc>`);
  paintFigure(networks, pen, (scene, left, top) =>
    pen.inside(left, top, width, height, () => {
      scene.paintGround(pen);
      if (networks.shared.world) scene.paintPeople(pen);
      networks.paintFocus(pen, scene);
    }),
  );
  return pen.toString();
}

/** @returns {string} Everyone shown, a line each, and where the line comes from. */
export function toCSV({ states, shown, provenance, shared: { people } }) {
  const key = (state) => states[state]?.key ?? "absent";
  const source = [provenance?.seed ?? "", `"${(provenance?.text ?? "").replaceAll('"', '""')}"`];
  const line = (person, node) => [
    ...[person, people.xy[2 * node].toFixed(3), people.xy[2 * node + 1].toFixed(3)],
    ...[people.sex[node] ? "female" : "male", people.born[node]],
    ...shown.map((scene) => key(scene.stateOf(node))),
    ...source,
  ].join(",");
  const columns = shown.length > 1 ? "state_base,state_reform" : "state";
  return `${[`person,x,y,sex,born,${columns},seed,provenance`, ...Array.from(people.persons, line)].join("\n")}\n`;
}
