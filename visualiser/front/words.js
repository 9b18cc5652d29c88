/** Words and numbers as the networks write them. */

export const ARMS = ["Base", "Reform"];

export const count = (n) => n.toLocaleString("en-GB");

/** Break a title into lines of about `width` letters. */
export function wrapped(title, width) {
  const lines = [""];
  for (const word of title.split(" ")) {
    const line = lines.at(-1);
    if (line && line.length + word.length >= width) lines.push(word);
    else lines[lines.length - 1] = line ? `${line} ${word}` : word;
  }
  return lines;
}

/** As much of a text as fits a width, with an ellipsis where some is cut. @param {(text: string) => number} measure */
export function clipped(text, width, measure) {
  if (measure(text) <= width) return text;
  let end = text.length;
  while (end && measure(`${text.slice(0, end)}…`) > width) end--;
  return `${text.slice(0, end).trimEnd()}…`;
}
