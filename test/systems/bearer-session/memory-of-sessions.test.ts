import { describe, it } from 'vitest';
import { StoreError } from '../../../src/core/errors.ts';
import type { Store } from '../../../src/core/store.ts';
import { memoryStore } from '../../../src/stores/memory.ts';
import { movableClock } from '../../support/movable-clock.ts';
import { HOME, SECOND } from './directory.ts';
import {
  BAD_ACCOUNT,
  BAD_TOKEN,
  expectGrant,
  expectRefusal,
  expectReports,
  OUT,
  type Grant,
} from './expectations.ts';
import { PLAIN_HOSTS } from './hosts.ts';
import { ADA, SAMPLE_SECONDS, startStage, stopStagesAfterEach, type Stage } from './stage.ts';

stopStagesAfterEach();

const AT_HOME = ['reports:read', 'reports:write'];

describe.each([0, 10_000])('A cache of %i sessions', (cacheSize) => {
  it('never outlives a refresh, a masquerade, a logout or a revocation at this node', async () => {
    const ends: ((stage: Stage, grant: Grant) => Promise<unknown>)[] = [
      (stage, grant) => stage.refresh(grant.refreshToken),
      (stage, grant) => stage.masquerade(grant.token, SECOND),
      (stage, grant) => stage.logout(grant.token),
      (stage) => stage.system.sessions.revokeAll('u1', { reason: 'password changed' }),
    ];
    for (const end of ends) {
      const stage = await startStage(undefined, { cacheSize, feedPollMs: 60_000 });
      const grant = await stage.login();
      for (let n = 0; n < 3; n += 1) expectReports(await stage.reports(grant.token), HOME, AT_HOME);
      await end(stage, grant);
      for (let n = 0; n < 3; n += 1) expectRefusal(await stage.reports(grant.token), BAD_TOKEN);
    }
  });

  it('never outlives the access to the account, a permission, or the user', async () => {
    const stage = await startStage(undefined, { cacheSize, accountCheck: 'each-request' });
    const { token } = await stage.login();
    expectReports(await stage.reports(token), HOME, AT_HOME);
    stage.directory.ada.accounts.set(HOME, ['reports:read']);
    expectReports(await stage.reports(token), HOME, ['reports:read']);
    stage.directory.ada.accounts.delete(HOME);
    expectRefusal(await stage.reports(token), BAD_ACCOUNT);
    stage.directory.ada.accounts.set(HOME, AT_HOME);
    expectReports(await stage.reports(token), HOME, AT_HOME);
    stage.directory.ada.active = false;
    expectRefusal(await stage.reports(token), BAD_TOKEN);
  });

  it('SE-16 a deactivated user is out within five seconds', async () => {
    const stage = await startStage(undefined, { cacheSize });
    const { token } = await stage.login();
    expectReports(await stage.reports(token), HOME, AT_HOME);
    stage.directory.ada.active = false;
    stage.clock.advance(5);
    expectRefusal(await stage.reports(token), BAD_TOKEN);
  });
});

describe.each(PLAIN_HOSTS)('An outage of the store on $name', (host) => {
  it('is 503 server_error and never 401, and consumes nothing', async () => {
    const clock = movableClock(SAMPLE_SECONDS);
    const store = memoryStore({ clock });
    let down = false;
    const failing = failingWhen(() => down, store);
    const stage = await startStage(host, { clock, store: failing, cacheSize: 0 });
    const grant = await stage.login();
    expectReports(await stage.reports(grant.token), HOME, AT_HOME);
    down = true;
    expectRefusal(await stage.post('/auth/login', ADA), OUT);
    expectRefusal(await stage.refresh(grant.refreshToken), OUT);
    expectRefusal(await stage.reports(grant.token), OUT);
    expectRefusal(await stage.masquerade(grant.token, SECOND), OUT);
    expectRefusal(await stage.logout(grant.token), OUT);
    down = false;
    expectReports(await stage.reports(grant.token), HOME, AT_HOME);
    expectGrant(await stage.refresh(grant.refreshToken));
  });

  it('lets a remembered session pass only while what is known of revocations is fresh', async () => {
    const clock = movableClock(SAMPLE_SECONDS);
    const store = memoryStore({ clock });
    let down = false;
    const failing = failingWhen(() => down, store);
    const stage = await startStage(host, { clock, store: failing, feedPollMs: 60_000, maxStaleMs: 2_000 });
    const { token } = await stage.login();
    expectReports(await stage.reports(token), HOME, AT_HOME);
    down = true;
    clock.advance(1);
    expectReports(await stage.reports(token), HOME, AT_HOME);
    clock.advance(2);
    expectRefusal(await stage.reports(token), OUT);
    down = false;
    expectReports(await stage.reports(token), HOME, AT_HOME);
  });
});

/** The store while `down` says no, and an outage of every method while it says yes. */
function failingWhen(down: () => boolean, store: Store): Store {
  return new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]): unknown =>
        down() ? Promise.reject(new StoreError('the store is down')) : Reflect.apply(value, target, args);
    },
  });
}
