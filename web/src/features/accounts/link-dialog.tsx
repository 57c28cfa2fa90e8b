import { useEffect, useEffectEvent, useRef, useState } from "react";
import { ApiError } from "@/api/client";
import type { Account } from "@/api/types";
import { t } from "@/i18n";
import { Dialog } from "@/ui/dialog";
import { type StartLink, useOffer, useStartLink } from "./link-offer";
import { PhoneForm } from "./link-phone-form";
import { Code, Connected, Connecting, Failed, Passkey, Preparing, Scan } from "./link-steps";
import { type View, viewOf } from "./link-view";

interface LinkDialogProps {
  /** As it stands now: the page holds it live. */
  account: Account;
  onClose: () => void;
  onMembers?: (() => void) | undefined;
}

/** From a code to a linked phone. Closing it does not stop what the phone has begun. */
export default function LinkDialog({ account, onClose, onMembers }: LinkDialogProps) {
  const offer = useOffer(account.id);
  const start = useStartLink(account.id);
  const [typing, setTyping] = useState(false);
  const begin = (how: StartLink) => start.mutate(how, { onSuccess: () => setTyping(false) });
  useFirstCode(offer?.kind, account, begin);
  const view = viewOf({ state: account.state, reason: account.state_reason, offer, asking: start.isPending || (start.isIdle && offer === undefined) });
  const scan = () => begin({ method: "qr" });
  const refused = start.error !== null && !typing;
  const body = useKeptFocus(refused ? "failed" : typing ? "typing" : view);
  return (
    <Dialog title={t("link.title", { name: account.name })} onClose={onClose}>
      <p role="status" className="sr-only">
        {refused ? "" : t(`link.says.${view}`)}
      </p>
      <div ref={body} tabIndex={-1} className="outline-none">
        {typing ? (
          <PhoneForm error={start.error instanceof ApiError ? start.error : null} busy={start.isPending} onStart={begin} onBack={() => setTyping(false)} />
        ) : refused ? (
          <Failed account={account} error={start.error} onAgain={scan} onType={() => setTyping(true)} />
        ) : (
          <Step view={view} account={account} offer={offer} onScan={scan} onType={() => setTyping(true)} onClose={onClose} onMembers={onMembers} />
        )}
      </div>
    </Dialog>
  );
}

interface StepProps extends LinkDialogProps {
  view: View;
  offer: ReturnType<typeof useOffer>;
  onScan: () => void;
  onType: () => void;
}

function Step({ view, account, offer, onScan, onType, onClose, onMembers }: StepProps) {
  switch (view) {
    case "preparing":
      return <Preparing />;
    case "qr":
      return offer && <Scan offer={offer} onType={onType} />;
    case "code":
      return offer && <Code offer={offer} onScan={onScan} />;
    case "passkey":
      return offer && <Passkey offer={offer} />;
    case "connecting":
      return <Connecting account={account} />;
    case "connected":
      return <Connected account={account} onClose={onClose} onMembers={onMembers} />;
    case "failed":
      return <Failed account={account} error={null} onAgain={onScan} onType={onType} />;
  }
}

/** Asks for a code, unless a colleague has one on the screen already: then both show the same. */
function useFirstCode(kind: string | undefined, account: Account, begin: (how: StartLink) => void): void {
  const begun = useRef(false);
  const onKnown = useEffectEvent((known: string) => {
    if (begun.current) return;
    begun.current = true;
    const waits = account.state !== "connected" && account.state !== "connecting";
    if (known === "none" && waits) begin({ method: "qr" });
  });
  useEffect(() => {
    if (kind !== undefined) onKnown(kind);
  }, [kind]);
}

/** What had the focus may be gone with the step that it was on: the keyboard goes on from the next one. */
function useKeptFocus(step: string) {
  const body = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (document.activeElement === document.body) body.current?.focus();
  }, [step]);
  return body;
}
