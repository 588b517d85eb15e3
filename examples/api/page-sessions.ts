import { createHash, randomBytes } from 'node:crypto';
import type { Exchange, Reply } from 'portcullis';
import type { JwtPairSystem } from 'portcullis/jwt-pair';
import type { System } from './api.ts';
import type { Host } from './host.ts';
import type { UserRow } from './users.ts';

/** Where the pages' own session begins, by POST with a Bearer token, and ends, by DELETE. */
const PAGE_SESSION_PATH = '/page-session';

/** Sessions of this host's own pages, for browsers, which send no `Authorization` with a navigation. */
export interface PageSessions extends System {
  /** Who is signed in to the pages in the browser of a request; `null` for nobody. */
  userOf(exchange: Exchange): Promise<UserRow | null>;
}

/**
 * Keeps sessions that hang on a session of the JWT pair API, and end with it. The cookie opens pages only: no route of the
 * API looks at it.
 *
 * @param url How browsers reach this host; over https the cookie is theirs alone.
 */
export function pageSessions({ store, users }: Host, jwtPair: JwtPairSystem, url: string): PageSessions {
  const isSecure = url.startsWith('https:');
  const name = isSecure ? '__Host-page-session' : 'page-session';
  const entry = jwtPair.authenticate();

  function cookie(value: string, seconds: number): Reply {
    const attributes = `Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Lax${isSecure ? '; Secure' : ''}`;
    const headers = [
      ['Set-Cookie', `${name}=${value}; ${attributes}`],
      ['Cache-Control', 'no-store'],
    ] as const;
    return { status: 204, headers, body: '' };
  }

  async function begin(exchange: Exchange): Promise<Reply> {
    const decision = await entry.enterChain(exchange);
    if (decision.kind === 'deny') {
      const { method, path } = exchange;
      return jwtPair.dialect.render(decision.error, { schemes: entry.schemes, method, path });
    }
    const { kind, id: userId, sessionId } = decision.principal;
    // A key is no person, and whoever acts as another has no pages as that one.
    if (kind !== 'user' || sessionId === undefined || decision.principal.actor !== undefined) {
      return { status: 403, headers: [['Cache-Control', 'no-store']], body: '' };
    }
    const secret = randomBytes(32).toString('base64url');
    const session: PageSession = { userId, sessionId };
    await store.put(KIND, idOf(secret), session, { expiresAt: Date.now() + LIFETIME_SECONDS * 1000 });
    return cookie(secret, LIFETIME_SECONDS);
  }

  /** The one value of the cookie: of two nobody knows which is the browser's own. */
  function secretOf(exchange: Exchange): string | null {
    const pairs = exchange.headerLines('cookie').flatMap((line) => line.split(';'));
    const values = pairs.map((pair) => pair.trim()).filter((pair) => pair.startsWith(`${name}=`));
    return values.length === 1 ? (values[0]?.slice(name.length + 1) ?? null) : null;
  }

  return {
    name: 'page sessions',
    endpoints: (['POST', 'DELETE'] as const).map((method) => ({ method, path: PAGE_SESSION_PATH })),
    prefixes: [],
    async handle(exchange, path) {
      if (path !== PAGE_SESSION_PATH) return null;
      if (exchange.method === 'POST') return begin(exchange);
      if (exchange.method !== 'DELETE') return null;
      const secret = secretOf(exchange);
      if (secret !== null) await store.delete(KIND, idOf(secret));
      return cookie('', 0);
    },
    async userOf(exchange) {
      const secret = secretOf(exchange);
      if (secret === null) return null;
      const session = (await store.get<PageSession>(KIND, idOf(secret)))?.data;
      if (session === undefined || (await jwtPair.sessions.find(session.sessionId)) === null) return null;
      const user = await users.byId(session.userId);
      return user?.active === true ? user : null;
    },
  };
}

type PageSession = { readonly userId: string; readonly sessionId: string };

const KIND = 'example_page_session';
const LIFETIME_SECONDS = 43_200;

/** What is read in the store opens nothing. */
function idOf(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url');
}
