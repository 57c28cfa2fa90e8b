import { CircleAlert } from "lucide-react";
import { Component, type ReactNode } from "react";
import { t } from "@/i18n";
import { Button } from "@/ui/button";

interface State {
  error: unknown;
}

/** A fault in one part leaves the rest of the app standing. */
export class Crash extends Component<{ children: ReactNode }, State> {
  override state: State = { error: null };

  static getDerivedStateFromError(error: unknown): State {
    return { error };
  }

  override render(): ReactNode {
    if (this.state.error === null) return this.props.children;
    return <CrashPage reset={() => this.setState({ error: null })} />;
  }
}

export function CrashPage({ reset }: { reset: () => void }) {
  return (
    <div role="alert" className="flex h-full flex-col items-center justify-center gap-2 p-8 text-center">
      <CircleAlert className="mb-2 size-10 text-danger" />
      <h1 className="text-lg font-semibold">{t("crash.title")}</h1>
      <p className="max-w-sm text-ink-3">{t("crash.text")}</p>
      <div className="mt-4 flex gap-2">
        <Button onClick={reset}>{t("action.tryAgain")}</Button>
        <Button variant="primary" onClick={() => window.location.reload()}>
          {t("action.reload")}
        </Button>
      </div>
    </div>
  );
}
