/** Results mode: the page asks, the server answers from a folder. */
import "./tokens.css";
import "./results.css";
import { ResultsPage } from "./results.js";
import { fillTheWindow } from "./shell.js";

export default {
  render({ model, el }) {
    const restore = fillTheWindow();
    const waiting = new Map();
    let asked = 0;
    const ask = (message) =>
      new Promise((resolve) => {
        asked += 1;
        waiting.set(asked, resolve);
        model.send({ ...message, n: asked });
      });
    const take = (content, buffers) => {
      waiting.get(content.n)?.({ content, buffers: buffers ?? [] });
      waiting.delete(content.n);
    };
    model.on("msg:custom", take);
    el.classList.add("tg");
    const page = new ResultsPage(el, ask);
    return () => {
      model.off("msg:custom", take);
      page.destroy?.();
      restore();
    };
  },
};
