/** The address of the page: what is chosen, the week and the person, so that a link makes the same view again. */

/** Write the view into the address bar, without a new entry in the history. */
export function write(query, { week, lived, person, panel }) {
  const address = new URLSearchParams(query);
  if (week) address.set("week", week);
  if (lived !== week) address.set("lived", lived);
  if (person !== null) address.set("person", person);
  if (panel !== "charts") address.set("panel", panel);
  const text = address.toString();
  window.history.replaceState(window.history.state, "", text ? `?${text}` : window.location.pathname);
}

/** Read the parts of the address that the server does not: the person and the panel. */
export function read() {
  const address = new URLSearchParams(window.location.search);
  const person = Number.parseInt(address.get("person"), 10);
  return { person: Number.isSafeInteger(person) && person >= 0 ? person : null, panel: address.get("panel") ?? "charts" };
}

/** Read what an address asks to compare, as it stands there: the server checks it. */
export function choices() {
  const address = new URLSearchParams(window.location.search);
  const named = ["base", "reform", "region", "scale", "seed"].filter((name) => address.has(name));
  return { ...Object.fromEntries(named.map((name) => [name, address.get(name)])), settings: address.getAll("set") };
}

/** Put the address on the clipboard; resolves to whether that was allowed. */
export async function copy() {
  try {
    await navigator.clipboard.writeText(window.location.href);
    return true;
  } catch {
    return false;
  }
}
