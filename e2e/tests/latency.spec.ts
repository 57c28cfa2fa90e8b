/** From the event on the socket to the pixel: measured and written down, not judged, since other work may run beside it. */
import { mkdir, writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import type { Page } from "@playwright/test";
import { expect, messages, open, test } from "../support/test.ts";

const TIMES = 40;

interface Measured {
  /** When the frame of the socket came in, by message text. */
  arrived: Record<string, number>;
  /** When it was painted. */
  painted: Record<string, number>;
}

/** Notes when texts of the form ⟦n⟧ come over the socket, and when they have been drawn. */
async function instrument(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const measured: Measured = { arrived: {}, painted: {} };
    Object.assign(window, { measured });
    const Plain = window.WebSocket;
    window.WebSocket = class extends Plain {
      constructor(url: string | URL, protocols?: string | string[]) {
        super(url, protocols);
        this.addEventListener("message", ({ data }) => {
          if (typeof data !== "string") return;
          for (const [text] of data.matchAll(/⟦\d+⟧/g)) measured.arrived[text] ??= performance.now();
        });
      }
    };
    const look = (node: Node) => {
      const found = node.textContent?.match(/⟦\d+⟧/g) ?? [];
      for (const text of found) {
        if (text in measured.painted) continue;
        measured.painted[text] = Infinity;
        // The frame that draws it, and the task after that frame.
        requestAnimationFrame(() => {
          const channel = new MessageChannel();
          channel.port1.onmessage = () => {
            measured.painted[text] = performance.now();
          };
          channel.port2.postMessage(null);
        });
      }
    };
    new MutationObserver((changes) => {
      for (const change of changes) {
        for (const node of change.addedNodes) look(node);
        if (change.type === "characterData") look(change.target);
      }
    }).observe(document, { childList: true, characterData: true, subtree: true });
  });
}

test("event to pixel", async ({ browser, demo, phones }) => {
  const shop = demo.number("Shop").phone_number_id;
  const stella = await phones.invent("Stella Swift");
  await phones.write(shop, stella, "ready");
  const page = await (await browser.newContext()).newPage();
  await instrument(page);
  await page.goto(await demo.link("lena"));
  await open(page, "Stella Swift");
  await expect(messages(page)).toContainText("ready");

  for (let number = 1; number <= TIMES; number += 1) {
    await phones.write(shop, stella, `⟦${number}⟧`);
    await expect(messages(page)).toContainText(`⟦${number}⟧`);
  }
  const measured = await page.evaluate(() => (window as unknown as { measured: Measured }).measured);
  const spans = Object.entries(measured.arrived)
    .map(([text, at]) => (measured.painted[text] ?? Infinity) - at)
    .filter(Number.isFinite)
    .sort((one, other) => one - other);
  const at = (share: number) => Number((spans[Math.floor((spans.length - 1) * share)] ?? NaN).toFixed(1));
  const report = { what: "socket frame to painted pixel, ms", samples: spans.length, median: at(0.5), p90: at(0.9), worst: at(1), cpu: cpus()[0]?.model, cores: cpus().length };
  await mkdir("reports", { recursive: true });
  await writeFile("reports/latency.json", `${JSON.stringify(report, null, 2)}\n`);
  console.log(`event to pixel: median ${report.median} ms, p90 ${report.p90} ms, worst ${report.worst} ms (${report.samples} messages)`);
  expect(spans.length).toBe(TIMES);
  await page.context().close();
});
