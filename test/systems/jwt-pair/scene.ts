import { expect } from 'vitest';
import { isAuthError } from '../../../src/core/errors.ts';
import type { ImpersonateOptions } from '../../../src/services/impersonation.ts';
import type { TokenPair } from '../../../src/services/token-pairs.ts';
import type { TestUser } from './directory.ts';
import {
  BLACKLISTED,
  expectRefusal,
  INSPECTED_BLACKLISTED,
  refusedAccess,
  type Pair,
} from './expectations.ts';
import { NODE_HOST } from './hosts.ts';
import { startStage, type Stage, type StageOptions } from './stage.ts';
import { sessionOf } from './tokens.ts';

/** A token that was revoked, as the protected route answers it. */
export const DEAD = refusedAccess('Token is blacklisted');

/** A stage on which the administrator acts as ada. */
export interface Scene extends Stage {
  /** The administrator's own tokens. */
  readonly own: Pair;
  /** Those of the impersonation of ada. */
  readonly acting: TokenPair;
}

/** Starts a host, signs the administrator in, and lets them act as ada. */
export async function impersonating(
  options: StageOptions = {},
  how: Partial<ImpersonateOptions> = {},
  host = NODE_HOST,
): Promise<Scene> {
  const stage = await startStage(host, options);
  const own = await stage.login(stage.directory.admin);
  const acting = await actAs(stage, own, stage.directory.ada, how);
  return Object.assign(stage, { own, acting });
}

/** Expects that one user may act as another. */
export async function actAs(
  stage: Stage,
  own: Pair,
  target: TestUser,
  how: Partial<ImpersonateOptions> = {},
): Promise<TokenPair> {
  const pair = await stage.system.impersonate(sessionOf(own.access), target.id, {
    reason: 'ticket 7',
    ...how,
  });
  if (isAuthError(pair)) throw new Error(`refused: ${pair.code}`);
  return pair;
}

/** Expects every token of the impersonation to be dead, at once and for good. */
export async function expectOver(scene: Scene): Promise<void> {
  expectRefusal(await scene.me(scene.acting.access), DEAD);
  expectRefusal(await scene.refresh(scene.acting.refresh), BLACKLISTED);
  expectRefusal(await scene.verify(scene.acting.access), BLACKLISTED);
  expectRefusal(await scene.verify(scene.acting.refresh), INSPECTED_BLACKLISTED);
  expect(await scene.system.sessions.find(scene.acting.sessionId)).toBeNull();
  expect(await scene.system.sessions.list('1')).toEqual([]);
}
