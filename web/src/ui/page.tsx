import { Link } from "@tanstack/react-router";
import { ArrowLeft } from "lucide-react";
import type { ReactNode } from "react";

interface PageProps {
  /** A way to the page above. */
  back?: ReactNode;
  title: string;
  description?: string;
  actions?: ReactNode;
  children: ReactNode;
}

/** The frame of every page that is not the inbox: a heading, its actions, and a column of comfortable width. */
export function Page({ back, title, description, actions, children }: PageProps) {
  return (
    <div className="h-full overflow-y-auto">
      <div className="mx-auto w-full max-w-5xl px-4 pt-6 pb-16 sm:px-8 sm:pt-10">
        <header className="mb-6 flex flex-wrap items-start justify-between gap-x-6 gap-y-4">
          <div className="min-w-0 sm:flex-1">
            {back}
            <h1 className="text-2xl font-semibold tracking-tight">{title}</h1>
            {description && <p className="mt-1 max-w-2xl text-ink-3">{description}</p>}
          </div>
          {actions && <div className="flex flex-wrap gap-2">{actions}</div>}
        </header>
        {children}
      </div>
    </div>
  );
}

export function BackLink({ to, children }: { to: "/accounts" | "/contacts" | "/settings" | "/settings/webhooks"; children: ReactNode }) {
  return (
    <Link to={to} className="-ms-2 mb-2 inline-flex h-8 items-center gap-1.5 rounded-lg px-2 text-sm font-medium text-ink-2 hover:bg-hover hover:text-ink">
      <ArrowLeft className="size-4 rtl:-scale-x-100" />
      {children}
    </Link>
  );
}

export function Card({ title, actions, children }: { title?: string; actions?: ReactNode; children: ReactNode }) {
  return (
    <section className="rounded-2xl border border-line bg-surface p-5 sm:p-6">
      {title && (
        <header className="mb-4 flex flex-wrap items-center justify-between gap-3">
          <h2 className="text-lg font-semibold">{title}</h2>
          {actions}
        </header>
      )}
      {children}
    </section>
  );
}
