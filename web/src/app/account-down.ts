/** Tells that a number went down: nothing comes in or goes out until somebody helps. */
import type { Account } from "@/api/types";
import { t } from "@/i18n";
import { toast } from "@/ui/toast";

export function announceDown(account: Account): void {
  const { channel, name, state, state_reason } = account;
  const text = channel === "linked" && state !== "connected" ? t(`linkHelp.${state}`) : (state_reason ?? "");
  toast({ tone: "error", title: `${name}: ${t(`accountState.${state}`)}`, text });
}
