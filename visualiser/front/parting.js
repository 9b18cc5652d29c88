/** Where two lives part: in words, and as a list for those who mark it. */
import { h } from "./html.js";
import { sayDay } from "./life_signs.js";

const TAGS = ["first to differ", "first beyond who supervises"];
const MARKS = ["the lives part", "then otherwise"];

/**
 * The day on which two lives part; where that is only about who supervises, also the first day of anything else.
 *
 * @param {import("./life_signs.js").Divergence|null} divergence
 */
export function partingsOf(divergence) {
  const found = [divergence, divergence?.then].filter(Boolean);
  return found.map((one, rank) => ({ ...one, rank, tag: TAGS[rank], mark: `${MARKS[rank]}, ${sayDay(one.date)}` }));
}

/** The box that says where two lives part, and why. @param {import("./life_signs.js").Told} told */
export function partingBox({ life, arms }) {
  const { divergence } = life;
  const name = `tg-life-parting${divergence ? "" : " tg-life-parting-none"}`;
  if (!divergence) return h("div", { class: name, role: "note" }, h("p", {}, "Until now the two lives are the same, event for event."));
  const first = `The two lives part on ${sayDay(divergence.date)}.`;
  const paragraphs = [h("p", {}, h("strong", {}, first)), h("p", {}, divergence.explanation), armTexts(divergence, arms)];
  return h("div", { class: name, role: "note" }, ...paragraphs, ...(divergence.then ? thenAfter(divergence.then, arms) : []));
}

/** What came after a change of who supervises. */
function thenAfter(then, arms) {
  const words = h("p", { class: "tg-life-then" });
  words.append(h("strong", {}, `After that, the first thing that happened otherwise, on ${sayDay(then.date)}: `), then.explanation);
  return [words, armTexts(then, arms)];
}

function armTexts({ arm_texts: texts }, arms) {
  const item = (text, i) => h("li", {}, h("span", { class: `tg-arm-${i}` }, `${arms[i].title}: `), text || "nothing on this day");
  return h("ul", {}, ...texts.map(item));
}
