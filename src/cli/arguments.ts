import type { Call } from './command.ts';
import { UsageError } from './usage-error.ts';

/** An option that must be given. */
export function requiredOption({ values }: Call, name: string): string {
  const value = values[name];
  if (typeof value !== 'string' || value === '') throw new UsageError(`--${name} is required`);
  return value;
}

export function optionalOption({ values }: Call, name: string): string | undefined {
  const value = values[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** An option that may be given several times; `undefined` when it is not given at all. */
export function listOption({ values }: Call, name: string): readonly string[] | undefined {
  const value = values[name];
  return Array.isArray(value) ? (value as readonly string[]) : undefined;
}

/** The one word that a command takes, such as an id. */
export function requiredWord({ words }: Call, what: string): string {
  const [word, ...more] = words;
  if (word === undefined) throw new UsageError(`name the ${what}`);
  if (more.length > 0) throw new UsageError(`one ${what} at a time; "${more[0]}" is one too many`);
  return word;
}

export function wholeNumber(text: string, option: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new UsageError(`--${option} must be a whole number`);
  return Number(text);
}

/** A length of time such as `90s`, `15m`, `12h` or `7d`, in seconds. */
export function durationSeconds(text: string, option: string): number {
  const match = /^(\d{1,6})([smhd])$/.exec(text);
  if (match === null)
    throw new UsageError(`--${option} must be a length of time such as 90s, 15m, 12h or 7d`);
  return Number(match[1]) * { s: 1, m: 60, h: 3600, d: 86_400 }[match[2] as 's' | 'm' | 'h' | 'd'];
}

/** A moment: a length of time from now on, or a date and time with its offset, in milliseconds. */
export function momentOf(text: string, option: string, now: number): number {
  if (/^\d+[smhd]$/.test(text)) return now + durationSeconds(text, option) * 1000;
  const isFull = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2})?(?:Z|[+-]\d{2}:\d{2})$/.test(text);
  const milliseconds = isFull ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(milliseconds)) {
    throw new UsageError(
      `--${option} must be a length of time such as 7d, or a moment such as 2027-01-31T12:00Z`,
    );
  }
  return milliseconds;
}
