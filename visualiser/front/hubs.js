/** Organisations about the people: where they and their labels stand, and how they are drawn. */
import { HOUSE } from "./marks.js";
import { clamp } from "./people.js";
import { count, wrapped } from "./words.js";

export const LABELS_FROM_PX = 150; // an area this wide on the screen has room for the names of its organisations
const FARTHEST_LABEL = 200;
const LINE = 1.2; // of the size of the type

/** The area whose organisations are named: the only one, or when near enough, the one in the middle of the view. */
function namedArea({ view, world }) {
  if (world.areas.length < 2) return 0;
  const [x, y] = view.inverse(view.width / 2, view.height / 2);
  const far = world.areas.map((area) => Math.hypot(area.x - x, area.y - y));
  const nearest = far.indexOf(Math.min(...far));
  return world.areas[nearest].r * view.k > LABELS_FROM_PX ? nearest : null;
}

/** The most linked to one organisation of each kind, in either world. */
function mostOfKind({ world, scenes }) {
  const most = {};
  world.hubs.forEach(({ kind }, i) => {
    most[kind] = Math.max(most[kind] ?? 1, ...scenes.map(({ linked }) => linked[i] ?? 0));
  });
  return most;
}

/**
 * Place each organisation on the screen, and its label's box where it has one.
 *
 * @param {import("./scene.js").Scene} scene
 */
export function placeHubs(scene) {
  const { view, world } = scene.shared;
  const most = mostOfKind(scene.shared);
  const named = namedArea(scene.shared);
  const taken = [];
  return world.hubs.map((hub, index) => {
    const area = world.areas[hub.area] ?? { x: hub.x, y: hub.y, r: 0 };
    const [x, y] = view.place(hub.x, hub.y);
    const linked = scene.linked[index] ?? null;
    const share = linked === null ? 0.3 : Math.sqrt(linked / most[hub.kind]);
    const isNear = x > -20 && y > -20 && x < view.width + 20 && y < view.height + 20;
    const size = clamp(area.r * view.k * 0.07, 3, 7) * (hub.kind === "provider" ? 0.9 + 0.5 * share : 0.8 + 0.4 * share);
    const placed = { hub, index, x, y, linked, grey: linked === 0, size, box: null };
    if (hub.area === named && isNear) label(placed, scene, area, share, taken);
    return placed;
  });
}

/** Give an organisation its label, off the disc of its area, inside the picture, clear of those before it. */
function label(placed, scene, area, share, taken) {
  const isProvider = placed.hub.kind === "provider";
  const font = isProvider ? 11.5 + 2 * share : 11.5;
  const lines = wrapped(placed.hub.title, 15);
  if (placed.linked !== null) lines.push(placed.grey ? "nobody now" : scene.counted(placed.index));
  const { measure } = scene.shared;
  const w = Math.max(...lines.map((line) => measure(line, font, isProvider ? 600 : 400))) + (isProvider ? 14 : 4);
  const h = lines.length * font * LINE + (isProvider ? 8 : 2);
  const box = outside(placed, { w, h }, scene.shared.view, area);
  if (!box) return;
  for (const other of taken) giveWay(box, other, placed.hub.y > area.y);
  taken.push(box);
  Object.assign(placed, { box, lines, font });
}

/** The first box, outwards by small steps, that clears the disc and, a charity's, its own mark; null where none does. */
function outside(placed, { w, h }, view, area) {
  const isProvider = placed.hub.kind === "provider";
  const [dx, dy] = [placed.hub.x - area.x, placed.hub.y - area.y];
  const far = Math.hypot(dx, dy) || 1;
  const [cx, cy] = view.place(area.x, area.y);
  let [box, gap, off] = [null, 0, 0];
  for (let reach = isProvider ? 0 : placed.size + Math.min(w, h) / 2; reach < FARTHEST_LABEL; reach += 3) {
    const x = clamp(placed.x + (dx / far) * reach - w / 2, 4, Math.max(4, view.width - w - 4));
    const y = clamp(placed.y + (dy / far) * reach - h / 2, 4, Math.max(4, view.height - h - 4));
    box = { x, y, w, h };
    gap = Math.hypot(clamp(cx, x, x + w) - cx, clamp(cy, y, y + h) - cy) - area.r * view.k;
    off = Math.max(x - placed.x, placed.x - x - w, y - placed.y, placed.y - y - h);
    if (gap > 5 && (isProvider || off > placed.size + 1)) break;
  }
  return gap < -10 || (!isProvider && off < placed.size) ? null : box;
}

/** Move a box above or below another that it overlaps. */
function giveWay(box, other, isBelow) {
  if (box.x >= other.x + other.w + 3 || other.x >= box.x + box.w + 3) return;
  if (box.y >= other.y + other.h + 3 || other.y >= box.y + box.h + 3) return;
  box.y = isBelow ? other.y + other.h + 4 : other.y - box.h - 4;
}

/** Draw the organisations, those with labels over the others. */
export function paintHubs(pen, scene) {
  const placed = placeHubs(scene);
  const ordered = [...placed.filter(({ box }) => !box), ...placed.filter(({ box }) => box)];
  for (const one of ordered) {
    if (one.hub.kind === "provider") paintProvider(pen, one, scene.shared.tokens);
    else paintCharity(pen, one, scene.shared.tokens);
    if (one.box) paintLabel(pen, one, scene.shared.tokens);
  }
}

function paintProvider(pen, { x, y, size, grey, box }, tokens) {
  const look = grey
    ? { fill: tokens["surface-soft"], stroke: tokens["line-strong"], width: 1, dash: box ? [3, 3] : [] }
    : { fill: tokens.surface, stroke: tokens.ink, width: 1.5 };
  if (box) pen.box(box.x, box.y, box.w, box.h, 5, look);
  else pen.box(x - size, y - size * 0.7, 2 * size, 1.4 * size, 2, look);
}

function paintCharity(pen, { x, y, size, grey }, tokens) {
  const fill = grey ? tokens["line-strong"] : tokens.accent;
  pen.polygon(HOUSE.map(([px, py]) => [px * size, py * size]), x, y, { fill, stroke: tokens.surface });
}

function paintLabel(pen, { hub, linked, grey, box, lines, font }, tokens) {
  const isProvider = hub.kind === "provider";
  const fill = grey || !isProvider ? tokens["ink-soft"] : tokens.ink;
  const top = box.y + (box.h - lines.length * font * LINE) / 2 + font * 0.98;
  lines.forEach((line, i) => {
    const isCount = linked !== null && i === lines.length - 1;
    const weight = isProvider && !isCount ? 600 : 400;
    const halo = isProvider ? null : tokens.surface;
    pen.text(line, box.x + box.w / 2, top + i * font * LINE, { size: font, weight, fill, anchor: "middle", halo });
  });
}
