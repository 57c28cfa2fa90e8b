/**
 * A server whose WhatsApp is the mock of linked devices. No release build may talk to it, so both programs are those that
 * `cargo test` builds: the server with the features of its tests, and the mock.
 */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { rm } from "node:fs/promises";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { type Locator, type Page, test as base, expect } from "@playwright/test";
import decodeQR from "qr/decode.js";
import { Process, environment, folder, freePort } from "./hoopoe.ts";

const BUILT = resolve(import.meta.dirname, process.env.HOOPOE_TEST_BUILD ?? "../../target/debug");
const SERVER = resolve(BUILT, "hoopoe");
const EMAIL = "rosa@corner.example";

/** What somebody does (crates/simulator/src/linked/admin.rs). */
type Act = { act: string } & Record<string, string | boolean | number | null | string[]>;

/** People's phones (crates/simulator/examples/linked_phones.rs). */
export class LinkedPhones {
  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
    private readonly people: string,
  ) {}

  static async start(): Promise<LinkedPhones> {
    const child = spawn(resolve(BUILT, "examples/linked_phones"), { stdio: ["pipe", "pipe", "inherit"] });
    if (!child.stdout) throw new Error("no output");
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const first = (await lines.next()) as IteratorResult<string, undefined>;
    const { url, people } = JSON.parse(first.value ?? "{}") as { url: string; people: string };
    return new LinkedPhones(child, url, people);
  }

  private async do(act: Act): Promise<{ group?: string; id?: string }> {
    const headers = { "content-type": "application/json" };
    const acts = new URL("/linked/acts", this.people);
    const done = await fetch(acts, { method: "POST", headers, body: JSON.stringify(act) });
    if (!done.ok) throw new Error(await done.text());
    return (await done.json()) as { group?: string; id?: string };
  }

  add = (number: string, name: string) => this.do({ act: "add_phone", number, name });
  scan = (number: string, code: string) => this.do({ act: "scan", number, code });
  type = (number: string, code: string) => this.do({ act: "enter_code", number, code });
  write = (from: string, to: string, text: string) => this.do({ act: "write", from, to, text });
  unlink = (number: string) => this.do({ act: "unlink", number });
  /** WhatsApp refuses the next message that is sent from a number. */
  refuseNext = (number: string, code: string) => this.do({ act: "refuse_next", number, code });
  replace = (number: string) => this.do({ act: "replace", number });

  /** What a customer does before a message: `composing`, `recording` or `paused`. */
  activity = (from: string, to: string, activity: string) => this.do({ act: "type", from, to, activity });
  /** Whether a customer looks at WhatsApp, and when they last did (Unix seconds). */
  setOnline = (number: string, online: boolean, last_seen: number | null = null) => this.do({ act: "set_online", number, online, last_seen });
  /** A customer's picture (a JPEG in base64), or none. */
  setPicture = (number: string, to: string, picture: string | null) => this.do({ act: "set_picture", number, to, picture });
  readOnPhone = (number: string, from: string, id: string) => this.do({ act: "read_on_phone", number, from, id });
  addToGroup = (group: string, by: string, whom: string) => this.do({ act: "add_to_group", group, by, whom });
  renameGroup = (group: string, by: string, subject: string) => this.do({ act: "rename_group", group, by, subject });

  /** What a customer's phone was shown of somebody typing. */
  async seenTyping(number: string): Promise<string[]> {
    const phone = await fetch(`${this.people}/${number}`);
    return ((await phone.json()) as { typing: string[] }).typing;
  }

  /** A group of phones; its id. */
  async group(subject: string, members: string[]): Promise<string> {
    const { group } = await this.do({ act: "add_group", subject, members, by_lid: false });
    return group ?? "";
  }

  writeToGroup = (from: string, group: string, text: string) => this.do({ act: "write_to_group", from, group, text });
  /** A member's phone says that it has our message, or that it was read. */
  report = (from: string, to: string, group: string, id: string, read: boolean) => this.do({ act: "report_of_group", from, to, group, id, read });

  /** The texts that a customer's phone has received. */
  async texts(number: string): Promise<string[]> {
    return (await this.inbox(number)).map(({ text }) => text);
  }

  /** What a customer's phone has received. */
  async inbox(number: string): Promise<{ id: string; text: string }[]> {
    const phone = await fetch(`${this.people}/${number}`);
    return ((await phone.json()) as { inbox: { id: string; text: string }[] }).inbox;
  }

  stop(): void {
    this.child.stdin?.end();
  }
}

/** The server, with an admin and no number yet. */
export class LinkedShop {
  private constructor(
    readonly phones: LinkedPhones,
    private readonly process: Process,
    private readonly env: Record<string, string>,
  ) {}

  static async start(): Promise<LinkedShop> {
    const phones = await LinkedPhones.start();
    const env = {
      HOOPOE_DATA_DIR: await folder(),
      HOOPOE_SERVER__LISTEN: `127.0.0.1:${await freePort()}`,
      HOOPOE_LINKED__URL: phones.url,
    };
    await run(env, "create-admin", "--email", EMAIL, "--name", "Rosa Díaz", "--organisation", "Corner Shop");
    const server = Process.start(["serve"], { ...env, HOOPOE_LOG__FILTER: "warn" }, SERVER);
    const url = `http://${env.HOOPOE_SERVER__LISTEN}`;
    await expect.poll(async () => (await fetch(`${url}/health`).catch(() => null))?.ok).toBe(true);
    return new LinkedShop(phones, server, env);
  }

  /** A fresh one-time link for the admin. */
  async link(): Promise<string> {
    return run(this.env, "login-link", "--email", EMAIL);
  }

  async stop(): Promise<void> {
    await this.process.stop();
    this.phones.stop();
    await rm(this.env["HOOPOE_DATA_DIR"] ?? "", { recursive: true, force: true });
  }
}

async function run(env: Record<string, string>, ...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(SERVER, args, { env: environment(env) });
  return stdout.trim();
}

/** What a phone's camera reads where a QR code is drawn. */
export async function readQr(qr: Locator): Promise<string> {
  const picture = (await qr.screenshot({ animations: "disabled" })).toString("base64");
  const blank = await qr.page().context().newPage();
  const { width, height, data } = await blank.evaluate(async (source) => {
    const image = new Image();
    image.src = source;
    await image.decode();
    const canvas = new OffscreenCanvas(image.width, image.height);
    const context = canvas.getContext("2d");
    if (!context) throw new Error("no canvas");
    context.drawImage(image, 0, 0);
    const pixels = context.getImageData(0, 0, image.width, image.height);
    return { width: image.width, height: image.height, data: Array.from(pixels.data) };
  }, `data:image/png;base64,${picture}`);
  await blank.close();
  return decodeQR({ width, height, data: Uint8Array.from(data) });
}

/** A picture such as people have of themselves, as a JPEG in base64. */
export async function portrait(page: Page, from: string, to: string): Promise<string> {
  const url = await page.evaluate(
    ([from, to]) => {
      const canvas = document.createElement("canvas");
      canvas.width = canvas.height = 96;
      const pen = canvas.getContext("2d");
      if (!pen) throw new Error("no canvas");
      const sky = pen.createLinearGradient(0, 0, 96, 96);
      sky.addColorStop(0, from);
      sky.addColorStop(1, to);
      pen.fillStyle = sky;
      pen.fillRect(0, 0, 96, 96);
      pen.fillStyle = "#fff8";
      pen.beginPath();
      pen.arc(48, 38, 16, 0, 7);
      pen.arc(48, 92, 30, 0, 7);
      pen.fill();
      return canvas.toDataURL("image/jpeg", 0.9);
    },
    [from, to] as const,
  );
  return url.slice(url.indexOf(",") + 1);
}

/** Tests begin with the server and its phones. */
export const test = base.extend<object, { shop: LinkedShop }>({
  shop: [
    async ({}, use) => {
      const shop = await LinkedShop.start();
      await use(shop);
      await shop.stop();
    },
    { scope: "worker", timeout: 60_000 },
  ],
});

export async function accounts(page: Page): Promise<void> {
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Accounts" }).click();
  await expect(page.getByRole("heading", { name: "Accounts", level: 1 })).toBeVisible();
}

/** Adds a number up to where its QR code is shown. */
export async function begin(page: Page, name: string): Promise<Locator> {
  await page.getByRole("button", { name: "Add a number" }).first().click();
  await page.getByRole("dialog").getByRole("button", { name: /^Link a phone/ }).click();
  await page.getByRole("dialog").getByLabel("Name").fill(name);
  await page.getByRole("button", { name: "Show the QR code" }).click();
  const dialog = page.getByRole("dialog", { name: `Link ${name}` });
  await expect(qrOf(dialog)).toBeVisible();
  return dialog;
}

export const qrOf = (dialog: Locator) => dialog.getByRole("img", { name: /QR code/ });
export const card = (page: Page, name: string) => page.getByRole("region", { name });
