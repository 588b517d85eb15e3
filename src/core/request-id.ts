import { randomUUID } from 'node:crypto';
import type { Exchange } from './exchange.ts';

/**
 * Names a request for its events: the id that the host's own log uses. It is only asked when somebody listens. Text of 1
 * to 200 printable ASCII characters without blanks is taken; for anything else an id is made up.
 */
export type RequestNamer = (exchange: Exchange) => string | null | undefined;

/** The id of each request, so that whatever is decided about it is told under the same one. */
const ids = new WeakMap<object, string>();

/** The id of a request: what the host calls it, or one that is made up when it is first asked for. */
export function requestIdOf(exchange: Exchange, namer: RequestNamer | undefined): string {
  const { native } = exchange;
  const request = typeof native === 'object' && native !== null ? native : exchange;
  const known = ids.get(request);
  if (known !== undefined) return known;
  const id = nameOf(exchange, namer) ?? randomUUID();
  ids.set(request, id);
  return id;
}

/** A name may come from a header, and a namer that fails is no reason to answer another way. */
function nameOf(exchange: Exchange, namer: RequestNamer | undefined): string | null {
  try {
    const name: unknown = namer?.(exchange);
    return typeof name === 'string' && NAME.test(name) ? name : null;
  } catch {
    return null;
  }
}

const NAME = /^[\x21-\x7e]{1,200}$/;
