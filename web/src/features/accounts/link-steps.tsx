import { Check, CircleAlert, CircleCheck, Copy, Fingerprint, Smartphone, LoaderCircle, QrCode, RotateCw, Users } from "lucide-react";
import { type ReactNode, useState } from "react";
import type { Account, LinkOffer } from "@/api/types";
import { t } from "@/i18n";
import { readablePhone } from "@/lib/people";
import { Button } from "@/ui/button";
import { useCopied } from "@/ui/copy-field";
import { FormError, Skeleton } from "@/ui/states";
import { Honest } from "./link-note";
import { Qr } from "./link-qr";
import { groupsOf, timeLeft } from "./link-view";

function Steps({ steps }: { steps: string[] }) {
  return (
    <ol className="space-y-2.5">
      {steps.map((step, index) => (
        <li key={step} className="flex gap-3">
          <span aria-hidden="true" className="flex size-6 shrink-0 items-center justify-center rounded-full bg-accent-soft text-xs font-semibold text-accent-ink">
            {index + 1}
          </span>
          <span className="pt-0.5 text-pretty">{step}</span>
        </li>
      ))}
    </ol>
  );
}

/** A link among words that does something here. */
function Other({ icon, onClick, children }: { icon: ReactNode; onClick: () => void; children: ReactNode }) {
  return (
    <Button variant="ghost" icon={icon} onClick={onClick} className="w-full text-accent-ink!">
      {children}
    </Button>
  );
}

const AROUND = 2 * Math.PI * 9;

/** Runs empty as the code does: one animation, no timer of ours. */
function Ring({ offer }: { offer: LinkOffer }) {
  // What was left when it came: drawing again must not start it anew.
  const [left] = useState(() => timeLeft(offer, Date.now()));
  return (
    <svg viewBox="0 0 24 24" aria-hidden="true" className="size-5 shrink-0 -rotate-90 rtl:scale-y-[-1]">
      <circle cx="12" cy="12" r="9" fill="none" strokeWidth="3" className="stroke-pressed" />
      {left !== null && (
        <circle
          cx="12"
          cy="12"
          r="9"
          fill="none"
          strokeWidth="3"
          strokeLinecap="round"
          strokeDasharray={AROUND}
          className="animate-run-out stroke-accent motion-reduce:animate-none"
          style={{ animationDuration: `${left}ms` }}
        />
      )}
    </svg>
  );
}

const FRAME = "mx-auto aspect-square w-full max-w-66 overflow-hidden rounded-2xl border border-line";

export function Preparing() {
  return (
    <div className="space-y-4 pb-2">
      <div className={FRAME}>
        <Skeleton className="size-full rounded-none" />
      </div>
      <p className="text-center text-ink-2">{t("link.preparing")}</p>
    </div>
  );
}

export function Scan({ offer, onType }: { offer: LinkOffer; onType: () => void }) {
  const code = offer.code ?? "";
  return (
    <div className="space-y-5">
      <div>
        <div className={`${FRAME} p-1 dark:border-transparent`} style={{ background: "#fff" }}>
          <Qr code={code} />
        </div>
        <p className="mt-2.5 flex items-center justify-center gap-2 text-sm text-ink-2">
          <Ring key={code} offer={offer} />
          {t("link.refreshes")}
        </p>
      </div>
      <Steps steps={[t("link.scan1"), t("link.scan2"), t("link.scan3")]} />
      <Other icon={<Smartphone className="size-4" />} onClick={onType}>
        {t("link.withNumber")}
      </Other>
      <Honest />
    </div>
  );
}

function CopyButton({ value }: { value: string }) {
  const [copied, copy] = useCopied();
  return (
    <Button small icon={copied ? <Check className="size-4 text-ok" /> : <Copy className="size-4" />} onClick={() => void copy(value)}>
      {copied ? t("action.copied") : t("action.copy")}
    </Button>
  );
}

export function Code({ offer, onScan }: { offer: LinkOffer; onScan: () => void }) {
  const groups = groupsOf(offer.code ?? "");
  const whole = groups.join("-");
  return (
    <div className="space-y-5">
      <div className="rounded-2xl border border-line bg-hover px-4 py-5 text-center">
        <p dir="ltr" aria-label={groups.join("").replaceAll(/(?=.)(?<=.)/g, " ")} role="img" className="flex flex-wrap items-center justify-center gap-x-8 gap-y-1 font-mono text-3xl font-semibold tracking-[0.18em] sm:text-4xl">
          {groups.map((group, index) => (
            <span key={index} className="-me-[0.18em]">
              {group}
            </span>
          ))}
        </p>
        <div className="mt-4 flex flex-wrap items-center justify-center gap-3">
          <CopyButton value={whole} />
          <span className="inline-flex items-center gap-2 text-sm text-ink-2">
            <Ring key={whole} offer={offer} />
            {t("link.codeEnds")}
          </span>
        </div>
      </div>
      <Steps steps={[t("link.type1"), t("link.type2"), t("link.type3")]} />
      <Other icon={<QrCode className="size-4" />} onClick={onScan}>
        {t("link.withQr")}
      </Other>
      <Honest />
    </div>
  );
}

interface ScreenProps {
  icon: ReactNode;
  title: string;
  children?: ReactNode;
}

/** One thing at a time, in the middle. */
function Screen({ icon, title, children }: ScreenProps) {
  return (
    <div className="flex flex-col items-center gap-2 py-4 text-center">
      <span className="mb-2">{icon}</span>
      <p className="text-md font-semibold text-balance">{title}</p>
      {children}
    </div>
  );
}

const TEXT = "max-w-80 text-ink-2 text-pretty";

export function Passkey({ offer }: { offer: LinkOffer }) {
  return (
    <Screen icon={<Fingerprint className="size-14 text-accent-ink" strokeWidth={1.5} />} title={t("link.passkeyTitle")}>
      <p className={TEXT}>{t("link.passkeyText")}</p>
      <p className="mt-2 inline-flex items-center gap-2 text-sm text-ink-2">
        <Ring key={offer.expires_at} offer={offer} />
        {t("link.passkeyEnds")}
      </p>
    </Screen>
  );
}

export function Connecting({ account }: { account: Account }) {
  const again = account.state === "disconnected";
  return (
    <Screen icon={<LoaderCircle className="size-14 animate-spin text-accent-ink motion-reduce:animate-none" strokeWidth={1.5} />} title={t("link.connectingTitle")}>
      <p className={TEXT}>{again ? account.state_reason : t("link.connectingText")}</p>
    </Screen>
  );
}

interface ConnectedProps {
  account: Account;
  onClose: () => void;
  onMembers?: (() => void) | undefined;
}

export function Connected({ account, onClose, onMembers }: ConnectedProps) {
  return (
    <Screen icon={<CircleCheck className="animate-appear size-14 text-ok" strokeWidth={1.5} />} title={t("link.connectedTitle")}>
      {account.phone !== null && (
        <p dir="ltr" className="text-ink-2 tabular-nums">
          {readablePhone(account.phone)}
        </p>
      )}
      <p className={TEXT}>{t("link.connectedText")}</p>
      <div className="mt-4 flex flex-wrap justify-center gap-2">
        {onMembers && (
          <Button icon={<Users className="size-4" />} onClick={onMembers}>
            {t("link.chooseMembers")}
          </Button>
        )}
        <Button variant="primary" onClick={onClose}>
          {t("action.done")}
        </Button>
      </div>
    </Screen>
  );
}

interface FailedProps {
  account: Account;
  /** Where the request itself was refused. */
  error: unknown;
  onAgain: () => void;
  onType: () => void;
}

export function Failed({ account, error, onAgain, onType }: FailedProps) {
  return (
    <Screen icon={<CircleAlert className="size-14 text-warn" strokeWidth={1.5} />} title={t("link.failedTitle")}>
      {error ? <FormError error={error} /> : <p className={TEXT}>{account.state_reason ?? t("link.failedText")}</p>}
      <div className="mt-4 flex flex-wrap justify-center gap-2">
        <Button onClick={onType}>{t("link.withNumber")}</Button>
        <Button variant="primary" icon={<RotateCw className="size-4" />} onClick={onAgain}>
          {t("link.again")}
        </Button>
      </div>
    </Screen>
  );
}
