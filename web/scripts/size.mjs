// Measures what a browser downloads, from Vite's manifest, and fails when a bound of the web app's budget is broken:
// the inbox's first load, and every lazy route on top of what is loaded already. Gzip is judged, the larger of the two.
import { existsSync, readFileSync } from "node:fs";
import { brotliCompressSync, gzipSync } from "node:zlib";

const INITIAL_LIMIT_KB = 180;
const LAZY_LIMIT_KB = 60;
const FIRST_ROUTE = "src/app/pages/inbox.tsx";
const FIRST_LANGUAGE = "src/i18n/en.ts";
const dist = new URL("../dist/", import.meta.url);

const manifestFile = new URL(".vite/manifest.json", dist);
if (!existsSync(manifestFile)) {
  console.error("dist/.vite/manifest.json is missing: run `npm run build` first");
  process.exit(1);
}
const manifest = JSON.parse(readFileSync(manifestFile, "utf8"));

/** Every script that must be there before `key` can run: itself and its static imports, transitively. */
function scripts(key, seen = new Set()) {
  const chunk = manifest[key];
  if (!chunk || seen.has(chunk.file)) return seen;
  if (chunk.file.endsWith(".js")) seen.add(chunk.file);
  for (const next of chunk.imports ?? []) scripts(next, seen);
  return seen;
}

function weigh(files) {
  let gzip = 0;
  let brotli = 0;
  for (const file of files) {
    const bytes = readFileSync(new URL(file, dist));
    gzip += gzipSync(bytes, { level: 9 }).length;
    brotli += brotliCompressSync(bytes).length;
  }
  return { gzip: gzip / 1024, brotli: brotli / 1024 };
}

const initial = new Set([...scripts("index.html"), ...scripts(FIRST_ROUTE), ...scripts(FIRST_LANGUAGE)]);
const rows = [{ name: "first load of the inbox", limit: INITIAL_LIMIT_KB, ...weigh(initial) }];
for (const [key, chunk] of Object.entries(manifest)) {
  if (!chunk.isDynamicEntry || key === FIRST_ROUTE || key === FIRST_LANGUAGE) continue;
  const extra = [...scripts(key)].filter((file) => !initial.has(file));
  rows.push({ name: key, limit: LAZY_LIMIT_KB, ...weigh(extra) });
}

let broken = false;
for (const row of rows.sort((a, b) => b.gzip - a.gzip)) {
  const over = row.gzip > row.limit;
  broken ||= over;
  const sizes = `${row.gzip.toFixed(1).padStart(7)} KB gzip ${row.brotli.toFixed(1).padStart(7)} KB brotli`;
  console.log(`${over ? "OVER" : "ok  "} ${sizes}  (bound ${row.limit})  ${row.name}`);
}
process.exit(broken ? 1 : 0);
