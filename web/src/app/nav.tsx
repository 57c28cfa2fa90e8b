import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { BookUser, Inbox, LogOut, Search, Settings, Smartphone } from "lucide-react";
import type { ComponentType } from "react";
import { hasRole, useMe } from "@/directory/api";
import { countsQuery } from "@/features/inbox/api";
import { type Key, t } from "@/i18n";
import { cx } from "@/lib/cx";
import { Avatar } from "@/ui/avatar";
import { Logo } from "@/ui/logo";
import { Menu, MenuItem, MenuLabel } from "@/ui/menu";
import { ConnectionBadge } from "./connection-badge";
import { logout } from "./session";

interface Item {
  to: "/inbox" | "/contacts" | "/accounts" | "/settings";
  label: Key;
  icon: ComponentType<{ className?: string }>;
}

function useItems(): Item[] {
  const manager = hasRole(useMe(), "manager");
  return [
    { to: "/inbox", label: "nav.inbox", icon: Inbox },
    { to: "/contacts", label: "nav.contacts", icon: BookUser },
    ...(manager ? [{ to: "/accounts", label: "nav.accounts", icon: Smartphone } as const] : []),
    { to: "/settings", label: "nav.settings", icon: Settings },
  ];
}

/** The rail at the side of a wide screen. */
export function NavRail({ onPalette }: { onPalette: () => void }) {
  const { user } = useMe();
  return (
    <nav aria-label={t("nav.label")} className="hidden w-19 shrink-0 flex-col items-center gap-1 border-e border-line bg-bg px-1.5 py-4 md:flex">
      <Link to="/inbox" aria-label={t("app.name")} className="mb-3 rounded-xl p-1">
        <Logo size={36} />
      </Link>
      {useItems().map((item) => (
        <RailLink key={item.to} item={item} />
      ))}
      <button
        type="button"
        onClick={onPalette}
        title={`${t("palette.title")} (Ctrl+K)`}
        className="flex w-full flex-col items-center gap-1 rounded-xl py-2 text-[11px] leading-tight font-medium text-ink-2 hover:bg-pressed hover:text-ink"
      >
        <Search className="size-5.5" />
        {t("palette.short")}
      </button>
      <div className="mt-auto flex w-full flex-col items-center gap-4">
        <ConnectionBadge />
        <Menu
          align="start"
          trigger={
            <button type="button" aria-label={t("nav.me", { name: user.name })} title={user.name} className="rounded-full">
              <Avatar name={user.name} seed={user.id} size="sm" />
            </button>
          }
        >
          <MenuLabel>
            {user.name} · {t(`role.${user.role}`)}
          </MenuLabel>
          <MenuItem icon={<LogOut className="size-4 text-ink-3 rtl:-scale-x-100" />} onSelect={() => void logout()}>
            {t("action.logout")}
          </MenuItem>
        </Menu>
      </div>
    </nav>
  );
}

const CURRENT = { "aria-current": "page", className: "bg-accent-soft text-accent-ink" } as const;
const OTHER = { className: "text-ink-2 hover:bg-pressed hover:text-ink" } as const;

function RailLink({ item }: { item: Item }) {
  const Icon = item.icon;
  return (
    <Link
      to={item.to}
      activeProps={CURRENT}
      inactiveProps={OTHER}
      className="relative flex w-full flex-col items-center gap-1 rounded-xl py-2 text-[11px] leading-tight font-medium transition-colors"
    >
      <Icon className="size-5.5" />
      <span className="max-w-full truncate px-0.5">{t(item.label)}</span>
      {item.to === "/inbox" && <UnreadDot />}
    </Link>
  );
}

/** The bar at the bottom of a phone. */
export function NavBar({ hidden }: { hidden: boolean }) {
  const items = useItems();
  return (
    <nav
      aria-label={t("nav.label")}
      className={cx("shrink-0 border-t border-line bg-surface pb-[env(safe-area-inset-bottom)] md:hidden", hidden ? "hidden" : "flex")}
    >
      {items.map((item) => (
        <Link
          key={item.to}
          to={item.to}
          activeProps={{ "aria-current": "page", className: "text-accent-ink" }}
          inactiveProps={{ className: "text-ink-3" }}
          className="relative flex min-w-0 grow basis-0 flex-col items-center gap-0.5 py-2 text-[11px] font-medium focus-visible:-outline-offset-2"
        >
          <item.icon className="size-5.5" />
          <span className="max-w-full truncate px-1">{t(item.label)}</span>
          {item.to === "/inbox" && <UnreadDot />}
        </Link>
      ))}
    </nav>
  );
}

function UnreadDot() {
  const { data: counts } = useQuery(countsQuery);
  if (!counts || counts.unread === 0) return null;
  return (
    <span className="absolute start-1/2 top-1 ms-1 inline-flex h-4.5 min-w-4.5 items-center justify-center rounded-full bg-accent px-1 text-[10px] font-bold text-on-accent tabular-nums">
      <span aria-hidden="true">{counts.unread > 99 ? "99+" : counts.unread}</span>
      <span className="sr-only">{t("list.unread", { n: counts.unread })}</span>
    </span>
  );
}
