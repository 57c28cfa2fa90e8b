// Speaks for the feature tests through the official Socket.IO client: one command per line on stdin, one event per line on stdout.
//
//   {"op":"connect","socket":"a","url":"http://…","token":"…","cursors":{},"epoch":"…","follow":true}   opens a socket; with "follow" it keeps cursors
//   {"op":"token","socket":"a","token":"…"}      the token that the next connection attempt shows
//   {"op":"emit","socket":"a","event":"typing","data":{…},"ack":7}                          with "ack" the answer comes as {"ack":7,…}
//   {"op":"cut","socket":"a"}                    breaks the transport, as a lost network does; the client connects again by itself
//   {"op":"offline","socket":"a"} {"op":"online","socket":"a"}                              leaves and comes back
//   {"op":"reach","socket":"a","stream":"account:…","seq":9,"ack":8}                        answers when the cursor is there
//   {"op":"state","socket":"a","ack":8}          cursors, numbers applied, doubles seen, holes found
//
// A following socket is the smallest honest client: it applies number n+1, drops what it has, and asks `since` at a hole.
import { createInterface } from "node:readline";
import { io } from "socket.io-client";

const sockets = new Map();

function say(line) {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

class Follower {
  constructor(socket, cursors, epoch) {
    this.socket = socket;
    this.cursors = { ...cursors };
    this.epoch = epoch;
    this.applied = {};
    this.dropped = 0;
    this.holes = 0;
    this.resets = 0;
    this.asking = false;
    this.waiters = [];
  }

  reach(stream, seq, ack) {
    this.waiters.push({ stream, seq, ack });
    this.tellWaiters();
  }

  tellWaiters() {
    this.waiters = this.waiters.filter(({ stream, seq, ack }) => {
      const reached = (this.cursors[stream] ?? 0) >= seq;
      if (reached) say({ ack, data: this.cursors[stream] });
      return !reached;
    });
  }

  apply(stream, events) {
    for (const event of events) {
      const have = this.cursors[stream] ?? 0;
      if (event.seq <= have) {
        this.dropped += 1;
      } else if (event.seq === have + 1) {
        this.cursors[stream] = event.seq;
        (this.applied[stream] ??= []).push([event.seq, event.type]);
      } else {
        this.holes += 1;
        this.ask();
        break;
      }
    }
    this.tellWaiters();
  }

  sync(packet) {
    let more = false;
    for (const part of packet.streams ?? []) {
      if (part.reset) {
        if (this.cursors[part.stream] !== part.head) this.resets += 1;
        this.cursors[part.stream] = part.head;
        this.tellWaiters();
      } else {
        this.apply(part.stream, part.events);
      }
      more ||= part.more;
    }
    if (more) this.ask();
  }

  head(heads) {
    for (const [stream, seq] of Object.entries(heads)) {
      if (seq > (this.cursors[stream] ?? 0)) this.ask();
    }
  }

  ask() {
    if (this.asking || !this.socket.connected) return;
    this.asking = true;
    this.socket.timeout(10_000).emit("since", { cursors: this.cursors, epoch: this.epoch }, (error, packet) => {
      this.asking = false;
      if (error) this.ask();
      else this.sync(packet);
    });
  }

  // Streams without a cursor begin here; of those with one, `sync` follows. Cursors of another life of the log are none.
  hello(data) {
    if (this.epoch !== undefined && this.epoch !== data.epoch) {
      this.resets += Object.keys(this.cursors).length;
      this.cursors = {};
    }
    this.epoch = data.epoch;
    for (const [stream, head] of Object.entries(data.streams)) this.cursors[stream] ??= head;
  }
}

function connect({ socket: name, url, token, cursors = {}, epoch, follow = false, transports = ["websocket"] }) {
  const held = { token, follower: undefined };
  const socket = io(url, {
    transports,
    forceNew: true,
    reconnectionDelay: 5,
    reconnectionDelayMax: 20,
    auth: (reply) => {
      const { follower } = held;
      reply({ token: held.token, cursors: follower?.cursors ?? cursors, epoch: follower?.epoch ?? epoch });
    },
  });
  held.socket = socket;
  if (follow) held.follower = new Follower(socket, cursors, epoch);
  sockets.set(name, held);
  socket.on("connect", () => say({ socket: name, event: "connect" }));
  socket.on("connect_error", (error) => say({ socket: name, event: "connect_error", data: error.message }));
  socket.on("disconnect", (reason) => {
    if (held.follower) held.follower.asking = false;
    say({ socket: name, event: "disconnect", data: reason });
  });
  socket.onAny((event, data) => {
    const follower = held.follower;
    if (follower) {
      if (event === "events") return follower.apply(data.stream, data.events);
      if (event === "sync") return follower.sync(data);
      if (event === "head") return follower.head(data);
      if (event === "hello") follower.hello(data);
    }
    say({ socket: name, event, data });
  });
}

const commands = {
  connect,
  token: ({ socket, token }) => {
    sockets.get(socket).token = token;
  },
  emit: ({ socket, event, data, ack }) => {
    const { socket: to } = sockets.get(socket);
    if (ack === undefined) to.emit(event, data);
    else to.emit(event, data, (answer) => say({ ack, data: answer }));
  },
  cut: ({ socket }) => sockets.get(socket).socket.io.engine?.transport?.ws?.close(),
  offline: ({ socket }) => sockets.get(socket).socket.disconnect(),
  online: ({ socket }) => sockets.get(socket).socket.connect(),
  reach: ({ socket, stream, seq, ack }) => sockets.get(socket).follower.reach(stream, seq, ack),
  state: ({ socket, ack }) => {
    const { cursors, epoch, applied, dropped, holes, resets } = sockets.get(socket).follower;
    say({ ack, data: { cursors, epoch, applied, dropped, holes, resets } });
  },
};

const lines = createInterface({ input: process.stdin });
lines.on("line", (line) => {
  const command = JSON.parse(line);
  commands[command.op](command);
});
lines.on("close", () => process.exit(0));
