import { CircleAlert, CircleCheck, MessageCircle, X } from "lucide-react";
import { ApiError } from "@/api/client";
import { t } from "@/i18n";
import { createStore, useStore } from "@/lib/store";
import { IconButton } from "./button";

interface Toast {
  id: number;
  tone: "message" | "success" | "error";
  title: string;
  text?: string;
  action?: { label: string; run: () => void };
}

const toasts = createStore<readonly Toast[]>([]);
let next = 1;
const VISIBLE = 3;
const LIFE_MS = 6_000;

export function toast(content: Omit<Toast, "id">): void {
  const id = next;
  next += 1;
  toasts.set([...toasts.get(), { ...content, id }].slice(-VISIBLE));
  setTimeout(() => dismiss(id), content.action ? 2 * LIFE_MS : LIFE_MS);
}

export function toastError(error: unknown): void {
  toast({ tone: "error", title: t("error.title"), text: errorText(error) });
}

/** Where the code says all, in the person's language; else the server's own words, which name the field or the rule. */
export function errorText(error: unknown): string {
  if (!(error instanceof ApiError)) return t("error.unexpected");
  switch (error.code) {
    case "network":
    case "rate_limited":
    case "unavailable":
    case "forbidden":
    case "not_found":
      return t(`error.${error.code}`);
    case "internal":
      return error.requestId === null ? t("error.unexpected") : t("error.internal", { id: error.requestId });
    default:
      return error.message.charAt(0).toLocaleUpperCase() + error.message.slice(1);
  }
}

function dismiss(id: number): void {
  toasts.set(toasts.get().filter((item) => item.id !== id));
}

const ICON = {
  message: <MessageCircle className="size-5 text-accent" />,
  success: <CircleCheck className="size-5 text-ok" />,
  error: <CircleAlert className="size-5 text-danger" />,
};

export function Toasts() {
  const items = useStore(toasts, (list) => list);
  return (
    <div
      role="status"
      aria-live="polite"
      className="pointer-events-none fixed inset-x-4 top-18 z-50 flex flex-col items-end gap-2 sm:start-auto sm:w-88"
    >
      {items.map((item) => (
        <div
          key={item.id}
          className="animate-appear pointer-events-auto flex w-full items-start gap-3 rounded-xl border border-line bg-surface p-3 shadow-raised"
        >
          <span className="mt-0.5">{ICON[item.tone]}</span>
          <div className="min-w-0 grow">
            <p className="truncate font-medium" dir="auto">
              {item.title}
            </p>
            {item.text && (
              <p className="line-clamp-2 text-sm text-ink-2" dir="auto">
                {item.text}
              </p>
            )}
            {item.action && (
              <button
                type="button"
                className="mt-1 text-sm font-medium text-accent underline-offset-2 hover:underline"
                onClick={() => {
                  item.action?.run();
                  dismiss(item.id);
                }}
              >
                {item.action.label}
              </button>
            )}
          </div>
          <IconButton label={t("action.dismiss")} className="-me-1 -mt-1 size-8" onClick={() => dismiss(item.id)}>
            <X className="size-4" />
          </IconButton>
        </div>
      ))}
    </div>
  );
}
