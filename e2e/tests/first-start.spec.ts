/** The first start of a server that nobody has a login for, and logging in. */
import { rm } from "node:fs/promises";
import { Process, folder, freePort } from "../support/hoopoe.ts";
import { expect, logIn, test } from "../support/test.ts";

test("the first start is set up by the link in the terminal, once", async ({ page }) => {
  const [data, port] = [await folder(), await freePort()];
  const server = Process.start(["serve"], {
    HOOPOE_DATA_DIR: data,
    HOOPOE_SERVER__LISTEN: `127.0.0.1:${port}`,
    HOOPOE_LOG__FILTER: "error",
  });
  try {
    const link = (await server.line((line) => line.includes("/setup#token="))).trim();
    await page.goto(link);
    await page.getByLabel("Organisation").fill("Corner Shop");
    await page.getByLabel("Your name").fill("Rosa Díaz");
    await page.getByLabel("Email").fill("rosa@corner.example");
    await page.getByLabel("Password").fill("a long enough password");
    await page.getByRole("button", { name: "Create and continue" }).click();
    await expect(page.getByText("No number connected")).toBeVisible();

    const stranger = await (await page.context().browser()?.newContext())?.newPage();
    if (!stranger) throw new Error("no browser");
    await stranger.goto(link);
    await expect(stranger.getByText("This server has an owner")).toBeVisible();
    await stranger.goto(`http://127.0.0.1:${port}/login`);
    await stranger.getByLabel("Email").fill("rosa@corner.example");
    await stranger.getByLabel("Password").fill("not the password");
    await stranger.getByRole("button", { name: "Log in" }).click();
    await expect(stranger.getByRole("alert")).toBeVisible();
    await stranger.getByLabel("Password").fill("a long enough password");
    await stranger.getByRole("button", { name: "Log in" }).click();
    await expect(stranger.getByText("No open conversations")).toBeVisible();
    await stranger.context().close();
  } finally {
    await server.stop();
    await rm(data, { recursive: true, force: true });
  }
});

test("a login link works once", async ({ browser, demo }) => {
  const link = await demo.link("lena");
  const page = await logIn(browser, link);
  await expect(page).toHaveURL(/\/inbox/);
  expect(page.url()).not.toContain("#link");
  const late = await (await browser.newContext()).newPage();
  await late.goto(link);
  await expect(late.getByText("This link has been used or is too old")).toBeVisible();
  await Promise.all([page.context().close(), late.context().close()]);
});

test("a login survives a reload and ends with the menu", async ({ logIn }) => {
  const page = await logIn("lena");
  await page.reload();
  await expect(page.getByRole("region", { name: "Conversations" })).toBeVisible();
  await page.getByRole("button", { name: /Your menu/ }).click();
  await page.getByRole("menuitem", { name: "Log out" }).click();
  await expect(page).toHaveURL(/\/login/);
  await page.goto(new URL("/inbox", page.url()).href);
  await expect(page).toHaveURL(/\/login/);
});
