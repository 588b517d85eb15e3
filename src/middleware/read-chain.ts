import type { EntryGuard, Guard } from '../core/decision.ts';
import { ConfigError } from '../core/errors.ts';
import type { Principal } from '../core/principal.ts';

type AnyPrincipal = Principal | null;

/** A chain whose order is right. */
export interface GuardChain {
  readonly entry: EntryGuard<AnyPrincipal>;
  readonly guards: readonly Guard<AnyPrincipal>[];
  /** What stood after the guards: the options, not looked at yet. */
  readonly options: unknown;
}

/**
 * Reads the arguments of `guard`: an entry (`authenticate` or `open`), then guards that narrow, then perhaps options.
 *
 * @throws {@link ConfigError} `chain_unguarded` when nothing establishes who the request is, `chain_invalid` when the
 *   order or an argument is wrong.
 */
export function readChain(args: readonly unknown[]): GuardChain {
  const last = args.at(-1);
  const hasOptions = args.length > 0 && isObject(last) && !isEntry(last) && !isGuard(last);
  const [entry, ...guards] = hasOptions ? args.slice(0, -1) : args;
  if (!isEntry(entry)) {
    throw new ConfigError(
      'chain_unguarded',
      'guard: a chain begins with authenticate(…), which says who the request is. ' +
        'For a route that is public on purpose, begin it with open("why it is public").',
    );
  }
  for (const [index, step] of guards.entries()) {
    if (isGuard(step) && !isEntry(step)) continue;
    const position = `argument ${index + 2}`;
    throw new ConfigError(
      'chain_invalid',
      isEntry(step)
        ? `guard: ${position} is a second "${step.name}". Give all strategies to one authenticate(…), and use either it or open(…).`
        : `guard: ${position} is not a guard. Give guards such as ipAllowlist(…) or requireScopes(…), and options last.`,
    );
  }
  return { entry, guards: guards as Guard<AnyPrincipal>[], options: hasOptions ? last : {} };
}

function isEntry(value: unknown): value is EntryGuard<AnyPrincipal> {
  return isObject(value) && typeof (value as Partial<EntryGuard<AnyPrincipal>>).enterChain === 'function';
}

function isGuard(value: unknown): value is Guard<AnyPrincipal> {
  return isObject(value) && typeof (value as Partial<Guard<AnyPrincipal>>).decide === 'function';
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
