/** Where the bars and ribbons of the flow stand. */
import { sum } from "d3-array";
import { scaleLinear } from "d3-scale";

export const HEIGHT = 436;
export const BOX = { top: 46, right: 128, bottom: 16, left: 128 };
export const BAR = 14;
const GAP = 12;

/** Cell by cell mean of matrices. */
export function meanOf(matrices) {
  return matrices[0].map((row, i) => row.map((_, j) => sum(matrices, (one) => one[i][j]) / matrices.length));
}

/** Pixels for a number of people: one scale for both arms, set by the tallest column. */
export function heightScale(pictures) {
  const room = HEIGHT - BOX.top - BOX.bottom;
  const perPerson = pictures.flatMap(({ bars }) => bars).map((column) => {
    const shown = column.filter((bar) => bar.people > 0);
    return (room - GAP * Math.max(0, shown.length - 1)) / Math.max(1, sum(shown, (bar) => bar.people));
  });
  return (n) => n * Math.min(...perPerson);
}

/** Give bars and ribbons their places. */
export function place({ ribbons, bars }, scale, width) {
  const x = scaleLinear().domain([0, bars.length - 1]).range([BOX.left, width - BOX.right - BAR]);
  for (const column of bars) {
    let y = BOX.top;
    for (const bar of column) {
      Object.assign(bar, { x: x(bar.column), y, size: scale(bar.people), out: y, into: y });
      if (bar.people > 0) y += bar.size + GAP;
    }
  }
  for (const one of ribbons) {
    const [from, to] = [bars[one.step][one.from], bars[one.step + 1][one.to]];
    Object.assign(one, { x0: from.x + BAR, x1: to.x, y0: from.out, y1: to.into, size: scale(one.people) });
    from.out += one.size;
    to.into += one.size;
  }
}

/** A ribbon as a closed path with level ends. */
export function ribbonPath({ x0, x1, y0, y1, size }) {
  const middle = (x0 + x1) / 2;
  const [under0, under1] = [y0 + size, y1 + size];
  return `M${x0},${y0}C${middle},${y0} ${middle},${y1} ${x1},${y1}V${under1}C${middle},${under1} ${middle},${under0} ${x0},${under0}Z`;
}

/** Move the tops of ordered boxes so that none overlaps the next, within `top` and `bottom`. */
export function stack(tops, heights, top, bottom) {
  const out = tops.map((y) => Math.max(y, top));
  for (let i = 1; i < out.length; i++) out[i] = Math.max(out[i], out[i - 1] + heights[i - 1]);
  for (let i = out.length - 1, edge = bottom; i >= 0; edge = out[i], i--) out[i] = Math.min(out[i], edge - heights[i]);
  return out;
}

/** A label broken at its spaces into lines of at most so many letters. */
export function wrapLabel(label, most) {
  return label.split(" ").reduce((lines, word) => {
    const joined = lines.length ? `${lines.at(-1)} ${word}` : word;
    return joined.length <= most && lines.length ? [...lines.slice(0, -1), joined] : [...lines, word];
  }, []);
}
