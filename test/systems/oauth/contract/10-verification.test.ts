import { describe, expect, it } from 'vitest';
import { expectRefusal, expectTokens, PENDING } from '../expectations.ts';
import { startStage, stopStagesAfterEach } from '../stage.ts';

stopStagesAfterEach();

describe('Verification', () => {
  it('entry ignores case, hyphens and blanks', async () => {
    const stage = await startStage();
    const { userCode } = await stage.device(stage.native);
    const spellings = [
      userCode.toLowerCase(),
      `${userCode.slice(0, 4)}-${userCode.slice(4)}`,
      ` ${userCode.split('').join(' ')} `,
    ];
    for (const entry of spellings)
      expect((await stage.enter(entry)).json()).toMatchObject({ page: 'confirm' });
  });

  it('expired, used and unknown codes are not valid, and are not told apart', async () => {
    const stage = await startStage();
    const used = await stage.device(stage.native);
    await stage.enter(used.userCode, 'approve');
    const denied = await stage.device(stage.native);
    await stage.enter(denied.userCode, 'deny');
    const late = await stage.device(stage.native);
    stage.clock.advance(60);
    const wrong = [
      '',
      'BCDFGHJK',
      'x',
      used.userCode,
      denied.userCode,
      late.userCode,
      'BCDFGHJKL',
      'AEIOUAEI',
    ];
    for (const code of wrong) {
      const answer = await stage.enter(code, 'approve', { 'X-Browser': code });
      expect(answer.json()).toEqual({ page: 'not-valid' });
    }
  });

  it('OS-16 whoever opens the request owns it: nobody else can open, approve or deny it', async () => {
    const stage = await startStage();
    const { grace } = stage.directory;
    const { deviceCode, userCode } = await stage.device(stage.native);
    await stage.enter(userCode);
    for (const decision of ['approve', 'deny'] as const) {
      const other = await stage.enter(userCode, decision, { 'X-User': grace.id });
      expect(other.json()).toEqual({ page: 'not-valid' });
      const swapped = await stage.enter(userCode, decision, { 'X-Decider': grace.id });
      expect(swapped.json()).toEqual({ page: 'not-valid' });
    }
    expectRefusal(await stage.poll(stage.native, deviceCode), PENDING);
    await stage.enter(userCode, 'approve');
    const { access } = expectTokens(await stage.poll(stage.native, deviceCode));
    expect((await stage.me(access)).json()).toMatchObject({ id: stage.directory.ada.id });
  });

  it('OS-16 of two decisions at once one counts', async () => {
    const stage = await startStage();
    const { userCode } = await stage.device(stage.native);
    const answers = await Promise.all([stage.enter(userCode, 'approve'), stage.enter(userCode, 'deny')]);
    const pages = answers.map((answer) => (answer.json() as { page: string }).page);
    expect(pages.filter((page) => page === 'done')).toHaveLength(1);
    expect((await stage.enter(userCode, 'approve')).json()).toEqual({ page: 'not-valid' });
  });

  it('an inactive user has to sign in, and decides nothing', async () => {
    const stage = await startStage();
    const { deviceCode, userCode } = await stage.device(stage.native);
    stage.directory.ada.active = false;
    expect((await stage.enter(userCode, 'approve')).json()).toEqual({ page: 'sign-in' });
    expectRefusal(await stage.poll(stage.native, deviceCode), PENDING);
  });

  it('OS-16 the eleventh wrong entry of a browser within a minute has to wait, also of many at once', async () => {
    const stage = await startStage();
    const { userCode } = await stage.device(stage.native);
    const guess = (browser: string) => stage.enter('BCDFGHJK', undefined, { 'X-Browser': browser });
    for (let entry = 0; entry < 10; entry++)
      expect((await guess('one')).json()).toEqual({ page: 'not-valid' });
    stage.clock.advance(15);
    const waiting = await guess('one');
    expect([waiting.status, waiting.header('Retry-After')]).toEqual([429, '45']);
    expect((await stage.enter(userCode, 'approve', { 'X-Browser': 'one' })).status).toBe(429);
    expect((await guess('another')).status).toBe(200);
    stage.clock.advance(45);
    expect((await guess('one')).status).toBe(200);

    const burst = await Promise.all(Array.from({ length: 40 }, () => guess('burst')));
    expect(burst.filter(({ status }) => status === 200)).toHaveLength(10);
  });

  it('OS-16 whoever throws cookies away is stopped by the address', async () => {
    const stage = await startStage();
    const guess = (browser: number) => stage.enter('BCDFGHJK', undefined, { 'X-Browser': `b${browser}` });
    for (let entry = 0; entry < 100; entry++) expect((await guess(entry)).status).toBe(200);
    expect((await guess(100)).status).toBe(429);
    stage.address = '203.0.113.8';
    expect((await guess(101)).status).toBe(200);
  });
});
