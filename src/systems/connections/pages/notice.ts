import type { Json } from '../../../core/store.ts';
import type { Revocation } from '../../../services/connections/contract.ts';
import type { ConnectionRecord } from '../../../services/connections/document.ts';
import { companyOf, labelOf } from './words.ts';

/** What the browser is told once, on the page that it is led to. */
export type Notice =
  | { readonly what: 'checked'; readonly id: string }
  | { readonly what: 'unreachable'; readonly kind: string }
  | { readonly what: 'gone' }
  | {
      readonly what: 'disconnected';
      readonly kind: string;
      readonly account: string | null;
      readonly revocation: Revocation;
    };

/** A notice in words, and whether it is good news. */
export interface NoticeText {
  readonly text: string;
  readonly good: boolean;
}

/** Says what came of something; `null` where there is nothing to say of it any more. */
export function noticeText(held: Json | null, connections: readonly ConnectionRecord[]): NoticeText | null {
  const notice = held as Notice | null;
  if (notice === null) return null;
  if (notice.what === 'checked') return checkedText(connections.find(({ id }) => id === notice.id));
  if (notice.what === 'gone') return { text: 'That connection does not exist any more.', good: false };
  const company = companyOf(notice.kind);
  if (notice.what === 'unreachable') {
    return {
      text: `${company} could not be reached, so nothing is known and nothing has changed. Try again in a little while.`,
      good: false,
    };
  }
  const { kind, account, revocation } = notice;
  return {
    text: `${labelOf(kind)} (${account ?? 'account'}) is disconnected. ${REVOCATIONS[revocation](company)}`,
    good: revocation === 'revoked' || revocation === 'shared',
  };
}

function checkedText(found: ConnectionRecord | undefined): NoticeText | null {
  if (found === undefined) return null;
  const subject = `${labelOf(found.kind)} (${found.account ?? 'account'})`;
  return found.status === 'active'
    ? { text: `${subject} was checked and works.`, good: true }
    : { text: `${subject} was checked and does not work.`, good: false };
}

const REVOCATIONS: Readonly<Record<Revocation, (company: string) => string>> = {
  revoked: (company) => `Its access was taken back at ${company}.`,
  shared: (company) => `Another connection still uses this account, so the access at ${company} remains.`,
  failed: (company) =>
    `Nothing of it is kept here, but ${company} could not be told: remove the access in the settings of your ${company} account.`,
  skipped: (company) =>
    `Nothing of it is kept here. Remove the access in the settings of your ${company} account as well.`,
};

/** What came of an authorization, by what the callback put into the address. */
export function arrivalText(
  query: URLSearchParams,
  connections: readonly ConnectionRecord[],
): NoticeText | null {
  const connected = connections.find(({ id }) => id === query.get('connection'));
  if (connected !== undefined) {
    const { kind, account, status } = connected;
    if (status === 'active')
      return { text: `${labelOf(kind)} (${account ?? 'account'}) is connected.`, good: true };
  }
  return query.get('error') === 'access_denied'
    ? { text: 'Nothing was connected, since you did not allow it.', good: false }
    : null;
}
