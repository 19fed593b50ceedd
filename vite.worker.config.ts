import { defineConfig } from "vite";

/** The worker is one file without imports, at a name that does not change: browsers ask for it by its address. */
export default defineConfig({
  root: "web/frontend",
  publicDir: false,
  build: {
    outDir: "../static/built",
    emptyOutDir: false,
    rolldownOptions: {
      input: "web/frontend/src/sw.ts",
      output: { format: "iife", entryFileNames: "sw.js" },
    },
  },
});
