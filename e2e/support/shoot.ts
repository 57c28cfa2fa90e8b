/** Pictures of pages, into screens/ (not in git). */
import type { Page, ViewportSize } from "@playwright/test";

export const WIDE: ViewportSize = { width: 1440, height: 900 };
export const PHONE: ViewportSize = { width: 390, height: 844 };

/** When everything has come and stands still. */
export async function shoot(page: Page, name: string): Promise<void> {
  await page.waitForLoadState("networkidle");
  await page.evaluate(async () => {
    await document.fonts.ready;
    const pictures = [...document.images].filter((image) => image.getBoundingClientRect().top < window.innerHeight);
    await Promise.all(pictures.map((image) => image.decode().catch(() => null)));
  });
  await page.screenshot({ path: `screens/${name}.png`, animations: "disabled" });
}
