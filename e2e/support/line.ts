/** A line to the server that can be cut: a TCP relay between the browser and the server. */
import { type Server, type Socket, connect, createServer } from "node:net";

export class Line {
  private readonly sockets = new Set<Socket>();
  private isCut = false;

  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {}

  static async to(url: string): Promise<Line> {
    const target = new URL(url);
    let line: Line | null = null;
    const server = createServer((near) => {
      if (!line || line.isCut) {
        near.destroy();
        return;
      }
      const far = connect(Number(target.port), target.hostname);
      for (const [one, other] of [
        [near, far],
        [far, near],
      ] as const) {
        line.sockets.add(one);
        one.setNoDelay(true);
        one.pipe(other);
        one.on("error", () => other.destroy());
        one.on("close", () => {
          line?.sockets.delete(one);
          other.destroy();
        });
      }
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    line = new Line(server, address.port);
    return line;
  }

  /** The same address, by way of this line. */
  via(link: string): string {
    const url = new URL(link);
    url.port = String(this.port);
    return url.href;
  }

  cut(): void {
    this.isCut = true;
    for (const socket of this.sockets) socket.destroy();
  }

  mend(): void {
    this.isCut = false;
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((done) => this.server.close(done));
  }
}
