/** Make elements: `h("button", {type: "button", onclick}, "Play")`. Text stays text: nothing is read as markup. */

/**
 * @param {string} tag
 * @param {Record<string, any>} [attributes] properties that start with `on` are listeners; null and false are left out
 * @param {...(Node|string|null)} children
 * @returns {HTMLElement}
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

let counted = 0;

/** An id that nothing else on the page has. */
export const freshId = (stem) => `tg-${stem}-${(counted += 1)}`;

/**
 * A control under its label.
 * @param {string} text
 * @param {HTMLElement} control
 * @param {string} [name] class of the pair
 */
export function labelled(text, control, name = "tg-field") {
  control.id ||= freshId("control");
  return h("div", { class: name }, h("label", { for: control.id }, text), control);
}
