/** The pictures of a folder of results. */
import { freshId, h } from "./html.js";
import { button, nothing, reply } from "./results_parts.js";

export class Gallery {
  /** @param {HTMLElement} root @param {object[]} pictures @param {import("./results_parts.js").Ask} ask */
  constructor(root, pictures, ask) {
    this.ask = ask;
    this.pictures = pictures;
    this.shown = pictures.filter((picture) => !picture.problem);
    this.urls = new Map();
    this.cards = pictures.map((picture) => this.#card(picture));
    this.dialog = this.#dialog();
    const list = h("ul", { class: "tg-gallery" }, ...this.cards.map(({ item }) => item));
    root.replaceChildren(pictures.length ? list : nothing("This folder has no pictures."), this.dialog);
    this.ready = this.#load();
  }

  destroy() {
    for (const url of this.urls.values()) URL.revokeObjectURL(url);
    this.dialog.remove();
  }

  #card(picture) {
    const text = h("div", { class: "tg-card__text" }, h("h2", {}, picture.title), h("p", { class: "tg-quiet" }, picture.provenance[1] ?? picture.name));
    const image = h("img", { alt: "", hidden: true });
    const open = picture.problem
      ? h("div", { class: "tg-card__empty" }, picture.problem)
      : h("button", { type: "button", "aria-label": `Enlarge: ${picture.title}`, onclick: () => this.#enlarge(this.shown.indexOf(picture)) }, image);
    return { picture, image, open, item: h("li", {}, h("div", { class: "tg-card" }, open, text)) };
  }

  /** Fetch the pictures one after another. */
  async #load() {
    for (const card of this.cards.filter(({ picture }) => !picture.problem)) {
      const { content, buffers } = await reply(this.ask, { kind: "picture", name: card.picture.name });
      if (content.kind === "notice") {
        card.open.replaceWith(h("div", { class: "tg-card__empty" }, content.text));
        continue;
      }
      const url = URL.createObjectURL(new Blob([buffers[0]], { type: "image/png" }));
      this.urls.set(card.picture.name, url);
      card.image.src = url;
      card.image.hidden = false;
    }
  }

  #dialog() {
    const title = h("h2", { id: freshId("picture") });
    const image = h("img", { alt: "" });
    const from = h("figcaption", { class: "tg-quiet" });
    const step = (by) => () => this.#enlarge((this.at + by + this.shown.length) % this.shown.length);
    const several = this.shown.length > 1;
    const save = h("a", { class: "tg-button", download: "picture.png" }, "Download PNG");
    const close = button("Close", () => this.dialog.close());
    Object.assign(this, { title, image, from, save });
    const moves = several ? [button("Previous", step(-1)), button("Next", step(1))] : [];
    return h("dialog", { class: "tg-dialog tg-enlarged", "aria-labelledby": title.id }, h("div", { class: "tg-enlarged__head" }, title, ...moves, save, close), h("figure", { tabindex: "0", "aria-labelledby": title.id }, image, from));
  }

  #enlarge(at) {
    const picture = this.shown[at];
    const url = this.urls.get(picture?.name);
    if (!url) return;
    this.at = at;
    this.title.textContent = picture.title;
    this.image.src = url;
    this.image.alt = `${picture.title}: a chart; its numbers are in the tables`;
    this.from.textContent = picture.provenance.join(". ");
    this.save.href = url;
    this.save.download = picture.name;
    if (!this.dialog.open) this.dialog.showModal();
  }
}
