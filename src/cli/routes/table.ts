import type { GuardDescription } from '../../core/decision.ts';
import { table } from '../output.ts';
import { isGuarded, type FoundRoute } from './found-route.ts';

/** The routes for people, one a line; a route without any guard is marked, and so is what cannot be looked into. */
export function routeTable(routes: readonly FoundRoute[]): string {
  return table(
    ['method', 'path', 'credentials', 'addresses', 'scopes', 'workspace', 'limits'],
    routes.map((route) => [
      route.method,
      route.path,
      credentialsCell(route),
      ...['ip_allowlist', 'require_scopes', 'workspace_scope', 'rate_limit'].map((name) => cell(route, name)),
    ]),
    'no routes',
  );
}

function credentialsCell(route: FoundRoute): string {
  if (!isGuarded(route)) return route.unseen === null ? 'UNGUARDED' : `unseen: ${route.unseen}`;
  const cells = route.guards.flatMap((guard) => {
    if (guard.guard === 'open') return [`open: ${String(guard['reason'])}`];
    if (guard.guard !== 'authenticate') return [];
    const credentials = credentialsOf(guard).map(({ scheme, headers }) => scheme ?? headers.join('/'));
    return [`${[...new Set(credentials)].join(' or ')}${guard['optional'] === true ? ' (optional)' : ''}`];
  });
  const answers = route.unseen === null ? [] : [`unseen: ${route.unseen}`];
  return [...cells, ...answers].join(', ') || `by ${route.system ?? 'a guard'}`;
}

/** How a description names the credentials that `authenticate` takes. */
export interface DescribedCredential {
  readonly strategy: string;
  readonly headers: readonly string[];
  readonly scheme: string | null;
  readonly shape: string;
}

export function credentialsOf(guard: GuardDescription): readonly DescribedCredential[] {
  return (guard['credentials'] as readonly DescribedCredential[] | undefined) ?? [];
}

/** What one guard of this name demands, in a few words; `null` when the route has none. */
function cell(route: FoundRoute, name: string): string | null {
  const guard = route.guards.find((each) => each.guard === name);
  if (guard === undefined) return null;
  const { guard: _, ...details } = guard;
  const words = Object.values(details).map((detail) =>
    Array.isArray(detail) && detail.length > 3 ? `${detail.length} entries` : String(detail),
  );
  return words.join(' ') || 'yes';
}
