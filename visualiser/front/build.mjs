// Bundles the page's modules into ../static: `npm install --no-package-lock && node build.mjs`.
// The first line of each bundle names the sources that it was made of; a test compares it with them.
import { createHash } from "node:crypto";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const sources = readdirSync(here).filter((name) => /\.(js|css)$|^package\.json$/.test(name)).sort();
const hash = createHash("sha256");
for (const name of sources) hash.update(name + "\n").update(readFileSync(join(here, name)));
const banner = `/* built from front/: ${hash.digest("hex").slice(0, 16)} */`;

for (const entry of ["page", "network_widget", "results_widget"]) {
  const made = await build({
    entryPoints: [join(here, `${entry}.js`)],
    bundle: true,
    format: "esm",
    minify: true,
    charset: "utf8",
    target: "es2022",
    outdir: join(here, "..", "static"),
    write: false,
  });
  for (const file of made.outputFiles) writeFileSync(file.path, `${banner}\n${file.text}`);
}
