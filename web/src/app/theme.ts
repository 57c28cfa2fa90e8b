/** Keeps <html> in step with the chosen theme while the app runs; theme-early.js did it before the first paint. */
import { prefs, subscribePrefs } from "@/lib/prefs";

export function followTheme(): void {
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  const apply = () => {
    const { theme } = prefs();
    const dark = theme === "dark" || (theme === "system" && system.matches);
    document.documentElement.dataset.theme = dark ? "dark" : "light";
  };
  apply();
  subscribePrefs(apply);
  system.addEventListener("change", apply);
}
