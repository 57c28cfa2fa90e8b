import type { ReactNode } from "react";
import { t } from "@/i18n";
import { Logo } from "@/ui/logo";

/** The quiet page before the login. */
export function AuthFrame({ title, text, children }: { title: string; text?: string; children: ReactNode }) {
  return (
    <main className="flex min-h-full items-center justify-center px-4 py-10">
      <div className="w-full max-w-sm">
        <div className="mb-8 flex items-center justify-center gap-3">
          <Logo size={44} />
          <span className="text-2xl font-semibold tracking-tight">{t("app.name")}</span>
        </div>
        <div className="rounded-2xl border border-line bg-surface p-6 shadow-raised sm:p-8">
          <h1 className="text-xl font-semibold">{title}</h1>
          {text && <p className="mt-1 text-ink-3">{text}</p>}
          <div className="mt-6">{children}</div>
        </div>
      </div>
    </main>
  );
}
