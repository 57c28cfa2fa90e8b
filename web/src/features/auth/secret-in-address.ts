let taken: Record<string, string> = {};

/**
 * One-time tokens come in the address's fragment, which browsers never send to a server. It is taken out of the address
 * at once, so that it does not stay in the history or in a shared screen.
 */
export function takeSecret(name: string): string | null {
  const found = new URLSearchParams(window.location.hash.slice(1)).get(name);
  if (found !== null) {
    taken = { ...taken, [name]: found };
    window.history.replaceState(window.history.state, "", window.location.pathname + window.location.search);
  }
  return taken[name] ?? null;
}
