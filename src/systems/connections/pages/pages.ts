import type { AuthError } from '../../../core/errors.ts';
import type { Exchange } from '../../../core/exchange.ts';
import type { Reply } from '../../../core/reply.ts';
import type { Endpoint } from '../../endpoints.ts';
import { wantsHtml } from '../../page-form.ts';
import type { ConnectionsParts } from '../parts.ts';
import { pageDesk } from './desk.ts';
import { readConnectionsPagesOptions, type ConnectionsPagesOptions } from './options.ts';
import { answerVisit } from './visit.ts';

export type { ConnectionsPagesOptions, PageUser } from './options.ts';

/** Pages for `connectionsSystem`, which opens them. */
export interface ConnectionsPages {
  open(parts: ConnectionsParts): OpenConnectionsPages;
}

/** The pages at work. */
export interface OpenConnectionsPages {
  readonly endpoints: readonly Endpoint[];
  /** Who is signed in, for the callback to compare; `null` for nobody. */
  readonly signedInUser: (exchange: Exchange) => Promise<string | null>;
  /** The page for a callback that was refused or broke; `null` where a program asks, and not a person. */
  afterCallback(exchange: Exchange, kind: string, problem: AuthError | Error): Reply | null;
}

/**
 * A page that shows a workspace's connections and lets its members connect, check and disconnect them. It is plain HTML
 * without scripts and without anything from elsewhere; its forms carry a token of the browser's cookie. Who is signed in,
 * the host says.
 *
 * @throws {@link ConfigError} `option_missing`, `option_unknown`, `option_invalid`.
 */
export function connectionsPages(options: ConnectionsPagesOptions): ConnectionsPages {
  const config = readConnectionsPagesOptions(options);
  return {
    open(parts) {
      const desk = pageDesk(parts, config);
      return {
        endpoints: (['GET', 'HEAD', 'POST'] as const).map((method) => ({
          method,
          path: config.path,
          name: 'connections_page',
          handle: (exchange, identify) => answerVisit(desk, exchange, identify),
        })),
        signedInUser: async (exchange) => (await config.signedIn(exchange))?.id ?? null,
        afterCallback: (exchange, kind, problem) =>
          wantsHtml(exchange) ? desk.problem(problem, kind) : null,
      };
    },
  };
}
