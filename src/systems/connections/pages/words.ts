import type { ConnectionProblem } from '../../../services/connections/document.ts';

/** What a kind of connection is called. */
export function labelOf(kind: string): string {
  const known = LABELS[kind];
  if (known !== undefined) return known;
  const words = kind.replaceAll('-', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** Who is on the other side of it. */
export function companyOf(kind: string): string {
  return labelOf(kind).replace(/ Ads$/, '');
}

const LABELS: Readonly<Record<string, string>> = { 'google-ads': 'Google Ads', 'meta-ads': 'Meta Ads' };

/** Why a connection does not work, and what to do about it. */
export function explanationOf(reason: ConnectionProblem | null, kind: string): string {
  return EXPLANATIONS[reason ?? 'grant_revoked'](companyOf(kind));
}

const WRONG_SETUP = (): string =>
  'Something is wrong with how this application is set up. Ask whoever runs it.';

const EXPLANATIONS: Readonly<Record<ConnectionProblem, (company: string) => string>> = {
  grant_revoked: (company) => `${company} says that the access was taken back. Authorise it again to go on.`,
  token_expired: () =>
    'The access was not used for so long that it has expired. Authorise it again to go on.',
  scope_missing: (company) =>
    `Something that this connection needs is no longer allowed at ${company}. Authorise it again and leave everything ticked.`,
  provider_refused: (company) =>
    `${company} refuses this application itself. Ask whoever runs it; authorising again will not help.`,
  tokens_unreadable: WRONG_SETUP,
  provider_unknown: WRONG_SETUP,
};

/** Whether authorising again is what mends it. */
export function isMendedByUser(reason: ConnectionProblem | null): boolean {
  return reason !== 'provider_refused' && reason !== 'provider_unknown';
}

/** A day as people read it, the same wherever they are. */
export function dayText(milliseconds: number): string {
  return DAY.format(milliseconds);
}

/** A moment, likewise. */
export function momentText(milliseconds: number): string {
  return `${dayText(milliseconds)}, ${new Date(milliseconds).toISOString().slice(11, 16)} UTC`;
}

const DAY = new Intl.DateTimeFormat('en-GB', {
  timeZone: 'UTC',
  day: 'numeric',
  month: 'long',
  year: 'numeric',
});
