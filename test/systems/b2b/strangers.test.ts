import { createRequire } from 'node:module';
import { describe, expect, it, vi } from 'vitest';
import { argon2Passwords } from '../../../src/services/passwords/argon2.ts';
import type { HttpAnswer } from '../../support/http-client.ts';
import { testDirectory } from './directory.ts';
import { BAD_LOGIN, expectPair, expectRefusal } from './expectations.ts';
import { B2B_HOSTS, NODE_HOST } from './hosts.ts';
import { startStage, stopStagesAfterEach } from './stage.ts';

stopStagesAfterEach();

function withoutDate(answer: HttpAnswer): string {
  return answer.everything.replace(/^Date\n.*\n/m, '');
}

describe.each(B2B_HOSTS)(
  'AU-01 an unknown user, a wrong password and an inactive client on $name',
  (host) => {
    it('are answered byte for byte alike', async () => {
      const stage = await startStage(host);
      stage.directory.linus.active = false;
      const answers = [
        await stage.post('/auth/login', { username: 'nobody', password: 'x' }),
        await stage.post('/auth/login', { username: 'ada', password: 'x' }),
        await stage.post('/auth/login', { username: 'linus', password: stage.directory.linus.password }),
        await stage.post('/auth/login', { username: 'linus', password: 'x' }),
      ];
      for (const answer of answers) expectRefusal(answer, BAD_LOGIN);
      expect(new Set(answers.map(withoutDate)).size).toBe(1);
    });
  },
);

describe('AU-02 an unknown user, a wrong password and an inactive client', () => {
  it('ask the directory for the same things in the same order', async () => {
    const stage = await startStage();
    stage.directory.linus.active = false;
    const { linus, calls } = stage.directory;
    await stage.post('/auth/login', { username: 'nobody', password: 'x' });
    await stage.post('/auth/login', { username: 'ada', password: 'x' });
    await stage.post('/auth/login', { username: 'linus', password: linus.password });
    expect(calls).toEqual([
      'findLogin("nobody")',
      'verifyPassword(null)',
      'findLogin("ada")',
      'verifyPassword(123456)',
      'findLogin("linus")',
      'verifyPassword(777)',
    ]);
  });

  it('cost the same hash: for nobody one of the same algorithm, memory, passes and length is verified', async () => {
    const argon2 = createRequire(import.meta.url)('@node-rs/argon2') as {
      verify(hash: string, password: string): Promise<boolean>;
    };
    const passwords = argon2Passwords({ memoryKib: 8_192, passes: 1 });
    const kept = await passwords.hash('correct');
    const verify = vi.spyOn(argon2, 'verify');
    expect(await passwords.verify(null, 'correct')).toBe(false);
    expect(await passwords.verify(kept, 'wrong')).toBe(false);
    expect(await passwords.verify(kept, 'correct')).toBe(true);
    const hashes = verify.mock.calls.map(([hash]) => hash);
    verify.mockRestore();
    expect(hashes).toHaveLength(3);
    const costs = hashes.map((hash) => hash.split('$').slice(0, 4).join('$'));
    expect(new Set(costs)).toEqual(new Set(['$argon2id$v=19$m=8192,t=1,p=1']));
    expect(new Set(hashes.map((hash) => hash.length)).size).toBe(1);
  });
});

describe('AU-14 a password', () => {
  it('is hashed, and compared with its hash, off the event loop, which turns meanwhile', async () => {
    const passwords = argon2Passwords({ memoryKib: 8_192, passes: 1 });
    let turns = 0;
    setImmediate(() => (turns += 1));
    const hash = await passwords.hash('correct');
    expect(turns).toBe(1);
    setImmediate(() => (turns += 1));
    expect(await passwords.verify(hash, 'correct')).toBe(true);
    expect(turns).toBe(2);
  });
});

describe('A login', () => {
  it.each([
    ['in another case', 'CORRECT horse battery staple'],
    ['with a blank before it', ' correct horse battery staple'],
    ['with a blank after it', 'correct horse battery staple '],
    ['with a tab for a blank', 'correct\thorse battery staple'],
    ['with NUL after it', 'correct horse battery staple\0'],
    ['with more after NUL', 'correct horse battery staple\0x'],
    ['without its end', 'correct horse battery stapl'],
    ['in full-width letters', '\uff43orrect horse battery staple'],
  ])('AU-06 takes the password exactly as it came: %s it is another', async (_case, password) => {
    const stage = await startStage();
    expectRefusal(await stage.post('/auth/login', { username: 'ada', password }), BAD_LOGIN);
  });

  it.each([
    ['blanks around it', '  between blanks  '],
    ['NUL in it', 'before\0after'],
    ['letters that two forms of Unicode write', 'e\u0301 and \u00e9'],
    ['a surrogate pair', '\u{1f511} and more'],
    ['nothing but blanks', '   '],
    ['1,000 characters', 'x'.repeat(1_000)],
  ])('AU-06 AU-07 lets a password pass that has %s', async (_case, password) => {
    const stage = await startStage();
    stage.directory.ada.password = password;
    expectPair(await stage.post('/auth/login', { username: 'ada', password }));
    expectRefusal(
      await stage.post('/auth/login', { username: 'ada', password: password.normalize('NFD').trim() + '!' }),
      BAD_LOGIN,
    );
  });

  it('AU-07 compares all of a long password, beyond 72 bytes', async () => {
    const passwords = argon2Passwords({ memoryKib: 8_192, passes: 1 });
    const long = 'x'.repeat(80);
    const hash = await passwords.hash(long);
    const directory = testDirectory();
    const stage = await startStage(NODE_HOST, {
      directory: Object.assign(directory, {
        verifyPassword: (user: unknown, password: string) =>
          passwords.verify(user === null ? null : hash, password),
      }),
    });
    expectPair(await stage.post('/auth/login', { username: 'ada', password: long }));
    for (const password of [`${'x'.repeat(79)}y`, 'x'.repeat(79), 'x'.repeat(81), 'x'.repeat(72)]) {
      expectRefusal(await stage.post('/auth/login', { username: 'ada', password }), BAD_LOGIN);
    }
  });

  it.each([
    ['a full-width letter', '\uff41da'],
    ['a zero-width space', 'ada\u200b'],
    ['NUL', 'ada\0'],
    ['a look-alike', '\u0430da'],
    ['blanks', ' ada '],
    ['another case', 'ADA'],
  ])(
    'AU-10 hands the name to the directory as it came, and normalises nothing: %s',
    async (_case, username) => {
      const stage = await startStage();
      const { password } = stage.directory.ada;
      expectRefusal(await stage.post('/auth/login', { username, password }), BAD_LOGIN);
      expect(stage.directory.calls[0]).toBe(`findLogin(${JSON.stringify(username)})`);
    },
  );

  it('SE-03 takes no session, client or token that the caller chose', async () => {
    const stage = await startStage();
    const { login: username, password } = stage.directory.ada;
    const before = await stage.login();
    const chosen = { sid: 'chosen', session_id: 'chosen', client_id: 777, jti: 'chosen', gen: 9, sub: '777' };
    const headers = { Authorization: `Bearer ${before.access_token}`, Cookie: 'sid=chosen' };
    const pair = expectPair(await stage.post('/auth/login', { username, password, ...chosen }, headers));
    expect(pair.client_id).toBe(123_456);
    const [first, second] = await stage.b2b.sessions.list('123456');
    expect(second?.id).not.toBe(first?.id);
    expect(Buffer.from(pair.access_token.split('.')[1] ?? '', 'base64url').toString()).not.toContain(
      'chosen',
    );
  });
});
