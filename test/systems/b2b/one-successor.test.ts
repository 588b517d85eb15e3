import { describe, expect, it } from 'vitest';
import { StoreError } from '../../../src/core/errors.ts';
import { memoryStore } from '../../../src/stores/memory.ts';
import { movableClock } from '../../support/movable-clock.ts';
import { BAD_ADDRESS, BAD_REFRESH, expectPair, expectRefusal, FAILED, OUT } from './expectations.ts';
import { NODE_HOST, PLAIN_HOSTS } from './hosts.ts';
import { expectAccess, MONDAY_SECONDS, startStage, stopStagesAfterEach } from './stage.ts';
import { claimsOf } from './tokens.ts';

stopStagesAfterEach();

describe.each(PLAIN_HOSTS)('The one successor of a refresh token on $name', (host) => {
  it('a repeat inside the window is answered with the same refresh token, byte for byte', async () => {
    const stage = await startStage(host);
    const { refresh_token: token } = await stage.login();
    stage.clock.advance(100.25);
    const first = expectPair(await stage.refresh(token));
    stage.clock.advance(9.999);
    const repeat = expectPair(await stage.refresh(token));
    expect(repeat.refresh_token).toBe(first.refresh_token);
    expect(repeat.refresh_expires_at).toBe(first.refresh_expires_at);
    expect(claimsOf(repeat.access_token)).toMatchObject({ gen: 2, sid: claimsOf(first.access_token)['sid'] });
    await expectAccess(stage, first.access_token, 'works');
    await expectAccess(stage, repeat.access_token, 'works');
    expectPair(await stage.refresh(repeat.refresh_token));
    expect(stage.sessionActions()).toEqual(['started', 'refreshed', 'repeated', 'refreshed']);
  });
});

describe('The one successor of a refresh token', () => {
  it('no repeat extends the window, which ends reuseGraceSeconds after the first use', async () => {
    const stage = await startStage();
    const { refresh_token: token } = await stage.login();
    const { refresh_token: successor } = expectPair(await stage.refresh(token));
    for (const seconds of [4, 4, 1.999]) {
      stage.clock.advance(seconds);
      expectPair(await stage.refresh(token));
    }
    stage.clock.advance(0.001);
    expectRefusal(await stage.refresh(token), BAD_REFRESH);
    expectRefusal(await stage.refresh(successor), BAD_REFRESH);
  });

  it('SE-05 with a window of 0 the second use is theft at once', async () => {
    const stage = await startStage(NODE_HOST, { reuseGraceSeconds: 0 });
    const { refresh_token: token } = await stage.login();
    const { refresh_token: successor, access_token: access } = expectPair(await stage.refresh(token));
    expectRefusal(await stage.refresh(token), BAD_REFRESH);
    expectRefusal(await stage.refresh(successor), BAD_REFRESH);
    await expectAccess(stage, access, 'dead');
  });

  it('SE-05 SE-06 a token older than the immediate predecessor is theft even inside the window', async () => {
    const stage = await startStage();
    const other = await stage.login();
    const { refresh_token: first } = await stage.login();
    const { refresh_token: second } = expectPair(await stage.refresh(first));
    const third = expectPair(await stage.refresh(second));
    stage.clock.advance(1);
    expectRefusal(await stage.refresh(first), BAD_REFRESH);
    for (const token of [second, third.refresh_token]) expectRefusal(await stage.refresh(token), BAD_REFRESH);
    await expectAccess(stage, third.access_token, 'dead');
    await expectAccess(stage, other.access_token, 'works');
    expectPair(await stage.refresh(other.refresh_token));
  });

  it('theft revokes the family once, with one event, however often it is tried', async () => {
    const stage = await startStage();
    const { refresh_token: token } = await stage.login();
    expectPair(await stage.refresh(token));
    stage.clock.advance(10);
    const answers = await Promise.all(Array.from({ length: 8 }, () => stage.refresh(token)));
    for (const answer of answers) expectRefusal(answer, BAD_REFRESH);
    const sessionId = claimsOf(token)['sid'];
    const [told, ...more] = stage.events.filter((event) => event.type === 'session').slice(2);
    expect(told).toMatchObject({ action: 'reuse_detected', system: 'b2b', owner: '123456', sessionId });
    expect(more).toEqual([]);
    const reasons = stage.events.flatMap((event) => (event.type === 'decision' ? [event.reason] : []));
    expect(reasons.filter((reason) => reason === 'token_reused')).toHaveLength(1);
    expect(reasons.filter((reason) => reason === 'token_revoked')).toHaveLength(7);
  });

  it('a repeat revokes nothing, and is refused like any refresh when the user or the address no longer passes', async () => {
    const stage = await startStage();
    const { refresh_token: token } = await stage.login();
    const { refresh_token: successor } = expectPair(await stage.refresh(token));
    stage.directory.ada.active = false;
    expectRefusal(await stage.refresh(token), BAD_REFRESH);
    stage.directory.ada.active = true;
    await stage.b2b.allowlists.add('client:123456', { network: '192.0.2.1' });
    expectRefusal(await stage.refresh(token), BAD_ADDRESS);
    stage.address = '192.0.2.1';
    expect(expectPair(await stage.refresh(token)).refresh_token).toBe(successor);
    expectPair(await stage.refresh(successor));
  });

  it('SE-08 the older links of a chain of four within one second are refused', async () => {
    for (const link of [0, 1]) {
      const stage = await startStage();
      const chain = [(await stage.login()).refresh_token];
      for (let index = 0; index < 3; index++) {
        stage.clock.advance(0.25);
        chain.push(expectPair(await stage.refresh(chain[index])).refresh_token);
      }
      expect(new Set(chain).size).toBe(4);
      expectRefusal(await stage.refresh(chain[link]), BAD_REFRESH);
      expectRefusal(await stage.refresh(chain[3]), BAD_REFRESH);
    }
  });

  it('SE-04 a refresh in the second of the login gives another token all the same', async () => {
    const stage = await startStage();
    const first = await stage.login();
    const second = expectPair(await stage.refresh(first.refresh_token));
    expect(second.refresh_token).not.toBe(first.refresh_token);
    expect(second.access_token).not.toBe(first.access_token);
  });
});

describe('A refusal for another reason than the credential', () => {
  it('does not use the token up: an outage of the directory or of the store', async () => {
    const clock = movableClock(MONDAY_SECONDS);
    const store = memoryStore({ clock });
    let isDown = false;
    const failing: typeof store = {
      ...store,
      familyRotate: (...args) =>
        isDown ? Promise.reject(new StoreError('down')) : store.familyRotate(...args),
    };
    const stage = await startStage(NODE_HOST, { store: failing, clock });
    const { refresh_token: token } = await stage.login();
    const honest = { ...stage.directory };
    stage.directory.findUser = () => Promise.reject(new Error('the directory is down'));
    expectRefusal(await stage.refresh(token), FAILED);
    stage.directory.findUser = () => Promise.reject(new StoreError('the directory is down'));
    expectRefusal(await stage.refresh(token), OUT);
    Object.assign(stage.directory, honest);
    isDown = true;
    expectRefusal(await stage.refresh(token), OUT);
    isDown = false;
    clock.advance(3_600);
    expectPair(await stage.refresh(token));
    expect(stage.sessionActions()).toEqual(['started', 'refreshed']);
  });

  it('does not lose the successor when the store answers nothing after it has rotated', async () => {
    const clock = movableClock(MONDAY_SECONDS);
    const store = memoryStore({ clock });
    let loses = true;
    const losing: typeof store = {
      ...store,
      async familyRotate(...args) {
        const rotation = await store.familyRotate(...args);
        if (loses) throw new StoreError('the answer was lost');
        return rotation;
      },
    };
    const stage = await startStage(NODE_HOST, { store: losing, clock });
    const { refresh_token: token } = await stage.login();
    expectRefusal(await stage.refresh(token), OUT);
    loses = false;
    clock.advance(9);
    const { refresh_token: successor } = expectPair(await stage.refresh(token));
    expectPair(await stage.refresh(successor));
  });
});
