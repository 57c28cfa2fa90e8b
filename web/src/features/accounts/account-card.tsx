import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { LayoutTemplate, Pencil, Users } from "lucide-react";
import { useState } from "react";
import type { Account, AccountState } from "@/api/types";
import { useUsers } from "@/directory/api";
import { t, tn } from "@/i18n";
import { ago, dateTimeOf } from "@/i18n/format";
import { useMinute } from "@/lib/clock";
import { readablePhone } from "@/lib/people";
import { Avatar } from "@/ui/avatar";
import { Button, IconButton } from "@/ui/button";
import { Badge } from "@/ui/states";
import { membersQuery } from "./api";
import { EditAccount } from "./edit-account";
import { History } from "./history";
import { LinkHelp, saysMore } from "./link-help";
import { MembersDialog } from "./members";

const TONE: Record<AccountState, "ok" | "warn" | "danger" | "neutral"> = {
  connected: "ok",
  connecting: "warn",
  needs_qr: "warn",
  disconnected: "danger",
  error: "danger",
  replaced: "danger",
  logged_out: "danger",
  banned: "danger",
  outdated: "danger",
};

export function AccountCard({ account, admin }: { account: Account; admin: boolean }) {
  const [editing, setEditing] = useState(false);
  const [choosing, setChoosing] = useState(false);
  return (
    <section aria-label={account.name} className="flex flex-col rounded-2xl border border-line bg-surface p-5">
      <header className="flex items-start gap-3">
        <span className="mt-1.5 size-3 shrink-0 rounded-full" style={{ background: account.color }} aria-hidden="true" />
        <div className="min-w-0 grow">
          <h2 className="truncate text-md font-semibold">
            <bdi>{account.name}</bdi>
          </h2>
          <p className="text-sm text-ink-3">
            {account.phone !== null && (
              <>
                <bdi dir="ltr" className="tabular-nums">
                  {readablePhone(account.phone)}
                </bdi>
                {" · "}
              </>
            )}
            {t(`channel.${account.channel}`)}
          </p>
        </div>
        {admin && (
          <IconButton label={t("accounts.edit", { name: account.name })} onClick={() => setEditing(true)}>
            <Pencil className="size-4" />
          </IconButton>
        )}
      </header>
      <State account={account} />
      {account.channel === "linked" && <LinkHelp account={account} onMembers={() => setChoosing(true)} />}
      {account.channel === "linked" && <History account={account} />}
      <Traffic account={account} />
      {account.capabilities.template && <TemplatesLink account={account} />}
      <Members accountId={account.id} onChoose={() => setChoosing(true)} />
      {editing && <EditAccount account={account} onClose={() => setEditing(false)} />}
      {choosing && <MembersDialog account={account} onClose={() => setChoosing(false)} />}
    </section>
  );
}

function State({ account }: { account: Account }) {
  const now = useMinute();
  return (
    <div className="mt-4">
      <p className="flex flex-wrap items-center gap-2">
        <Badge tone={TONE[account.state]}>
          <span className="size-1.5 rounded-full bg-current" />
          {t(`accountState.${account.state}`)}
        </Badge>
        <span className="text-sm text-ink-3" title={dateTimeOf(account.state_since)}>
          {t("accounts.since", { when: ago(account.state_since, now) })}
        </span>
      </p>
      {account.state_reason !== null && saysMore(account) && (
        <p className="mt-2 rounded-lg bg-hover px-3 py-2 text-sm text-ink-2" dir="auto">
          {account.state_reason}
        </p>
      )}
    </div>
  );
}

function Traffic({ account }: { account: Account }) {
  const now = useMinute();
  const when = (at: number | null) => (at === null ? t("accounts.never") : ago(at, now));
  return (
    <dl className="mt-4 grid grid-cols-2 gap-4 text-sm">
      <div>
        <dt className="text-ink-3">{t("accounts.lastIn")}</dt>
        <dd className="font-medium">{when(account.last_inbound_at)}</dd>
      </div>
      <div>
        <dt className="text-ink-3">{t("accounts.lastOut")}</dt>
        <dd className="font-medium">{when(account.last_outbound_at)}</dd>
      </div>
    </dl>
  );
}

function TemplatesLink({ account }: { account: Account }) {
  return (
    <p className="mt-4 text-sm">
      <Link
        to="/accounts/$accountId/templates"
        params={{ accountId: account.id }}
        className="inline-flex items-center gap-2 font-medium text-accent-ink underline-offset-2 hover:underline"
      >
        <LayoutTemplate className="size-4" />
        {t("accounts.templates")}
      </Link>
    </p>
  );
}

const SHOWN = 5;

function Members({ accountId, onChoose }: { accountId: string; onChoose: () => void }) {
  const { data: ids } = useQuery(membersQuery(accountId));
  const members = useUsers().filter((user) => ids?.includes(user.id));
  return (
    <div className="mt-auto flex items-center justify-between gap-3 pt-5">
      <span className="flex items-center -space-x-1.5 rtl:space-x-reverse">
        {members.slice(0, SHOWN).map((user) => (
          <span key={user.id} title={user.name} className="rounded-full ring-2 ring-surface">
            <Avatar name={user.name} seed={user.id} size="sm" />
          </span>
        ))}
        <span className={members.length > 0 ? "ps-3 text-sm text-ink-3" : "text-sm text-ink-3"}>
          {ids === undefined ? "" : tn("accounts.members", ids.length)}
        </span>
      </span>
      <Button small icon={<Users className="size-4" />} onClick={onChoose}>
        {t("accounts.chooseMembers")}
      </Button>
    </div>
  );
}
