import { ConfigError } from '../core/errors.ts';

interface Passage {
  readonly guard: object;
  readonly principal: unknown;
  readonly earlier: Passage | undefined;
}

/** Who passed which guard, by request. It is beside the request, so that no other code can write to it. */
const passages = new WeakMap<object, Passage>();

/** Notes that a request passed a guard as this principal. */
export function notePassage(request: object, guard: object, principal: unknown): void {
  passages.set(request, { guard, principal, earlier: passages.get(request) });
}

/**
 * The principal as which a request passed a guard.
 *
 * @throws {@link ConfigError} `not_guarded` when the request did not pass this very guard.
 */
export function principalOf(request: object, guard: object): unknown {
  for (let passage = passages.get(request); passage !== undefined; passage = passage.earlier) {
    if (passage.guard === guard) return passage.principal;
  }
  throw new ConfigError(
    'not_guarded',
    'guard.of: this request has not passed this guard. Put the guard in front of the handler that asks.',
  );
}
