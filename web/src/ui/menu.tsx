import { Check } from "lucide-react";
import { type ComponentProps, type KeyboardEvent, type ReactElement, type ReactNode, cloneElement, useId, useState } from "react";
import { cx } from "@/lib/cx";
import { placeBy } from "./place";

interface MenuProps {
  /** A button; the menu ties itself to it. */
  trigger: ReactElement<ComponentProps<"button">>;
  children: ReactNode;
  align?: "start" | "end";
}

/**
 * A menu button after the ARIA pattern. The browser's popover brings the top layer, Escape and closing by a click
 * elsewhere; what is left for us is the place, the arrows and the first letters.
 */
export function Menu({ trigger, children, align = "end" }: MenuProps) {
  const id = useId();
  const [open, setOpen] = useState(false);
  const onToggle = (now: boolean) => {
    setOpen(now);
    if (now) requestAnimationFrame(() => openAt(id, align));
  };
  const close = () => {
    document.getElementById(id)?.hidePopover();
    buttonOf(id)?.focus();
  };
  return (
    <>
      {cloneElement(trigger, {
        popoverTarget: id,
        "aria-haspopup": "menu",
        "aria-expanded": open,
        onKeyDown: (event: KeyboardEvent) => {
          if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
          event.preventDefault();
          document.getElementById(id)?.showPopover();
        },
      })}
      <div
        id={id}
        role="menu"
        tabIndex={-1}
        popover="auto"
        aria-label={trigger.props["aria-label"] ?? trigger.props.title}
        onToggle={(event) => onToggle(event.newState === "open")}
        onKeyDown={(event) => onMenuKey(event, close)}
        onClick={(event) => {
          if ((event.target as Element).closest("[role^=menuitem]")) close();
        }}
        className="animate-appear fixed inset-auto m-0 max-h-[min(24rem,calc(100dvh-2rem))] min-w-52 overflow-y-auto rounded-xl border border-line bg-surface p-1 text-ink shadow-raised outline-none"
      >
        {open && children}
      </div>
    </>
  );
}

function buttonOf(menuId: string): HTMLElement | null {
  return document.querySelector(`[popovertarget="${CSS.escape(menuId)}"]`);
}

function itemsOf(list: Element): HTMLElement[] {
  return [...list.querySelectorAll<HTMLElement>("[role^=menuitem]:not([aria-disabled=true])")];
}

function openAt(id: string, align: "start" | "end"): void {
  const list = document.getElementById(id);
  placeBy(buttonOf(id), list, align);
  if (list) itemsOf(list)[0]?.focus();
}

function onMenuKey(event: KeyboardEvent<HTMLElement>, close: () => void): void {
  const items = itemsOf(event.currentTarget);
  const at = items.indexOf(document.activeElement as HTMLElement);
  const target = targetOf(event.key, items, at);
  if (target) {
    event.preventDefault();
    target.focus();
  } else if (event.key === "Tab") {
    close();
  }
}

function targetOf(key: string, items: HTMLElement[], at: number): HTMLElement | undefined {
  if (key === "ArrowDown") return items[(at + 1) % items.length];
  if (key === "ArrowUp") return items.at(at <= 0 ? -1 : at - 1);
  if (key === "Home") return items[0];
  if (key === "End") return items.at(-1);
  if (key.length !== 1 || key === " ") return undefined;
  const letter = key.toLocaleLowerCase();
  const after = [...items.slice(at + 1), ...items.slice(0, at + 1)];
  return after.find((item) => item.textContent.trim().toLocaleLowerCase().startsWith(letter));
}

interface MenuItemProps {
  icon?: ReactNode;
  onSelect: () => void;
  children: ReactNode;
}

const ITEM =
  "flex w-full cursor-default items-center gap-3 rounded-lg px-3 py-2 text-start outline-none select-none hover:bg-hover focus:bg-hover";

export function MenuItem({ icon, onSelect, children }: MenuItemProps) {
  return (
    <button type="button" role="menuitem" tabIndex={-1} onClick={onSelect} className={ITEM}>
      {icon}
      <span className="min-w-0 grow truncate">{children}</span>
    </button>
  );
}

export function MenuChoice({ checked, onSelect, icon, children }: MenuItemProps & { checked: boolean }) {
  return (
    <button type="button" role="menuitemcheckbox" aria-checked={checked} tabIndex={-1} onClick={onSelect} className={ITEM}>
      {icon}
      <span className="min-w-0 grow truncate">{children}</span>
      <Check className={cx("size-4 shrink-0 text-accent", !checked && "invisible")} />
    </button>
  );
}

export function MenuLabel({ children }: { children: ReactNode }) {
  return (
    <p role="presentation" className="px-3 pt-2 pb-1 text-xs font-medium text-ink-3">
      {children}
    </p>
  );
}

export function MenuSeparator() {
  return <hr className="my-1 border-line" />;
}
