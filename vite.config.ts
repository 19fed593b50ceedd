import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { defineConfig, type Plugin } from "vite";

/** Beyond this size the last percent of compression costs many seconds. */
const LARGE_BYTES = 300_000;
const COMPRESSIBLE = /\.(js|css|svg|json|wasm)$/;

/** Writes a .gz and a .br beside every text file, so that the server never compresses one twice. */
function precompress(): Plugin {
  return {
    name: "precompress",
    apply: "build",
    writeBundle({ dir }) {
      if (!dir) return;
      for (const name of readdirSync(dir, { recursive: true, encoding: "utf8" })) {
        if (!COMPRESSIBLE.test(name)) continue;
        const file = join(dir, name);
        const text = readFileSync(file);
        writeFileSync(`${file}.gz`, gzipSync(text, { level: 9 }));
        writeFileSync(`${file}.br`, brotliCompressSync(text, { params: { [constants.BROTLI_PARAM_QUALITY]: text.length > LARGE_BYTES ? 9 : 11 } }));
      }
    },
  };
}

export default defineConfig({
  root: "web/frontend",
  base: "/static/built/",
  build: {
    outDir: "../static/built",
    emptyOutDir: true,
    manifest: "manifest.json",
    // Pages forbid images that are not ours but allow data: addresses; small marks travel inside the style sheet.
    assetsInlineLimit: 2048,
    rolldownOptions: { input: "web/frontend/src/main.ts" },
  },
  plugins: [precompress()],
});
