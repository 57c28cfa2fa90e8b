/** The client in docs/realtime.md, run as it stands there: what it promises is true. */
import { type ChildProcess, spawn } from "node:child_process";
import { readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { type Demo, folder } from "../support/hoopoe.ts";
import type { Customer, Phones } from "../support/phones.ts";
import { expect, test } from "../support/test.ts";

const HERE = resolve(import.meta.dirname, "..");
const PASSWORD = "a password of the sample client";

async function sample(): Promise<string> {
  const page = await readFile(resolve(HERE, "../docs/realtime.md"), "utf8");
  const code = /```js\n([\s\S]+?)```/.exec(page)?.[1];
  if (code === undefined) throw new Error("docs/realtime.md has no sample client");
  return code;
}

/** The sample, in a folder of its own with what `npm install socket.io-client` would put there. */
class Client {
  private child: ChildProcess | null = null;
  readonly said: string[] = [];

  private constructor(
    private readonly home: string,
    private readonly env: NodeJS.ProcessEnv,
  ) {}

  static async prepare(demo: Demo): Promise<Client> {
    const home = await folder();
    await writeFile(join(home, "client.mjs"), await sample());
    await symlink(join(HERE, "node_modules"), join(home, "node_modules"));
    const response = await fetch(`${demo.url}/api/v1/me`, {
      method: "PATCH",
      headers: { "content-type": "application/json", authorization: `Bearer ${await demo.token("marta")}` },
      body: JSON.stringify({ password: PASSWORD }),
    });
    expect(response.status).toBe(200);
    const env = { ...process.env, HOOPOE_URL: demo.url, HOOPOE_EMAIL: demo.person("marta").email, HOOPOE_PASSWORD: PASSWORD };
    return new Client(home, env);
  }

  start(): void {
    this.child = spawn(process.execPath, ["client.mjs"], { cwd: this.home, env: this.env, stdio: ["ignore", "pipe", "inherit"] });
    if (this.child.stdout) createInterface({ input: this.child.stdout }).on("line", (line) => this.said.push(line));
  }

  async kill(): Promise<void> {
    const { child } = this;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((done) => child.once("exit", done));
    child.kill("SIGKILL");
    await ended;
  }

  /** How often it took each message, by number of times: `{1: 20}` is twenty messages, each once. */
  async counts(): Promise<Record<number, number>> {
    const text = await readFile(join(this.home, "state.json"), "utf8").catch(() => `{"messages":{}}`);
    const times = Object.values((JSON.parse(text) as { messages: Record<string, number> }).messages);
    const sums: Record<number, number> = {};
    for (const count of times) sums[count] = (sums[count] ?? 0) + 1;
    return sums;
  }

  async loaded(stream: string): Promise<void> {
    await expect.poll(() => this.said.filter((line) => line === `load ${stream}`).length).toBeGreaterThan(0);
    this.said.length = 0;
  }

  async end(): Promise<void> {
    await this.kill();
    await rm(this.home, { recursive: true, force: true });
  }
}

test("the sample client of the documentation keeps every message once, killed, cut off, and in another life of the log", async ({ demo, phones }) => {
  const shop = demo.number("Shop").phone_number_id;
  const stream = `account:${demo.number("Shop").account_id}`;
  const client = await Client.prepare(demo);
  const write = async (through: Phones, from: Customer, count: number) => {
    for (let number = 0; number < count; number += 1) await through.write(shop, from, `sample ${number}`);
  };
  try {
    const sam = await phones.invent("Sample Sam");
    client.start();
    await client.loaded(stream);
    await write(phones, sam, 10);
    await client.kill();
    await write(phones, sam, 10);
    client.start();
    await expect.poll(() => client.counts()).toEqual({ 1: 20 });

    await demo.crash();
    await demo.comeBack();
    const again = await phones.invent("Sample Sam", sam.wa_id);
    await write(phones, again, 10);
    await expect.poll(() => client.counts()).toEqual({ 1: 30 });

    await demo.crash();
    await demo.command("migrate", "--new-epoch");
    client.said.length = 0;
    await demo.comeBack();
    await client.loaded(stream);
    await write(phones, await phones.invent("Sample Sam", sam.wa_id), 10);
    await expect.poll(() => client.counts()).toEqual({ 1: 40 });
  } finally {
    await client.end();
  }
});
