import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Account } from "@/api/types";
import { useUsers } from "@/directory/api";
import { t } from "@/i18n";
import { Avatar } from "@/ui/avatar";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { FormError, Skeleton } from "@/ui/states";
import { membersQuery, useSetMembers } from "./api";

export function MembersDialog({ account, onClose }: { account: Account; onClose: () => void }) {
  const { data: held } = useQuery(membersQuery(account.id));
  const users = useUsers().filter((user) => !user.disabled);
  const [chosen, setChosen] = useState<string[] | null>(null);
  const save = useSetMembers(account.id);
  const ids = chosen ?? held ?? [];
  const toggle = (id: string) => setChosen(ids.includes(id) ? ids.filter((other) => other !== id) : [...ids, id]);
  return (
    <Dialog
      title={t("members.title", { name: account.name })}
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{t("action.cancel")}</Button>
          <Button variant="primary" busy={save.isPending} disabled={!held} onClick={() => save.mutate(ids, { onSuccess: onClose })}>
            {t("action.save")}
          </Button>
        </>
      }
    >
      <p className="mb-3 text-ink-3">{t("members.explain")}</p>
      {!held && <Skeleton className="h-32" />}
      {held && (
        <ul className="-mx-2">
          {users.map((user) => (
            <li key={user.id}>
              <label className="flex cursor-pointer items-center gap-3 rounded-xl p-2 hover:bg-hover">
                <input type="checkbox" checked={ids.includes(user.id)} onChange={() => toggle(user.id)} className="size-4 accent-(--accent)" />
                <Avatar name={user.name} seed={user.id} size="sm" />
                <span className="min-w-0 grow truncate">{user.name}</span>
                <span className="text-sm text-ink-3">{t(`role.${user.role}`)}</span>
              </label>
            </li>
          ))}
        </ul>
      )}
      <FormError error={save.error} />
    </Dialog>
  );
}
