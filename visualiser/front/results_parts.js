/** What the parts of results mode share: asking for an answer, and saying that there is none. */
import { h } from "./html.js";

/** @typedef {(message: object) => Promise<{content: any, buffers: (ArrayBuffer|DataView)[]}>} Ask */

/** Ask; where the answer is that it cannot be answered, or none comes, show that in a panel and return nothing. */
export async function asked(ask, message, panel) {
  const { content } = await reply(ask, message);
  if (content.kind !== "notice") return content;
  panel.replaceChildren(problem(content.text));
  return null;
}

/** Ask, and make a notice of an answer that does not come. */
export async function reply(ask, message) {
  try {
    return await ask(message);
  } catch (error) {
    return { content: { kind: "notice", level: "error", text: `No answer: ${error?.message ?? error}` }, buffers: [] };
  }
}

export const problem = (text) => h("p", { class: "tg-message", role: "alert" }, text);
export const nothing = (text, ...more) => h("div", { class: "tg-nothing" }, h("p", {}, text), ...more);
export const loading = (text) => h("div", { class: "tg-loading", role: "status" }, h("p", {}, text), h("i"), h("i"), h("i"));
export const button = (text, onclick, more = {}) => h("button", { type: "button", class: "tg-button", onclick, ...more }, text);
