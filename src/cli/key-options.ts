import type { ApiKeyChanges, ApiKeyRateLimit } from '../services/api-keys.ts';
import { durationSeconds, listOption, momentOf, optionalOption } from './arguments.ts';
import type { Call } from './command.ts';
import { UsageError } from './usage-error.ts';

/** What of a key can be given at its creation and changed later. */
export const KEY_OPTIONS = {
  name: { type: 'string' },
  label: { type: 'string' },
  scope: { type: 'string', multiple: true },
  network: { type: 'string', multiple: true },
  expires: { type: 'string' },
  rate: { type: 'string' },
} as const;

/** How {@link KEY_OPTIONS} are written, but for the name. */
export const KEY_USAGE =
  '[--label TEXT] [--scope SCOPE ...] [--network CIDR ...] [--expires MOMENT] [--rate N/LENGTH]';

/** Who does it, for the event. */
export function authorOf(call: Call): { readonly author: string } {
  return { author: optionalOption(call, 'author') ?? 'portcullis keys' };
}

/** The options that were given. `never`, `any` and `none` take away an expiry, the networks, the scopes or the limit. */
export function keyChanges(call: Call): ApiKeyChanges {
  const { values } = call;
  const label = values['label'];
  const expires = optionalOption(call, 'expires');
  const rate = optionalOption(call, 'rate');
  const changes = {
    name: optionalOption(call, 'name'),
    // An empty text takes the label away.
    label: label === '' ? null : optionalOption(call, 'label'),
    scopes: withWord(listOption(call, 'scope'), 'scope', 'none', []),
    networks: withWord(listOption(call, 'network'), 'network', 'any', null),
    expiresAt:
      expires === undefined || expires === 'never'
        ? expires && null
        : momentOf(expires, 'expires', Date.now()),
    rateLimit: rate === undefined || rate === 'none' ? rate && null : rateOf(rate),
  };
  return Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
}

/** A number of requests and the length of their window, as in `100/1m`. */
function rateOf(text: string): ApiKeyRateLimit {
  const [, limit, window] = /^(\d{1,9})\/(\d{1,6}[smhd])$/.exec(text) ?? [];
  if (limit === undefined || window === undefined) {
    throw new UsageError('--rate must be a number of requests and the length of a window, such as 100/1m');
  }
  return { limit: Number(limit), windowSeconds: durationSeconds(window, 'rate') };
}

/** A rate for people. */
export function rateText(rate: ApiKeyRateLimit | null): string | null {
  return rate === null ? null : `${rate.limit}/${rate.windowSeconds}s`;
}

/** A word that stands for no list must stand alone: beside others it would be unclear what is meant. */
function withWord<T>(
  list: readonly string[] | undefined,
  option: string,
  word: string,
  meaning: T,
): readonly string[] | T | undefined {
  if (list?.includes(word) !== true) return list;
  if (list.length > 1) throw new UsageError(`--${option} ${word} stands alone`);
  return meaning;
}
