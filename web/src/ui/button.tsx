import type { ComponentProps, ReactNode } from "react";
import { cx } from "@/lib/cx";

type Variant = "primary" | "secondary" | "ghost" | "danger";

const VARIANT: Record<Variant, string> = {
  primary: "bg-accent text-on-accent hover:bg-accent-strong",
  secondary: "border border-line bg-surface text-ink hover:bg-hover active:bg-pressed",
  ghost: "text-ink-2 hover:bg-hover hover:text-ink active:bg-pressed",
  danger: "border border-line bg-surface text-danger hover:bg-danger-soft",
};

export interface ButtonProps extends ComponentProps<"button"> {
  variant?: Variant;
  small?: boolean;
  busy?: boolean;
  icon?: ReactNode;
}

export function Button({ variant = "secondary", small, busy, icon, className, children, disabled, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      disabled={disabled === true || busy === true}
      aria-busy={busy}
      className={cx(
        "inline-flex shrink-0 items-center justify-center gap-2 rounded-[10px] font-medium whitespace-nowrap",
        "transition-colors disabled:opacity-55",
        small ? "h-8 px-3 text-sm" : "h-10 px-4",
        VARIANT[variant],
        className,
      )}
    >
      {icon}
      {children}
    </button>
  );
}

export interface IconButtonProps extends ComponentProps<"button"> {
  /** Read out and shown on hover. */
  label: string;
  pressed?: boolean;
}

export function IconButton({ label, pressed, className, children, ...rest }: IconButtonProps) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      aria-pressed={pressed}
      {...rest}
      className={cx(
        "inline-flex size-9 shrink-0 items-center justify-center rounded-[10px] transition-colors",
        "hover:bg-hover active:bg-pressed disabled:opacity-50",
        pressed ? "bg-accent-soft text-accent-ink" : "text-ink-2 hover:text-ink",
        className,
      )}
    >
      {children}
    </button>
  );
}
