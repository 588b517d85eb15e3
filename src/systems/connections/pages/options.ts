import { withDeadline } from '../../../core/deadline.ts';
import type { Exchange } from '../../../core/exchange.ts';
import type { MaybePromise } from '../../../core/maybe-promise.ts';
import {
  callback,
  integer,
  optional,
  parseOptions,
  text,
  wrong,
  type Reader,
} from '../../../core/options.ts';
import { pageLookShape, type PageLook } from '../../page.ts';

/** Who looks at the page. */
export interface PageUser {
  readonly id: string;
  /** What the person is called on the page, such as an e-mail address; the id by default. */
  readonly label?: string | undefined;
  /** The workspace that the person belongs to at this moment; `null` for none. */
  readonly workspace: string | null;
  /** What the workspace is called on the page; the id by default. */
  readonly workspaceLabel?: string | undefined;
}

export interface ConnectionsPagesOptions extends PageLook {
  /**
   * Who is signed in to the host in the browser of a request, by the host's own session; `null` for nobody. It is asked at
   * each request.
   */
  readonly signedIn: (exchange: Exchange) => MaybePromise<PageUser | null>;
  /** Where whoever is not signed in is sent, as in `/login?next=/connections`. */
  readonly signInUrl: string;
  /** Where the page is; default `/connections`. */
  readonly path?: string | undefined;
  /** What a user is called who connected an account; their id by default. */
  readonly userLabel?: ((userId: string) => MaybePromise<string | null>) | undefined;
  /** How long these callbacks may take before the answer is 503; default 5,000. */
  readonly deadlineMs?: number | undefined;
}

/** The options with every default in place. */
export interface ConnectionsPagesConfig {
  readonly name: string | undefined;
  readonly accentColor: string;
  readonly logo: string | undefined;
  readonly signInUrl: string;
  readonly path: string;
  readonly signedIn: (exchange: Exchange) => Promise<PageUser | null>;
  readonly userLabel: (userId: string) => Promise<string>;
}

/** @throws {@link ConfigError} `option_missing`, `option_unknown`, `option_invalid`. */
export function readConnectionsPagesOptions(options: ConnectionsPagesOptions): ConnectionsPagesConfig {
  const { signedIn, userLabel, deadlineMs, ...look } = parseOptions(OWNER, options, {
    ...pageLookShape,
    signedIn: callback<ConnectionsPagesOptions['signedIn']>(),
    signInUrl: text,
    path: optional(pagePath, '/connections'),
    userLabel: optional(callback<NonNullable<ConnectionsPagesOptions['userLabel']>>()),
    deadlineMs: optional(integer(1, 600_000), 5_000),
  });
  return {
    ...look,
    async signedIn(exchange) {
      return readUser(await withDeadline(signedIn(exchange), deadlineMs, `${OWNER}.signedIn`));
    },
    async userLabel(userId) {
      const label: unknown = await withDeadline(userLabel?.(userId), deadlineMs, `${OWNER}.userLabel`);
      return typeof label === 'string' && label !== '' ? label : userId;
    },
  };
}

const OWNER = 'connectionsPages';

const pagePath: Reader<string> = (value, path) => {
  if (typeof value === 'string' && /^(?:\/[\w.-]+)+$/.test(value)) return value;
  throw wrong(path, 'a path that begins with a slash and ends without one, such as "/connections"', value);
};

/** Something that names nobody must not become anybody. */
function readUser(user: unknown): PageUser | null {
  if (user === null || user === undefined) return null;
  const { id, workspace } = user as Partial<PageUser>;
  const isWorkspace = workspace === null || (typeof workspace === 'string' && workspace !== '');
  if (typeof id === 'string' && id !== '' && isWorkspace) return user as PageUser;
  throw new TypeError(`${OWNER}.signedIn must return a user with id and workspace, or null.`);
}
