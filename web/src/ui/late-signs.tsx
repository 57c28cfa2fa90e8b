import { lazy } from "react";
import { withWords } from "@/i18n";
import { surely } from "@/lib/lazy";

const load = surely(withWords("linking", () => import("./customer-signs")));

export const LateTyping = lazy(async () => ({ default: (await load()).CustomerTyping }));
export const LatePresence = lazy(async () => ({ default: (await load()).CustomerPresence }));
