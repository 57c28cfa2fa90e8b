/** A program that receives webhooks, with the check of the signature as docs/webhooks.md has it. */
import { createHmac, timingSafeEqual } from "node:crypto";
import { type IncomingMessage, createServer } from "node:http";
import { text } from "node:stream/consumers";

export interface Heard {
  id: string;
  type: string;
  data: Record<string, unknown>;
  signed: boolean;
}

export class Receiver {
  /** What it answers. */
  status = 200;
  secret = "";
  readonly heard: Heard[] = [];
  private readonly server = createServer((request, response) => {
    void this.hear(request).then(() => response.writeHead(this.status).end(this.status === 200 ? "thank you" : "not today"));
  });

  async start(): Promise<string> {
    await new Promise<void>((done) => this.server.listen(0, "127.0.0.1", done));
    const address = this.server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    return `http://127.0.0.1:${address.port}/hoopoe`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((done) => this.server.close(done));
  }

  private async hear(request: IncomingMessage): Promise<void> {
    const body = await text(request);
    const { id, type, data } = JSON.parse(body) as Omit<Heard, "signed">;
    this.heard.push({ id, type, data, signed: this.secret !== "" && verify(this.secret, request.headers, body) });
  }
}

function verify(secret: string, headers: IncomingMessage["headers"], body: string): boolean {
  const [id, timestamp, signatures] = ["webhook-id", "webhook-timestamp", "webhook-signature"].map((name) => String(headers[name]));
  if (Math.abs(Date.now() / 1000 - Number(timestamp)) > 300) return false;
  const key = Buffer.from(secret.slice("whsec_".length), "base64");
  const expected = createHmac("sha256", key).update(`${id}.${timestamp}.`).update(body).digest();
  return String(signatures)
    .split(" ")
    .some((one) => {
      const [version, value] = one.split(",");
      const given = Buffer.from(value ?? "", "base64");
      return version === "v1" && given.length === expected.length && timingSafeEqual(given, expected);
    });
}
