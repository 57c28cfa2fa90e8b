/** The connection: handshake, renewal of the token, and the wiring of packets to the catch-up and to the hints. */
import { type Socket, io } from "socket.io-client";
import type { Envelope } from "@/api/events";
import type { LinkOffer } from "@/api/types";
import { CatchUp, type CatchUpPorts, type Sync } from "./catch-up";
import type { Cursors } from "./cursors";
import {
  type CustomerActivity,
  type CustomerPresence,
  type HistoryCount,
  announceView,
  connection,
  forgetHints,
  online,
  setCustomerPresence,
  setCustomerTyping,
  setEmitter,
  setHistoryCount,
  setLinkOffer,
  setOnline,
  setTyping,
  setViewers,
} from "./hints";

const SINCE_TIMEOUT_MS = 10_000;
const OFFLINE_AFTER_ATTEMPTS = 3;

export interface RealtimePorts extends Pick<CatchUpPorts, "apply" | "reset"> {
  token: () => string | null;
  /** Gets a fresh token; false when the person has to log in again. */
  renew: () => Promise<boolean>;
  /** A stream is followed from now on; what was fetched before may miss what happened in between. */
  joined: () => void;
}

interface Hello {
  epoch: string;
  streams: Cursors;
  user_id: string;
  connection_id: string;
  online: string[];
}

interface InConversation {
  conversation_id: string;
}

interface UserInConversation extends InConversation {
  user_id: string;
}

let socket: Socket | null = null;

/** A rotated token, so that the server does not end the session. */
export function emitToken(token: string): void {
  if (socket?.connected) socket.emit("auth", { token });
}

export function connect(ports: RealtimePorts): () => void {
  const link = io({
    path: "/socket.io",
    transports: ["websocket", "polling"],
    auth: (reply) => reply({ token: ports.token(), ...catchUp.current() }),
    reconnectionDelay: 500,
    reconnectionDelayMax: 10_000,
  });
  socket = link;
  setEmitter((event, data) => {
    if (link.connected) link.emit(event, data);
  });
  const catchUp = new CatchUp({
    apply: ports.apply,
    reset: ports.reset,
    since: async (position) => {
      const answer = (await link.timeout(SINCE_TIMEOUT_MS).emitWithAck("since", position)) as Partial<Sync>;
      if (!answer.streams) throw new Error("The server could not tell what was missed");
      return { streams: answer.streams };
    },
  });
  followStreams(link, catchUp, ports);
  followHints(link);
  followConnection(link, ports);
  const stopNetwork = followNetwork(link);
  return () => {
    stopNetwork();
    link.disconnect();
    if (socket === link) socket = null;
    setEmitter(null);
    forgetHints();
    online.set([]);
    connection.set("connecting");
  };
}

function followStreams(link: Socket, catchUp: CatchUp, ports: RealtimePorts): void {
  link.on("hello", (hello: Hello) => {
    online.set(hello.online);
    // First the cursors, then the state: pages that waited for it fetch what the cursors will continue.
    if (catchUp.greet(hello.epoch, hello.streams)) ports.joined();
    connection.set("live");
    announceView();
  });
  link.on("events", (packet: { stream: string; events: Envelope[] }) => catchUp.events(packet.stream, packet.events));
  link.on("sync", (sync: Sync) => {
    if (catchUp.sync(sync)) void catchUp.ask();
  });
  link.on("head", (heads: Cursors) => catchUp.heads(heads));
}

function followHints(link: Socket): void {
  let me = "";
  link.on("hello", (hello: Hello) => {
    me = hello.user_id;
  });
  // The room hears its own members too, and nobody needs to be told what they are doing.
  const onTyping = (hint: UserInConversation, on: boolean) => {
    if (hint.user_id !== me) setTyping(hint.conversation_id, hint.user_id, on);
  };
  link.on("typing:start", (hint: UserInConversation) => onTyping(hint, true));
  link.on("typing:stop", (hint: UserInConversation) => onTyping(hint, false));
  link.on("user:online", (hint: { user_id: string }) => setOnline(hint.user_id, true));
  link.on("user:offline", (hint: { user_id: string }) => setOnline(hint.user_id, false));
  link.on("viewers:changed", (hint: { conversation_id: string; user_ids: string[] }) =>
    setViewers(hint.conversation_id, hint.user_ids),
  );
  link.on("customer:typing", ({ conversation_id, ...sign }: InConversation & CustomerActivity) =>
    setCustomerTyping(conversation_id, sign),
  );
  link.on("customer:presence", ({ conversation_id, ...presence }: InConversation & CustomerPresence) =>
    setCustomerPresence(conversation_id, presence),
  );
  link.on("account:history", ({ account_id, ...count }: HistoryCount & { account_id: string }) => setHistoryCount(account_id, count));
  link.on("account:link", ({ account_id, ...offer }: LinkOffer & { account_id: string }) => setLinkOffer(account_id, offer));
}

function followConnection(link: Socket, ports: RealtimePorts): void {
  const renewAndConnect = async () => {
    // A failed refresh ends the session, which takes this connection down with it.
    if (await ports.renew().catch(() => true)) link.connect();
  };
  link.on("connect_error", (error: Error) => {
    if (error.message === "token_expired" || error.message === "unauthorized") void renewAndConnect();
    else markLost();
  });
  link.on("session:expired", () => void renewAndConnect());
  link.on("disconnect", (reason) => {
    forgetHints();
    markLost();
    // The library does not come back by itself after the server has ended the connection.
    if (reason === "io server disconnect") void renewAndConnect();
  });
  link.io.on("reconnect_attempt", (attempt) => {
    if (attempt >= OFFLINE_AFTER_ATTEMPTS) connection.set("offline");
  });
}

function markLost(): void {
  if (!navigator.onLine) connection.set("offline");
  else if (connection.get() !== "offline") connection.set("reconnecting");
}

/** The browser knows earlier than a ping time-out that the network went or came back. */
function followNetwork(link: Socket): () => void {
  const lost = () => connection.set("offline");
  const back = () => {
    connection.set(link.connected ? "live" : "reconnecting");
    if (!link.connected) link.connect();
  };
  window.addEventListener("offline", lost);
  window.addEventListener("online", back);
  return () => {
    window.removeEventListener("offline", lost);
    window.removeEventListener("online", back);
  };
}
