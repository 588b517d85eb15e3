import type { Answer, Params, Route } from './api.ts';

export function ok(body: unknown): Answer {
  return { status: 200, body };
}

/**
 * Whether a request is for a route, where the framework has no router of its own. HEAD is answered like GET (RFC 9110
 * section 9.3.2), and a slash at the end changes nothing.
 *
 * @param target The request target, with or without its query.
 * @returns What stands at the colons of the route's path; `null` when the request is for something else.
 */
export function matchRoute(
  { path }: Route,
  method: string | undefined,
  target: string | undefined,
): Params | null {
  if (method !== 'GET' && method !== 'HEAD') return null;
  const asked = (target?.split('?', 1)[0] ?? '').replace(/(?<=.)\/$/, '').split('/');
  const segments = path.split('/');
  if (asked.length !== segments.length) return null;
  const params: Record<string, string> = {};
  for (const [index, segment] of segments.entries()) {
    const value = asked[index] as string;
    if (!segment.startsWith(':')) {
      if (segment !== value) return null;
    } else if (value === '') return null;
    else params[segment.slice(1)] = value;
  }
  return params;
}
