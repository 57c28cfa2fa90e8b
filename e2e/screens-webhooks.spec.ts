/** Pictures of the pages about webhooks, into screens/ (not in git). */
import { Receiver } from "./support/receiver.ts";
import { PHONE, WIDE, shoot } from "./support/shoot.ts";
import { expect, logIn, test } from "./support/test.ts";

for (const [layout, theme] of [
  ["wide", "light"],
  ["wide", "dark"],
  ["phone", "light"],
  ["phone", "dark"],
] as const) {
  test(`webhooks, ${layout}, ${theme}`, async ({ browser, demo, phones }) => {
    const [good, bad] = [new Receiver(), new Receiver()];
    const [goodUrl, badUrl] = [await good.start(), await bad.start()];
    bad.status = 503;
    const token = await demo.token("marta");
    const api = async (path: string, method: string, body?: unknown) => {
      const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
      const answer = await fetch(`${demo.url}/api/v1${path}`, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
      const text = await answer.text();
      return (text === "" ? null : JSON.parse(text)) as { items: { id: string }[]; webhook: { id: string } };
    };
    const phone = layout === "phone" ? ({ isMobile: true, hasTouch: true, deviceScaleFactor: 2 } as const) : {};
    const context = { viewport: layout === "phone" ? PHONE : WIDE, colorScheme: theme, reducedMotion: "reduce", ...phone } as const;
    const page = await logIn(browser, await demo.link("marta"), { context });
    const name = (what: string) => `webhooks-${what}-${layout}-${theme}`;
    await page.goto(`${demo.url}/settings/webhooks`);
    await expect(page.getByText("No webhooks yet")).toBeVisible();
    await shoot(page, name("empty"));
    const alerts = ["account:down", "account:up"];
    const first = await api("/webhooks", "POST", { name: "Warehouse", url: goodUrl, event_types: ["*"] });
    await api("/webhooks", "POST", { name: "Customer data platform", url: `${badUrl}/ingest`, event_types: ["message:new", "message:status", "contact:new", "contact:updated", "contact:merged"] });
    await api("/webhooks", "POST", { name: "Alerts to the pager", url: "https://events.pager.example/v2/enqueue", event_types: alerts, account_ids: [demo.number("Shop").account_id] });
    const writer = await phones.invent("Paula Picture");
    for (const text of ["Hello!", "Do you have olive trees?", "And lemon trees?"]) {
      await phones.write(demo.number("Shop").phone_number_id, writer, text);
    }
    await expect.poll(() => good.heard.length).toBeGreaterThan(3);
    await expect.poll(() => bad.heard.length).toBeGreaterThan(0);
    await page.reload();
    await expect(page.getByText("Failing", { exact: true })).toBeVisible();
    await shoot(page, name("list"));
    await page.getByRole("button", { name: "Add a webhook" }).click();
    await shoot(page, name("add"));
    await page.keyboard.press("Escape");
    await page.goto(`${demo.url}/settings/webhooks/${first.webhook.id}`);
    await expect(page.getByRole("listitem").nth(2)).toBeVisible();
    await shoot(page, name("log"));
    await page.goto(`${demo.url}/settings/webhooks`);
    await page.getByRole("region", { name: "Customer data platform" }).getByRole("link", { name: "Log" }).click();
    await page.getByRole("listitem").filter({ hasText: "503" }).first().getByRole("button").click();
    await expect(page.getByRole("dialog")).toContainText("not today");
    await shoot(page, name("delivery"));
    await page.keyboard.press("Escape");
    await page.goto(`${demo.url}/settings/webhooks`);
    await page.getByRole("button", { name: "More for Warehouse" }).click();
    await page.getByRole("menuitem", { name: "New secret" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Make a new secret" }).click();
    await expect(page.getByLabel("Signing secret")).toBeVisible();
    await shoot(page, name("secret"));
    await page.goto(`${demo.url}/settings`);
    await expect(page.getByRole("link", { name: /^Webhooks/ })).toBeVisible();
    await shoot(page, name("settings"));
    const { items } = await api("/webhooks", "GET");
    for (const { id } of items) await api(`/webhooks/${id}`, "DELETE");
    await Promise.all([page.context().close(), good.stop(), bad.stop()]);
  });
}
