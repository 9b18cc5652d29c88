/** One network, for Mesa's own viewer: what the model's traits say goes to the same drawing as on the page. */
import "./tokens.css";
import "./network.css";
import { say } from "./dates.js";
import { Networks } from "./network.js";

const bytes = (view, Type) => new Type(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));

export default {
  render({ model, el }) {
    el.classList.add("tg");
    let networks = null;
    let known = 0;
    const show = () => {
      const get = (name) => model.get(name);
      const all = bytes(get("persons"), Uint32Array).length;
      if (!networks || all < known) {
        networks?.destroy();
        networks = new Networks(el, { states: get("states"), onSelect: () => {} });
        networks.setWorld(get("world"));
        known = 0;
      }
      if (all > known)
        networks.addNodes(bytes(get("xy"), Float32Array).subarray(2 * known), bytes(get("persons"), Uint32Array).subarray(known), bytes(get("sex"), Uint8Array).subarray(known), bytes(get("born"), Int16Array).subarray(known));
      known = all;
      networks.setStates(0, bytes(get("state"), Uint8Array));
      networks.setHubs(0, bytes(get("hub"), Uint8Array));
      networks.setHubCounts(0, get("frame").hub_counts);
      networks.setTies(0, bytes(get("pairs"), Uint32Array));
      networks.setDate(say(get("frame").date));
    };
    model.on("change:state", show);
    show();
    return () => {
      model.off("change:state", show);
      networks.destroy();
    };
  },
};
