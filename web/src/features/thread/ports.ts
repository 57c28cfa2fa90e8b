/** What a message can be asked for beyond being shown. The page provides it; without it the thread only shows. */
import { type ReactNode, createContext, useContext } from "react";
import type { Message } from "@/api/types";

export interface ThreadPorts {
  /** Whether anything but a template may be sent now, reactions included. */
  open: boolean;
  /** Whether reactions are among it. */
  reacts: boolean;
  quote: (message: Message) => void;
  /** "" takes ours back. */
  react: (message: Message, emoji: string) => void;
  /** To write, without quoting anything. */
  write: () => void;
  /** What is said below a message that is not simply on its way: why it failed, when it will be sent, what can be done. */
  delivery: (message: Message) => ReactNode;
  /** What else can be done with a message: to change it, to take it back. */
  more: (message: Message) => ReactNode;
}

const Ports = createContext<ThreadPorts | null>(null);

export const ThreadPortsProvider = Ports.Provider;

export function useThreadPorts(): ThreadPorts | null {
  return useContext(Ports);
}
