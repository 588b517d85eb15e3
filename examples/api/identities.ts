import { createHash } from 'node:crypto';
import type { Store } from 'portcullis';

/** Which identities at providers belong to which users. */
export interface Identities {
  userOf(issuer: string, subject: string): Promise<string | null>;
  /** Links an identity. @returns Whose it is now: of two that are linked at once, the first one stays. */
  link(issuer: string, subject: string, userId: string): Promise<string>;
}

/** Keeps the identities beside the users. Your application has a table with a unique key for this. */
export function identitiesIn(store: Store): Identities {
  const userOf: Identities['userOf'] = async (issuer, subject) =>
    (await store.get<string>(KIND, idOf(issuer, subject)))?.data ?? null;

  return {
    userOf,
    async link(issuer, subject, userId) {
      await store.put(KIND, idOf(issuer, subject), userId, { expect: 'absent' });
      return (await userOf(issuer, subject)) ?? userId;
    },
  };
}

const KIND = 'example_identity';

function idOf(issuer: string, subject: string): string {
  return createHash('sha256')
    .update(JSON.stringify([issuer, subject]))
    .digest('base64url');
}
