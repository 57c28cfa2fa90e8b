import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { MailWarning, Plus, Smartphone } from "lucide-react";
import { useState } from "react";
import type { Account } from "@/api/types";
import { accountsQuery, hasRole, useMe } from "@/directory/api";
import { t } from "@/i18n";
import { Button } from "@/ui/button";
import { Page } from "@/ui/page";
import { Empty, Failed, Skeleton } from "@/ui/states";
import { AccountCard } from "./account-card";
import { AddNumber } from "./add-number";
import { MembersDialog } from "./members";
import { MetaApps } from "./meta-apps";

export function AccountsPage() {
  const admin = hasRole(useMe(), "admin");
  const [adding, setAdding] = useState(false);
  const [membersOf, setMembersOf] = useState<Account | null>(null);
  const query = useQuery(accountsQuery);
  const addButton = admin ? (
    <Button variant="primary" icon={<Plus className="size-4" />} onClick={() => setAdding(true)}>
      {t("accounts.add")}
    </Button>
  ) : null;
  return (
    <Page
      title={t("nav.accounts")}
      description={t("accounts.description")}
      actions={
        <>
          <Link
            to="/accounts/dead-letters"
            className="inline-flex h-10 items-center gap-2 rounded-[10px] border border-line bg-surface px-4 font-medium hover:bg-hover"
          >
            <MailWarning className="size-4" />
            {t("deadLetters.title")}
          </Link>
          {addButton}
        </>
      }
    >
      {query.isPending && <Skeleton className="h-52 rounded-2xl" />}
      {query.isError && !query.data && <Failed error={query.error} retry={() => void query.refetch()} />}
      {query.data?.length === 0 && (
        <Empty icon={<Smartphone className="size-6" />} title={t("accounts.emptyTitle")} action={addButton}>
          {admin ? t("accounts.emptyText") : t("accounts.emptyTextManager")}
        </Empty>
      )}
      <div className="grid gap-4 md:grid-cols-2">
        {query.data?.map((account) => (
          <AccountCard key={account.id} account={account} admin={admin} />
        ))}
      </div>
      {admin && <MetaApps />}
      {adding && (
        <AddNumber
          onClose={() => setAdding(false)}
          onMembers={(account) => {
            setAdding(false);
            setMembersOf(account);
          }}
        />
      )}
      {membersOf && <MembersDialog account={membersOf} onClose={() => setMembersOf(null)} />}
    </Page>
  );
}
