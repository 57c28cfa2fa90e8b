/** Runs the program under test as an operator would: as processes with a folder of their own, on free ports. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { io } from "socket.io-client";

export const BIN = resolve(import.meta.dirname, process.env.HOOPOE_BIN ?? "../target/release/hoopoe");

export interface Person {
  id: string;
  name: string;
  email: string;
  role: "admin" | "manager" | "agent";
  link: string;
}

export interface Poster {
  inbox: string;
  url: string;
  phones: string;
  api_docs: string;
  config: string;
  people: Person[];
  numbers: { account_id: string; name: string; phone: string; phone_number_id: string }[];
}

/** The environment without settings of whoever runs the tests. */
export function environment(more: Record<string, string> = {}): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith("HOOPOE_"));
  return { ...Object.fromEntries(kept), ...more };
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const address = server.address();
  await new Promise((done) => server.close(done));
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

export class Process {
  private constructor(
    private readonly child: ChildProcess,
    private readonly lines: AsyncIterator<string>,
    private readonly said: string[],
  ) {}

  static start(args: string[], env: Record<string, string> = {}, program = BIN): Process {
    const child = spawn(program, args, { env: environment(env), stdio: ["ignore", "pipe", "pipe"] });
    const said: string[] = [];
    child.stderr?.on("data", (chunk: Buffer) => said.push(chunk.toString()));
    if (!child.stdout) throw new Error("no output");
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    return new Process(child, lines, said);
  }

  /** The first line of output that fits. */
  async line(wanted: (line: string) => boolean): Promise<string> {
    for (;;) {
      const { value, done } = await this.lines.next();
      if (done) throw new Error(`the program ended: ${this.said.join("")}`);
      if (wanted(value)) return value;
    }
  }

  async stop(signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = new Promise((done) => this.child.once("exit", done));
    this.child.kill(signal);
    await ended;
  }
}

export async function folder(): Promise<string> {
  return mkdtemp(join(tmpdir(), "hoopoe-e2e-"));
}

/** `hoopoe demo`, without traffic of its own. */
export class Demo {
  private constructor(
    private process: Process,
    readonly poster: Poster,
    private readonly data: string,
    private readonly args: string[],
  ) {}

  static async start(): Promise<Demo> {
    const data = await folder();
    const [inbox, phones] = [await freePort(), await freePort()];
    const args = ["demo", "--json", "--no-traffic", "--data-dir", data, "--listen", `127.0.0.1:${inbox}`, "--phones", `127.0.0.1:${phones}`];
    const process = Process.start(args);
    return new Demo(process, await Demo.poster(process), data, args);
  }

  private static async poster(process: Process): Promise<Poster> {
    return JSON.parse(await process.line((line) => line.startsWith("{"))) as Poster;
  }

  get url(): string {
    return this.poster.url;
  }

  person(mailbox: string): Person {
    const found = this.poster.people.find((person) => person.email.startsWith(`${mailbox}@`));
    if (!found) throw new Error(`nobody is called ${mailbox}`);
    return found;
  }

  number(name: string) {
    const found = this.poster.numbers.find((number) => number.name === name);
    if (!found) throw new Error(`no number is called ${name}`);
    return found;
  }

  /** A fresh one-time link, as an operator gets it. */
  async link(mailbox: string): Promise<string> {
    return this.command("login-link", "--email", this.person(mailbox).email);
  }

  /** What a command of the operator's says. */
  async command(...args: string[]): Promise<string> {
    const { stdout } = await promisify(execFile)(BIN, ["--config", this.poster.config, ...args], { env: environment() });
    return stdout.trim();
  }

  /** An access token of somebody's. */
  async token(mailbox: string): Promise<string> {
    const token = (await this.link(mailbox)).split("#link=")[1];
    const response = await fetch(`${this.url}/api/v1/auth/link`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ token }),
    });
    return ((await response.json()) as { access_token: string }).access_token;
  }

  /** Somebody's socket, for typing without a browser. */
  async typist(mailbox: string): Promise<{ type: (conversation: string, on: boolean) => void; leave: () => void }> {
    const socket = io(this.url, { transports: ["websocket"], auth: { token: await this.token(mailbox) }, forceNew: true });
    await new Promise<void>((done, refuse) => {
      socket.once("hello", () => done());
      socket.once("connect_error", refuse);
    });
    return {
      type: (conversation_id, on) => {
        socket.emit("typing", { conversation_id, on });
      },
      leave: () => socket.disconnect(),
    };
  }

  /** Dies without a word, as in a power cut. */
  async crash(): Promise<void> {
    await this.process.stop("SIGKILL");
  }

  /** Comes back with what it had. */
  async comeBack(): Promise<void> {
    this.process = Process.start([...this.args, "--keep"]);
    await Demo.poster(this.process);
  }

  async stop(): Promise<void> {
    await this.process.stop();
    await rm(this.data, { recursive: true, force: true });
  }
}
