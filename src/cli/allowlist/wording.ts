import type { Allowlist, AllowlistEntry, AllowlistWarning, EditRefusal } from '../../services/allowlists.ts';
import { isLive } from '../../services/allowlists/document.ts';
import { activeOverride } from '../../services/allowlists/override.ts';
import type { Answer } from '../command.ts';
import { moment, printable, refused } from '../output.ts';
import { optionsOf } from './subject.ts';

/** The most warnings that a person is shown; the others are counted. */
const MOST_SHOWN = 20;

/** An entry for people, as in `203.0.113.0/24 "Berlin office"`. */
export function nameOf({ network, label }: AllowlistEntry): string {
  return label === undefined ? network : `${network} ${JSON.stringify(printable(label))}`;
}

/** Several entries for people: their names, or when they are many, how many. */
export function namesOf(entries: readonly AllowlistEntry[]): string {
  return entries.length > 5 ? `${entries.length} networks` : entries.map(nameOf).join(', ');
}

/** What a list does, as a sentence. */
export function stateOf(subject: string, list: Allowlist, now: number): string {
  if (!list.configured) return `${subject} is not configured: everyone passes.`;
  const live = list.entries.filter((entry) => isLive(entry, now)).length;
  const entries = live === 1 ? '1 live entry' : `${live} live entries`;
  if (list.mode === 'off') return `${subject} is off, with ${entries}: everyone passes.`;
  if (list.mode === 'observe') {
    return `${subject} observes, with ${entries}: everyone passes, and the report counts who would be refused.`;
  }
  const override = overrideOf(list, now);
  if (override !== null) return override;
  if (live === 0) return `${subject} is enforced without a live entry: nobody passes.`;
  return `${subject} is enforced, with ${entries}: everyone else is refused.`;
}

/** That a list is overridden, or `null`. */
function overrideOf({ overrides }: Allowlist, now: number): string | null {
  const active = activeOverride(overrides, now);
  if (active === null) return null;
  const reason = JSON.stringify(printable(active.reason));
  return `Everyone passes until ${moment(active.until)}, when the list is enforced again by itself: ${printable(active.author)} broke the glass, ${reason}.`;
}

export function warningLines(warnings: readonly AllowlistWarning[]): readonly string[] {
  const shown = warnings.slice(0, MOST_SHOWN).map(({ sentence }) => `Warning: ${sentence}`);
  const more = warnings.length - shown.length;
  return more === 0 ? shown : [...shown, `Warning: ${more} more of this kind; --json has all.`];
}

/** The answer to an edit that was not made, with what may help. */
export function refusalAnswer(subject: string, refusal: EditRefusal, problem = refusal.problem): Answer {
  const help =
    refusal.code === 'lock_out'
      ? ' To confirm: --yes.'
      : refusal.code === 'mode_conflict'
        ? ` That is: portcullis allowlist observe ${optionsOf(subject)}.`
        : '';
  return refused({ list: subject, ...refusal }, `Refused: ${problem}${help}`);
}

/** The members that every edit's JSON has. */
export function listJson(subject: string, list: Allowlist): object {
  const { configured, mode, entries } = list;
  return { ok: true, list: subject, configured, mode, entryCount: entries.length };
}
