/** Marks: the shape, the size and the colour of a state. */

/** Bigger marks for rarer states, so that they are seen among the free. */
export const EMPHASIS = { dot: 0.85, square: 1, triangle: 1.1, triangle_down: 1.1, block: 1.1, cross: 1.25, star: 1.3 };

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

/**
 * Mix a colour into the ground.
 *
 * @param {string} colour Such as "#4477aa".
 * @param {string} ground The same.
 * @param {number} strength 1 leaves the colour as it is, 0 leaves the ground.
 */
export function mixed(colour, ground, strength) {
  const [over, under] = [colour, ground].map((hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16)));
  const parts = over.map((value, i) => Math.round(under[i] + strength * (value - under[i])));
  return `#${parts.map((value) => value.toString(16).padStart(2, "0")).join("")}`;
}

/** Make an element of SVG. */
function svg(tag, attributes, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** Draw one state's mark as an element, for legends and tooltips. */
export function icon(state, size = 14) {
  const points = outline(state.shape, size * 0.34).map((point) => point.map((v) => v.toFixed(2)).join(",")).join(" ");
  const box = [-size / 2, -size / 2, size, size].join(" ");
  return svg("svg", { width: size, height: size, viewBox: box, "aria-hidden": "true" }, svg("polygon", { points, fill: state.colour }));
}

/** Trace a polygon on a canvas context. */
export function trace(ctx, points, x, y) {
  ctx.beginPath();
  points.forEach(([px, py], i) => (i ? ctx.lineTo(x + px, y + py) : ctx.moveTo(x + px, y + py)));
  ctx.closePath();
}
