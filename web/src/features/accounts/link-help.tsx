/** What the state of a linked device means, and what to do next: beside it on the card, for managers and admins alike. */
import { QrCode, RotateCcw, RotateCw } from "lucide-react";
import { Suspense, lazy, useState } from "react";
import type { Account, AccountState } from "@/api/types";
import { t, withWords } from "@/i18n";
import { Button } from "@/ui/button";

const LinkDialog = lazy(withWords("linking", () => import("./link-dialog")));
const ResetDialog = lazy(withWords("linking", () => import("./reset-dialog")));

/** What helps in each state. A link that may still be good is tried again without a code. */
const HELP: Record<AccountState, { link: "linkHelp.link" | "linkHelp.linkAgain" | "linkHelp.tryAgain" | null; reset: boolean }> = {
  needs_qr: { link: "linkHelp.link", reset: false },
  connecting: { link: null, reset: true },
  connected: { link: null, reset: true },
  disconnected: { link: null, reset: true },
  replaced: { link: "linkHelp.linkAgain", reset: true },
  logged_out: { link: "linkHelp.linkAgain", reset: false },
  banned: { link: "linkHelp.tryAgain", reset: true },
  outdated: { link: "linkHelp.tryAgain", reset: true },
  error: { link: "linkHelp.tryAgain", reset: true },
};

/** The server's reason, where it tells more than the words here do. */
export const saysMore = ({ channel, state }: Account) =>
  channel !== "linked" || state === "needs_qr" || state === "replaced" || state === "banned" || state === "error";

interface LinkHelpProps {
  account: Account;
  onMembers: () => void;
}

export function LinkHelp({ account, onMembers }: LinkHelpProps) {
  const [linking, setLinking] = useState(false);
  const [resetting, setResetting] = useState(false);
  const { link, reset } = HELP[account.state];
  return (
    <div className="mt-3 space-y-3">
      {account.state !== "connected" && <p className="text-sm text-ink-2 text-pretty">{t(`linkHelp.${account.state}`)}</p>}
      <div className="flex flex-wrap gap-2">
        {link && (
          <Button small variant="primary" icon={link === "linkHelp.tryAgain" ? <RotateCw className="size-4" /> : <QrCode className="size-4" />} onClick={() => setLinking(true)}>
            {t(link)}
          </Button>
        )}
        {reset && (
          <Button small variant="ghost" icon={<RotateCcw className="size-4" />} onClick={() => setResetting(true)} className={link ? undefined : "-ms-3"}>
            {t("linkHelp.reset")}
          </Button>
        )}
      </div>
      <Suspense>
        {linking && (
          <LinkDialog
            account={account}
            onClose={() => setLinking(false)}
            onMembers={() => {
              setLinking(false);
              onMembers();
            }}
          />
        )}
        {resetting && (
          <ResetDialog
            account={account}
            onClose={() => setResetting(false)}
            onDone={() => {
              setResetting(false);
              setLinking(true);
            }}
          />
        )}
      </Suspense>
    </div>
  );
}
