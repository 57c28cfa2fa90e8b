import type { ComponentProps } from "react";
import { cx } from "@/lib/cx";

/** The round button at the end of the composer. */
export function SendButton({ label, className, children, ...rest }: ComponentProps<"button"> & { label: string }) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      {...rest}
      className={cx(
        "inline-flex size-10 shrink-0 items-center justify-center rounded-full bg-accent text-on-accent transition-colors hover:bg-accent-strong disabled:opacity-50",
        className,
      )}
    >
      {children}
    </button>
  );
}
