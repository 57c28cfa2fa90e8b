/** axe, run on what a page shows. */
import { type Page, expect } from "@playwright/test";
import axe from "axe-core";

const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

export async function expectClean(page: Page, what: string): Promise<void> {
  // Colours on their way are nobody's colours.
  await page.evaluate(async () => Promise.all(document.getAnimations().map((animation) => animation.finished.catch(() => null))));
  // By the debugger, since the page's own policy forbids foreign scripts.
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(async (values) => {
    const { axe: inPage } = window as unknown as { axe: typeof axe };
    return inPage.run({ runOnly: { type: "tag", values } });
  }, TAGS);
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 160)).join(" | ")}`);
  expect.soft(found, what).toEqual([]);
}
