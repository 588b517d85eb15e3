import { ConfigError } from '../../core/errors.ts';
import { secretsEqual, sha256 } from '../../core/secrets.ts';
import type { ClientDocument, KeptClientSecret } from './document.ts';

/** Whether a text is one of the secrets that work. All are compared, so that the time does not tell which one it was. */
export function hasSecret({ secrets }: ClientDocument, presented: string, now: number): boolean {
  const hash = sha256(presented);
  let found = false;
  for (const secret of secrets) {
    if (secretsEqual(hash, secret.hash) && isLive(secret, now)) found = true;
  }
  return found;
}

/** Takes as long as a comparison, for an application that does not exist. */
export function compareWithNobody(presented: string): void {
  secretsEqual(sha256(presented), NOBODY);
}

/**
 * Puts a new secret in the place of the current one.
 *
 * @param endsAt From when on the earlier ones are refused; none gets a later end than it has.
 * @throws {@link ConfigError} `option_conflict` when too many earlier ones would still work.
 */
export function supersedeSecret(
  document: ClientDocument,
  secret: string,
  now: number,
  endsAt: number,
): ClientDocument {
  const earlier = document.secrets
    .filter((each) => isLive(each, now))
    .map((each) => ({ ...each, endsAt: Math.min(each.endsAt ?? endsAt, endsAt) }))
    .filter((each) => isLive(each, now));
  if (earlier.length > MOST_EARLIER_SECRETS) {
    throw new ConfigError(
      'option_conflict',
      `oauthClients.rotateSecret: ${MOST_EARLIER_SECRETS} earlier secrets still work. Give a shorter overlapSeconds; 0 ends them now.`,
    );
  }
  const serial = Math.max(0, ...document.secrets.map((each) => each.serial)) + 1;
  const current: KeptClientSecret = { serial, createdAt: now, endsAt: null, hash: sha256(secret) };
  return { ...document, secrets: [...earlier, current] };
}

function isLive({ endsAt }: KeptClientSecret, now: number): boolean {
  return endsAt === null || now < endsAt;
}

const NOBODY = sha256('nobody');

/** Each costs a comparison on every request. */
const MOST_EARLIER_SECRETS = 4;
