import type { User } from '../../core/directory.ts';
import { chain, type MaybePromise } from '../../core/maybe-promise.ts';
import type { AccountsDirectory } from './options.ts';

/**
 * What a user may do in an account now, or `null` for no access. A directory in plain JavaScript may say `undefined` for
 * an account that it does not know, which must not count as access without permissions.
 *
 * @throws TypeError When the directory gives neither, which is answered with 500.
 */
export function permissionsOf(
  directory: AccountsDirectory,
  userId: string,
  accountId: number,
): MaybePromise<readonly string[] | null> {
  return chain(directory.permissionsIn(userId, accountId), toPermissions);
}

function toPermissions(answer: unknown): readonly string[] | null {
  if (answer === null || answer === undefined) return null;
  if (Array.isArray(answer)) return answer as readonly string[];
  throw new TypeError('directory.permissionsIn must return a list of permissions, or null.');
}

/**
 * The account that the user works in without choosing one.
 *
 * @throws TypeError When the directory gives no account number, which is answered with 500.
 */
export async function homeAccountOf(directory: AccountsDirectory, user: User): Promise<number> {
  const account = await directory.homeAccount(user);
  if (Number.isSafeInteger(account)) return account;
  throw new TypeError('directory.homeAccount must return the number of an account.');
}
