/**
 * Keeps the composer above the keyboard of a phone. Where the browser lays the keyboard over the page instead of making
 * the page smaller, the visual viewport tells what is left.
 */
export function followKeyboard(): void {
  const view = window.visualViewport;
  if (!view) return;
  const fit = () => {
    // While the page is zoomed by two fingers the viewport is small for another reason.
    const covered = view.scale === 1 && window.innerHeight - view.height > 1;
    if (covered) document.documentElement.style.setProperty("--app-height", `${view.height}px`);
    else document.documentElement.style.removeProperty("--app-height");
    // Safari scrolls the page to show the field, which is in sight already.
    if (covered) window.scrollTo(0, 0);
  };
  view.addEventListener("resize", fit);
}
