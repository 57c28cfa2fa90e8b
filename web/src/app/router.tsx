import {
  type RouterHistory,
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
} from "@tanstack/react-router";
import { session } from "@/api/client";
import type { Role } from "@/api/types";
import { hasRole } from "@/directory/api";
import { parseInboxSearch } from "@/features/inbox/filters";
import { withWords } from "@/i18n";
import { CrashPage } from "./crash";
import { Forbidden, NotFound } from "./messages";
import { greeted } from "./session";
import { Root, Shell } from "./shell";

const root = createRootRoute({
  component: Root,
  notFoundComponent: NotFound,
  errorComponent: ({ reset }) => <CrashPage reset={reset} />,
});

/** Where to go after the login: only a path of this app, never another site. */
function parseNext(raw: Record<string, unknown>): { next?: string } {
  return typeof raw.next === "string" && /^\/(?!\/)/.test(raw.next) ? { next: raw.next } : {};
}

const login = createRoute({
  getParentRoute: () => root,
  path: "/login",
  validateSearch: parseNext,
  beforeLoad: () => {
    // A one-time link may be for somebody else than who is logged in, so it is always used.
    if (session() && !window.location.hash.startsWith("#link=")) throw redirect({ to: "/inbox" });
  },
  component: lazyRouteComponent(() => import("./pages/login")),
});
const setup = createRoute({ getParentRoute: () => root, path: "/setup", component: lazyRouteComponent(() => import("./pages/setup")) });

const home = createRoute({
  getParentRoute: () => root,
  path: "/",
  beforeLoad: () => {
    throw redirect({ to: "/inbox" });
  },
});

const app = createRoute({
  getParentRoute: () => root,
  id: "app",
  component: Shell,
  beforeLoad: async ({ location }) => {
    if (!session()) throw redirect({ to: "/login", search: { next: location.href } });
    await greeted();
  },
});

/** A page that a role may not open explains itself instead of pretending not to exist. */
function forRole(least: Role, page: ReturnType<typeof lazyRouteComponent>) {
  const Page = page;
  return function Guarded() {
    const me = session()?.me;
    return me && hasRole(me, least) ? <Page /> : <Forbidden />;
  };
}

const inbox = createRoute({
  getParentRoute: () => app,
  path: "/inbox",
  validateSearch: parseInboxSearch,
  component: lazyRouteComponent(() => import("./pages/inbox")),
});
const conversation = createRoute({ getParentRoute: () => inbox, path: "$conversationId" });

const contacts = createRoute({
  getParentRoute: () => app,
  path: "/contacts",
  validateSearch: (raw: Record<string, unknown>): { q?: string } => (typeof raw.q === "string" && raw.q !== "" ? { q: raw.q } : {}),
  component: lazyRouteComponent(() => import("./pages/contacts")),
});
const duplicates = createRoute({
  getParentRoute: () => app,
  path: "/contacts/duplicates",
  component: lazyRouteComponent(() => import("@/features/contacts/duplicates-page"), "DuplicatesPage"),
});
const contact = createRoute({
  getParentRoute: () => app,
  path: "/contacts/$contactId",
  component: lazyRouteComponent(() => import("./pages/contact")),
});
const accounts = createRoute({
  getParentRoute: () => app,
  path: "/accounts",
  component: forRole(
    "manager",
    lazyRouteComponent(withWords("pages", () => import("@/features/accounts/accounts-page")), "AccountsPage"),
  ),
});
const deadLetters = createRoute({
  getParentRoute: () => app,
  path: "/accounts/dead-letters",
  component: forRole(
    "manager",
    lazyRouteComponent(withWords("pages", () => import("@/features/accounts/dead-letters-page")), "DeadLettersPage"),
  ),
});
const accountTemplates = createRoute({
  getParentRoute: () => app,
  path: "/accounts/$accountId/templates",
  component: forRole("manager", lazyRouteComponent(withWords("sending", withWords("templates", () => import("./pages/account-templates"))))),
});
const settings = createRoute({
  getParentRoute: () => app,
  path: "/settings",
  component: lazyRouteComponent(withWords("pages", () => import("./pages/settings"))),
});

const webhooks = createRoute({
  getParentRoute: () => app,
  path: "/settings/webhooks",
  component: forRole("admin", lazyRouteComponent(withWords("webhooks", () => import("@/features/webhooks/webhooks-page")), "WebhooksPage")),
});
const webhookLog = createRoute({
  getParentRoute: () => app,
  path: "/settings/webhooks/$webhookId",
  component: forRole("admin", lazyRouteComponent(withWords("webhooks", () => import("./pages/webhook-log")))),
});

const tree = root.addChildren([
  home,
  login,
  setup,
  app.addChildren([inbox.addChildren([conversation]), contacts, duplicates, contact, accounts, deadLetters, accountTemplates, settings, webhooks, webhookLog]),
]);

export function createAppRouter(history?: RouterHistory) {
  return createRouter({ routeTree: tree, ...(history ? { history } : {}), defaultPreload: "intent", scrollRestoration: false });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof createAppRouter>;
  }
}
