// Bundles the page's modules into ../static: `npm install --no-package-lock && node build.mjs`.
// The first line of each bundle names the sources that it was made of; a test compares it with them.
import { createHash } from "node:crypto";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const there = join(here, "..", "static");
const sources = readdirSync(here).filter((name) => /\.(js|css)$|^package\.json$/.test(name)).sort();
const hash = createHash("sha256");
for (const name of sources) hash.update(`${name}\n`).update(readFileSync(join(here, name)));
const banner = `/* built from front/: ${hash.digest("hex").slice(0, 16)} */`;

const packages = new Set();
for (const entry of ["page", "network_widget", "results_widget"]) {
  const made = await build({
    absWorkingDir: here,
    entryPoints: [`${entry}.js`],
    bundle: true,
    format: "esm",
    minify: true,
    charset: "utf8",
    target: "es2022",
    outdir: there,
    write: false,
    metafile: true,
  });
  for (const file of made.outputFiles) writeFileSync(file.path, `${banner}\n${file.text}`);
  for (const input of Object.keys(made.metafile.inputs)) {
    const name = /node_modules\/([^/]+)\//.exec(input)?.[1];
    if (name) packages.add(name);
  }
}

const licences = [...packages].sort().map((name) => {
  const folder = join(here, "node_modules", name);
  const file = readdirSync(folder).find((found) => /^licen[cs]e/i.test(found));
  return `${name} ${JSON.parse(readFileSync(join(folder, "package.json"))).version}\n\n${readFileSync(join(folder, file), "utf8").trim()}\n`;
});
writeFileSync(join(there, "LICENCES.txt"), `What the bundles here hold of others, with their licences.\n\n${licences.join("\n----\n\n")}`);
