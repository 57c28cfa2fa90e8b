import { ChevronRight, Plug, QrCode } from "lucide-react";
import { type ReactNode, Suspense, lazy, useState } from "react";
import type { Account } from "@/api/types";
import { useAccount } from "@/directory/api";
import { t, withWords } from "@/i18n";
import { Dialog } from "@/ui/dialog";
import { Skeleton } from "@/ui/states";

const CloudNumber = lazy(() => import("./cloud-number"));
const NewLink = lazy(withWords("linking", () => import("./new-link")));
const LinkDialog = lazy(withWords("linking", () => import("./link-dialog")));

interface AddNumberProps {
  onClose: () => void;
  onMembers: (account: Account) => void;
}

type Way = "cloud" | "linked";

/** First which way: Meta's own interface, or a phone that is linked like WhatsApp Web. */
export function AddNumber({ onClose, onMembers }: AddNumberProps) {
  const [way, setWay] = useState<Way | null>(null);
  const [linked, setLinked] = useState<string | null>(null);
  const account = useAccount(linked ?? "");
  if (account) {
    return (
      <Suspense>
        <LinkDialog account={account} onClose={onClose} onMembers={() => onMembers(account)} />
      </Suspense>
    );
  }
  const title = way === null ? t("accounts.add") : t(way === "cloud" ? "addNumber.title" : "addNumber.linkedTitle");
  return (
    <Dialog title={title} onClose={onClose} wide={way === "cloud"}>
      <Suspense fallback={<Skeleton className="h-48" />}>
        {way === null && <Ways onChoose={setWay} />}
        {way === "cloud" && <CloudNumber onClose={onClose} />}
        {way === "linked" && <NewLink onBack={() => setWay(null)} onDone={(created) => setLinked(created.id)} />}
      </Suspense>
    </Dialog>
  );
}

function Ways({ onChoose }: { onChoose: (way: Way) => void }) {
  return (
    <div className="space-y-3">
      <WayButton icon={<QrCode className="size-6" />} title={t("addNumber.linked")} text={t("addNumber.linkedText")} onClick={() => onChoose("linked")} />
      <WayButton icon={<Plug className="size-6" />} title={t("addNumber.cloud")} text={t("addNumber.cloudText")} onClick={() => onChoose("cloud")} />
    </div>
  );
}

interface WayButtonProps {
  icon: ReactNode;
  title: string;
  text: string;
  onClick: () => void;
}

function WayButton({ icon, title, text, onClick }: WayButtonProps) {
  return (
    <button
      type="button"
      onClick={onClick}
      className="group flex w-full items-center gap-4 rounded-2xl border border-line p-4 text-start transition-colors hover:border-accent hover:bg-hover"
    >
      <span className="flex size-12 shrink-0 items-center justify-center rounded-xl bg-accent-soft text-accent-ink">{icon}</span>
      <span className="min-w-0 grow">
        <span className="block font-semibold">{title}</span>
        <span className="mt-0.5 block text-sm text-ink-2 text-pretty">{text}</span>
      </span>
      <ChevronRight className="size-5 shrink-0 text-ink-3 group-hover:text-ink rtl:-scale-x-100" aria-hidden="true" />
    </button>
  );
}
