/** Where the bars and ribbons of the flow stand. */
import { sum } from "d3-array";
import { scaleLinear } from "d3-scale";

export const HEIGHT = 470;
export const BOX = { top: 46, right: 150, bottom: 16, left: 150 };
export const BAR = 14;
export const LINE = 14;
const GAP = 13;
const LETTERS = 21;

/** Cell by cell mean of matrices. */
export function meanOf(matrices) {
  return matrices[0].map((row, i) => row.map((_, j) => sum(matrices, (one) => one[i][j]) / matrices.length));
}

/** Height of a bar's label. */
const labelHeight = (bar) => bar.lines.length * LINE + 2;

/** Pixels for a number of people: one scale for both arms, set by the fullest column. */
export function heightScale(pictures) {
  const perPerson = Math.min(...pictures.flatMap(({ bars }) => bars).map(perPersonIn));
  return (n) => n * perPerson;
}

/** Pixels for each person of a column in which no bar has less room than its label. */
function perPersonIn(column) {
  let large = column.filter((bar) => bar.people > 0);
  let room = HEIGHT - BOX.top - BOX.bottom - GAP * Math.max(0, large.length - 1);
  for (;;) {
    const each = room / Math.max(1, sum(large, (bar) => bar.people));
    const small = large.filter((bar) => bar.people * each < labelHeight(bar));
    if (!small.length) return each;
    room -= sum(small, labelHeight);
    large = large.filter((bar) => !small.includes(bar));
  }
}

/** Give bars and ribbons their places; a bar that is lower than its label stands in the middle of the label's room. */
export function place({ ribbons, bars }, scale, width) {
  const x = scaleLinear().domain([0, bars.length - 1]).range([BOX.left, width - BOX.right - BAR]);
  for (const column of bars) {
    let top = BOX.top;
    for (const bar of column) {
      const size = scale(bar.people);
      const room = Math.max(size, labelHeight(bar));
      const y = top + (room - size) / 2;
      Object.assign(bar, { x: x(bar.column), y, size, out: y, into: y });
      if (bar.people > 0) top += room + GAP;
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

/** A bar's label and number, broken at spaces into lines that fit beside the picture. */
export function labelLines(label, number) {
  return `${label} ${number}`.split(" ").reduce((lines, word) => {
    const joined = lines.length ? `${lines.at(-1)} ${word}` : word;
    return joined.length <= LETTERS && lines.length ? [...lines.slice(0, -1), joined] : [...lines, word];
  }, []);
}
