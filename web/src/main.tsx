import "./styles.css";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { type Root, createRoot } from "react-dom/client";
import { refresh } from "@/api/client";
import { createQueryClient } from "@/api/query-client";
import { chooseLanguage, loadLanguage } from "@/i18n";
import { prefs } from "@/lib/prefs";
import { Unreachable } from "@/app/messages";
import { createAppRouter } from "@/app/router";
import { followSession } from "@/app/session";
import { followTheme } from "@/app/theme";
import { followKeyboard } from "@/app/keyboard";

const client = createQueryClient();
const router = createAppRouter();
const element = document.getElementById("root");

/** The inbox's code is fetched while the session is being found out. */
function fetchAhead(): void {
  if (/^\/(inbox|$)/.test(window.location.pathname)) void import("@/app/pages/inbox");
}

async function start(root: Root): Promise<void> {
  try {
    const session = await refresh();
    await loadLanguage(chooseLanguage(prefs().language, session?.me.user.locale));
    followSession(client, {
      loggedOut: () => void router.navigate({ to: "/login", replace: true }),
      openConversation: () => /^\/inbox\/([^/]+)/.exec(router.state.location.pathname)?.[1] ?? null,
      open: (conversationId) => void router.navigate({ to: "/inbox/$conversationId", params: { conversationId } }),
    });
    root.render(
      <StrictMode>
        <QueryClientProvider client={client}>
          <RouterProvider router={router} />
        </QueryClientProvider>
      </StrictMode>,
    );
  } catch {
    await loadLanguage(chooseLanguage(prefs().language));
    root.render(<Unreachable retry={() => void start(root)} />);
  }
}

if (element) {
  followTheme();
  followKeyboard();
  fetchAhead();
  void loadLanguage(chooseLanguage(prefs().language));
  void start(createRoot(element));
}
