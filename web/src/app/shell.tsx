import { useQuery } from "@tanstack/react-query";
import { Outlet, useLocation, useParams } from "@tanstack/react-router";
import { Suspense, lazy, useEffect, useState } from "react";
import { countsQuery } from "@/features/inbox/api";
import { t, useLanguage } from "@/i18n";
import { useShortcuts } from "@/lib/shortcuts";
import { Toasts } from "@/ui/toast";
import { ConnectionBanner } from "./connection-badge";
import { Crash } from "./crash";
import { NavBar, NavRail } from "./nav";

const Palette = lazy(() => import("./palette"));
const ShortcutHelp = lazy(() => import("./shortcut-help"));

/** The frame of every page behind the login. */
export function Shell() {
  const [open, setOpen] = useState<"palette" | "help" | null>(null);
  const inThread = useParams({ strict: false, select: (params) => "conversationId" in params });
  const path = useLocation({ select: (location) => location.pathname });
  const close = () => setOpen(null);
  useTitle();
  useShortcuts({ "?": () => setOpen("help") });
  usePaletteKey(() => setOpen("palette"));
  return (
    <div className="flex h-full flex-col">
      <a
        href="#main"
        className="sr-only focus:not-sr-only focus:fixed focus:start-2 focus:top-2 focus:z-50 focus:rounded-lg focus:bg-surface focus:px-3 focus:py-2 focus:shadow-raised"
      >
        {t("nav.skip")}
      </a>
      <ConnectionBanner />
      <div className="flex min-h-0 grow">
        <NavRail onPalette={() => setOpen("palette")} />
        <main id="main" className="min-h-0 min-w-0 grow">
          <Crash key={path.split("/")[1]}>
            <Outlet />
          </Crash>
        </main>
      </div>
      <NavBar hidden={inThread} />
      <Suspense>
        {open === "palette" && <Palette onClose={close} onHelp={() => setOpen("help")} />}
        {open === "help" && <ShortcutHelp onClose={close} />}
      </Suspense>
    </div>
  );
}

/** Redraws everything in the new language; the caches and the address stay. */
export function Root() {
  return (
    <>
      <Outlet key={useLanguage()} />
      <Toasts />
    </>
  );
}

function useTitle(): void {
  const { data } = useQuery(countsQuery);
  const unread = data?.unread ?? 0;
  useEffect(() => {
    document.title = unread > 0 ? `(${unread}) ${t("app.name")}` : t("app.name");
  }, [unread]);
}

/** Works everywhere, also while typing. */
function usePaletteKey(open: () => void): void {
  useEffect(() => {
    const listener = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      open();
    };
    window.addEventListener("keydown", listener);
    return () => window.removeEventListener("keydown", listener);
  });
}
