/** Where a menu or a panel that opens from a button belongs. */

const GAP = 6;
const MARGIN = 8;

/** Below the button when there is room, else above it, and never outside the window. */
export function placeBy(button: HTMLElement | null, panel: HTMLElement | null, align: "start" | "end"): void {
  if (!button || !panel) return;
  const anchor = button.getBoundingClientRect();
  const { width, height } = panel.getBoundingClientRect();
  const leftToRight = document.documentElement.dir !== "rtl";
  const alignLeft = (align === "start") === leftToRight;
  const left = alignLeft ? anchor.left : anchor.right - width;
  const below = anchor.bottom + GAP + height <= window.innerHeight - MARGIN;
  const top = below ? anchor.bottom + GAP : anchor.top - GAP - height;
  panel.style.left = `${Math.max(MARGIN, Math.min(left, window.innerWidth - width - MARGIN))}px`;
  panel.style.top = `${Math.max(MARGIN, top)}px`;
}
