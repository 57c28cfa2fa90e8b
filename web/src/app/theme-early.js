// Runs before the first paint, as a classic script: puts the chosen theme and the language's direction on <html>.
// Keep in step with lib/prefs.ts, which owns the stored preferences.
(function () {
  var root = document.documentElement;
  var prefs = {};
  try {
    prefs = JSON.parse(localStorage.getItem("hoopoe.prefs") || "{}");
  } catch {
    // Storage can be forbidden; the system's theme is a fine default.
  }
  var dark = prefs.theme === "dark" || (prefs.theme !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  root.dataset.theme = dark ? "dark" : "light";
})();
