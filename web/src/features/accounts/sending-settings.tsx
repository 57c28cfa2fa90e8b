import { useState } from "react";
import type { Account } from "@/api/types";
import { t } from "@/i18n";
import { Switch, TextField } from "@/ui/field";
import { toastError } from "@/ui/toast";
import { type AccountChange, useChangeAccount } from "./api";

const FASTEST = 1000;

/** How this number sends. Each switch takes effect at once. */
export default function SendingSettings({ account }: { account: Account }) {
  const change = useChangeAccount(account.id);
  const linked = account.channel === "linked";
  const [rate, setRate] = useState(String(account.rate_per_second));
  const set = (fields: AccountChange) => change.mutate(fields, { onError: toastError });
  const saveRate = () => {
    const value = Number(rate);
    const good = Number.isInteger(value) && value >= 1 && value <= FASTEST;
    if (!good) setRate(String(account.rate_per_second));
    else if (value !== account.rate_per_second) set({ rate_per_second: value });
  };
  return (
    <section aria-label={t("sending.title")} className="mt-6 space-y-4 border-t border-line pt-5">
      <h3 className="font-semibold">{t("sending.title")}</h3>
      <Switch
        label={t("sending.readReceipts")}
        hint={t("sending.readReceiptsHint")}
        checked={account.send_read_receipts}
        onChange={(send_read_receipts) => set({ send_read_receipts })}
      />
      <Switch
        label={t(linked ? "sending.live" : "sending.typing")}
        hint={t(linked ? "sending.liveHint" : "sending.typingHint")}
        checked={account.send_typing}
        onChange={(send_typing) => set({ send_typing })}
      />
      {account.capabilities.window && (
        <Switch label={t("sending.window")} hint={t("sending.windowHint")} checked={account.enforce_window} onChange={(enforce_window) => set({ enforce_window })} />
      )}
      {linked && (
        <Switch label={t("sending.ignoreGroups")} hint={t("sending.ignoreGroupsHint")} checked={account.ignore_groups} onChange={(ignore_groups) => set({ ignore_groups })} />
      )}
      <TextField
        label={t("sending.rate")}
        hint={t("sending.rateHint")}
        type="number"
        inputMode="numeric"
        min={1}
        max={FASTEST}
        className="max-w-32"
        value={rate}
        onChange={(event) => setRate(event.target.value)}
        onBlur={saveRate}
      />
    </section>
  );
}
