import { Check, Copy } from "lucide-react";
import { useId, useState } from "react";
import { t } from "@/i18n";
import { IconButton } from "./button";

/** Whether something was copied just now, and what copies it. */
export function useCopied(): [boolean, (value: string) => Promise<void>] {
  const [copied, setCopied] = useState(false);
  const copy = async (value: string) => {
    await navigator.clipboard.writeText(value);
    setCopied(true);
    setTimeout(() => setCopied(false), 2_000);
  };
  return [copied, copy];
}

/** A value made to be pasted elsewhere. */
export function CopyField({ label, value }: { label: string; value: string }) {
  const id = useId();
  const [copied, copy] = useCopied();
  return (
    <div className="space-y-1.5">
      <label htmlFor={id} className="block text-sm font-medium text-ink-2">
        {label}
      </label>
      <div className="flex items-center gap-1 rounded-[10px] border border-line bg-hover pe-1">
        <input
          id={id}
          readOnly
          dir="ltr"
          value={value}
          onFocus={(event) => event.target.select()}
          className="min-w-0 grow rounded-[10px] bg-transparent px-3 py-2 font-mono text-sm"
        />
        <IconButton label={copied ? t("action.copied") : t("action.copy")} className="size-8" onClick={() => void copy(value)}>
          {copied ? <Check className="size-4 text-ok" /> : <Copy className="size-4" />}
        </IconButton>
      </div>
    </div>
  );
}
