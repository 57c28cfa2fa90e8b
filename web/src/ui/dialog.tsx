import { X } from "lucide-react";
import { type ReactNode, useEffect, useId, useRef } from "react";
import { t } from "@/i18n";
import { cx } from "@/lib/cx";
import { IconButton } from "./button";

interface DialogProps {
  title: string;
  onClose: () => void;
  children: ReactNode;
  /** Buttons at the end. */
  footer?: ReactNode;
  /** "full": a form beside its preview; on a phone it takes the whole screen. */
  wide?: boolean | "full";
}

/**
 * The browser's own modal dialog: it keeps the focus inside, closes on Escape and gives the focus back, without code of
 * ours. Render it only while it is open.
 */
export function Dialog({ title, onClose, children, footer, wide }: DialogProps) {
  const titleId = useId();
  return (
    <ModalShell
      labelledBy={titleId}
      onClose={onClose}
      className={cx(
        "m-auto flex-col border-line bg-surface text-ink shadow-raised open:flex",
        wide === "full"
          ? "h-dvh max-h-none w-screen max-w-none sm:h-auto sm:max-h-[min(92dvh,60rem)] sm:w-[calc(100vw-2rem)] sm:max-w-5xl sm:rounded-2xl sm:border"
          : "max-h-[min(90dvh,52rem)] w-[calc(100vw-2rem)] rounded-2xl border",
        wide === true ? "max-w-2xl" : wide !== "full" && "max-w-md",
      )}
    >
      <h2 id={titleId} className="ps-6 pe-16 pt-5 pb-2 text-lg font-semibold">
        {title}
      </h2>
      <div className="min-h-0 grow overflow-y-auto px-6 pt-2 pb-6">{children}</div>
      {footer && <footer className="flex flex-wrap justify-end gap-2 border-t border-line px-6 py-4">{footer}</footer>}
      {/* Last in order, so that the dialog opens with the focus on what it is about. */}
      <IconButton label={t("action.close")} className="absolute end-4 top-4" onClick={onClose}>
        <X className="size-5" />
      </IconButton>
    </ModalShell>
  );
}

interface ModalShellProps {
  label?: string;
  labelledBy?: string;
  className: string;
  onClose: () => void;
  children: ReactNode;
}

export function ModalShell({ label, labelledBy, className, onClose, children }: ModalShellProps) {
  const ref = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const dialog = ref.current;
    if (dialog && !dialog.open) dialog.showModal();
    return () => dialog?.close();
  }, []);
  return (
    // A click on the backdrop reports the dialog itself as its target; the keyboard's way out is Escape.
    // eslint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/no-noninteractive-element-interactions
    <dialog
      ref={ref}
      aria-label={label}
      aria-labelledby={labelledBy}
      className={className}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => {
        if (event.target === ref.current) onClose();
      }}
    >
      {children}
    </dialog>
  );
}
