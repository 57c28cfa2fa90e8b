import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

const source = fileURLToPath(new URL("./src", import.meta.url));

/**
 * The theme must be on <html> before the first paint, and the content policy forbids inline scripts. So the few
 * lines that do it are a classic blocking script of their own, emitted with a content hash like everything else.
 */
function themeBeforePaint(): Plugin {
  const file = `${source}/app/theme-early.js`;
  let building = false;
  return {
    name: "theme-before-paint",
    configResolved(config) {
      building = config.command === "build";
    },
    buildStart() {
      if (building) this.emitFile({ type: "asset", name: "theme.js", source: readFileSync(file, "utf8") });
    },
    transformIndexHtml: {
      order: "post",
      handler(_html, { bundle = {} }) {
        const built = Object.keys(bundle).find((name) => /\/theme-[^/]+\.js$/.test(name));
        const src = building ? `/${built ?? "missing-theme.js"}` : "/src/app/theme-early.js";
        return [{ tag: "script", attrs: { src }, injectTo: "head-prepend" }];
      },
    },
  };
}

const server = process.env.HOOPOE_SERVER ?? "http://localhost:8080";

export default defineConfig({
  plugins: [react(), tailwindcss(), themeBeforePaint()],
  resolve: { alias: { "@": source } },
  build: {
    manifest: true,
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    proxy: {
      "/api": server,
      "/socket.io": { target: server, ws: true },
    },
  },
  test: {
    include: ["src/**/*.test.ts"],
    environment: "node",
  },
});
