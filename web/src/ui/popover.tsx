import { type ComponentProps, type ReactElement, type ReactNode, cloneElement, useEffect, useId, useState } from "react";
import { cx } from "@/lib/cx";
import { placeBy } from "./place";

interface PopoverProps {
  label: string;
  /** A button; the panel ties itself to it. */
  trigger: ReactElement<ComponentProps<"button">>;
  /** Drawn only while it is open. */
  children: (close: () => void) => ReactNode;
  align?: "start" | "end";
  className?: string;
}

/** A small panel beside a button: the browser's popover brings the top layer, Escape and closing by a click elsewhere. */
export function Popover({ label, trigger, children, align = "end", className }: PopoverProps) {
  const id = useId();
  const [open, setOpen] = useState(false);
  const button = () => document.querySelector<HTMLElement>(`[popovertarget="${CSS.escape(id)}"]`);
  useEffect(() => {
    const element = document.getElementById(id);
    if (!open || !element) return;
    // Its content may come late and grow, and then it belongs elsewhere.
    const observer = new ResizeObserver(() => placeBy(button(), element, align));
    observer.observe(element);
    return () => observer.disconnect();
  });
  const close = () => {
    document.getElementById(id)?.hidePopover();
    button()?.focus();
  };
  return (
    <>
      {cloneElement(trigger, { popoverTarget: id, "aria-haspopup": "dialog", "aria-expanded": open })}
      <div
        id={id}
        role="dialog"
        aria-label={label}
        popover="auto"
        onToggle={(event) => setOpen(event.newState === "open")}
        className={cx("animate-appear fixed inset-auto m-0 rounded-2xl border border-line bg-surface p-2 text-ink shadow-raised outline-none", className)}
      >
        {open && children(close)}
      </div>
    </>
  );
}
