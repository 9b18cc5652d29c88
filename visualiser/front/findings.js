/** What was run, and what was found. */
import { h } from "./html.js";
import { drawBlock } from "./differences.js";
import { nothing, problem } from "./results_parts.js";

export function drawHeader(header, said) {
  const kinds = said.arms.length === 2 ? ["base", "reform"] : [];
  const arms = said.arms.length <= 2 ? said.arms : [];
  const facts = said.facts.map(({ label, value }) => h("div", {}, h("dt", {}, label), h("dd", {}, value)));
  header.replaceChildren(
    h("div", {}, h("p", { class: "tg-results__kicker" }, "Results of ", h("code", {}, `run.py ${said.command}`), `, in the folder ${said.folder}`), h("h1", {}, said.title)),
    ...(arms.length ? [h("ul", { class: "tg-results__arms" }, ...arms.map((arm, i) => drawArm(arm, kinds[i])))] : []),
    h("dl", { class: "tg-facts" }, ...facts),
  );
}

function drawArm(arm, kind) {
  const word = kind ? `${kind === "base" ? "Base" : "Reform"}: ` : "";
  return h("li", { class: kind ? `tg-results__arms--${kind}` : null }, word, h("b", {}, arm.scenario), arm.title ? `, ${arm.title}` : "");
}

export function drawFound(said) {
  const blocks = said.blocks.map(drawBlock);
  const body = blocks.length ? h("div", { class: "tg-found__blocks" }, ...blocks) : nothing("There is no summary of these results; their tables are under Tables.");
  const problems = said.problems.length ? h("div", { class: "tg-found__problems" }, ...said.problems.map(problem)) : null;
  return h("div", { class: "tg-found" }, problems, said.headline ? h("p", { class: "tg-found__headline" }, said.headline.replace(/(^|[\s[])-(?=\d)/g, "$1−")) : null, body, drawAside(said));
}

function drawAside(said) {
  const made = said.made_of;
  const version = made.is_this_code ? `${made.code_version}, this code` : `${made.code_version}; this code is another`;
  const pairs = [["Code", version], ["Key", made.key], ["Design", made.design], ["Python", made.python], ...Object.entries(made.packages), ["System", made.platform]];
  const has = said.blocks.some((block) => block.has_differences);
  const reading = has ? [h("li", {}, "A filled dot: the interval leaves out zero. A hollow dot: it does not, or there is none.")] : [];
  const part = (title, items) => (items.length ? h("section", {}, h("h2", {}, title), h("ul", {}, ...items)) : null);
  const items = (texts) => texts.map((text) => h("li", {}, text));
  return h(
    "aside",
    { "aria-label": "How to read this, and how it was made" },
    part("How to read this", [...reading, ...items(said.remarks)]),
    part("Settings", items(said.settings)),
    part("Notes", items(said.notes)),
    h("details", {}, h("summary", {}, "How it was made"), h("dl", {}, ...pairs.filter(([, value]) => value).flatMap(([key, value]) => [h("dt", {}, key), h("dd", {}, value)]))),
  );
}
