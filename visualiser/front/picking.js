/** What is at a point of a network's canvas. */
import { placeHubs } from "./hubs.js";
import { ABSENT } from "./people.js";

/** @typedef {import("./network.js").Networks} Networks */

const PICK_PX = 8;
const HUB_PX = 3;

/**
 * The node nearest a screen point; those not in this arm's world only when no other is near.
 *
 * @param {Networks} networks
 * @returns {number|null}
 */
export function pickNode({ shared: { view, people }, scenes }, arm, px, py, within = PICK_PX) {
  const [here, there] = [scenes[arm], scenes[1 - arm]];
  const handicap = (node) => {
    if (here.stateOf(node) !== ABSENT) return 0;
    return there.stateOf(node) === ABSENT ? null : within / 2 / view.k;
  };
  return people.nearest(...view.inverse(px, py), within / view.k, handicap);
}

/** The organisation, its label included, at a screen point. @param {Networks} networks @returns {number|null} */
export function pickHub({ shared: { world }, scenes }, arm, px, py) {
  if (!world) return null;
  const isIn = (box) => px >= box.x && px <= box.x + box.w && py >= box.y && py <= box.y + box.h;
  const isAt = ({ x, y, box, size }) => Math.hypot(px - x, py - y) <= size + HUB_PX || (box && isIn(box));
  return placeHubs(scenes[arm]).find(isAt)?.index ?? null;
}
