import { optionalOption, wholeNumber } from './arguments.ts';
import type { Call } from './command.ts';

/** The options of a command that lists a page at a time. */
export const PAGE_OPTIONS = { after: { type: 'string' }, limit: { type: 'string' } } as const;

/** Which page is asked for; `undefined` leaves the choice to whoever lists. */
export function pageAsked(call: Call): {
  readonly after: string | undefined;
  readonly limit: number | undefined;
} {
  const limit = optionalOption(call, 'limit');
  return {
    after: optionalOption(call, 'after'),
    limit: limit === undefined ? undefined : wholeNumber(limit, 'limit'),
  };
}

/** What stands below a page: how to go on, if there is more. */
export function moreText(next: string | null): string {
  return next === null ? '' : `\n\nMore: --after ${next}`;
}
