import { Link } from "@tanstack/react-router";
import { Compass, Lock, PlugZap } from "lucide-react";
import type { ReactNode } from "react";
import { t } from "@/i18n";
import { Button } from "@/ui/button";
import { Empty } from "@/ui/states";

function Whole({ children }: { children: ReactNode }) {
  return <div className="flex h-full min-h-80">{children}</div>;
}

function ToInbox() {
  return (
  <Link to="/inbox" className="inline-flex h-10 items-center rounded-[10px] bg-accent px-4 font-medium text-on-accent hover:bg-accent-strong">
    {t("notFound.toInbox")}
  </Link>
  );
}

export function NotFound() {
  return (
    <Whole>
      <Empty icon={<Compass className="size-6" />} title={t("notFound.title")} action={<ToInbox />}>
        {t("notFound.text")}
      </Empty>
    </Whole>
  );
}

export function Forbidden() {
  return (
    <Whole>
      <Empty icon={<Lock className="size-6" />} title={t("forbidden.title")} action={<ToInbox />}>
        {t("forbidden.text")}
      </Empty>
    </Whole>
  );
}

export function Unreachable({ retry }: { retry: () => void }) {
  return (
    <Whole>
      <Empty
        icon={<PlugZap className="size-6" />}
        title={t("unreachable.title")}
        action={
          <Button variant="primary" onClick={retry}>
            {t("action.tryAgain")}
          </Button>
        }
      >
        {t("unreachable.text")}
      </Empty>
    </Whole>
  );
}
