import { describe, expect, it } from 'vitest';
import type { Directory } from '../../../src/core/directory.ts';
import { loginLimits } from '../../../src/services/login-limits.ts';
import { argon2Passwords, type Passwords } from '../../../src/services/passwords/argon2.ts';
import { memoryStore } from '../../../src/stores/memory.ts';
import { jwtPairSystem, type JwtPairSystem } from '../../../src/systems/jwt-pair/system.ts';
import { exchangeWith } from '../../support/fake-exchange.ts';
import { testDirectory } from './directory.ts';
import { expectRefusal, LOGIN_FAILED } from './expectations.ts';
import { PLAIN_HOSTS } from './hosts.ts';
import { SECRET, startStage, stopStagesAfterEach } from './stage.ts';

stopStagesAfterEach();

const EMAIL = 'ada@example.com';
const PASSWORD = 'correct horse battery staple';

describe.each(PLAIN_HOSTS)('Logins that fail, on $name', (host) => {
  it('AU-01 answer an unknown user, a wrong password and an inactive user in the same bytes', async () => {
    const stage = await startStage(host);
    stage.directory.grace.active = false;
    const { grace } = stage.directory;
    const answers = [
      await stage.create({ email: 'nobody@example.com', password: 'x' }),
      await stage.create({ email: EMAIL, password: 'x' }),
      await stage.create({ email: grace.email, password: grace.password }),
      await stage.create({ email: grace.email, password: 'x' }),
    ];
    for (const answer of answers) expectRefusal(answer, LOGIN_FAILED);
    const bytes = answers.map(({ everything }) => everything.replace(/^(Date\n).*$/m, '$1'));
    expect(new Set(bytes).size).toBe(1);
  });

  it('AU-01 ask the directory for a password in every case, and for nothing more in one than in another', async () => {
    const stage = await startStage(host);
    await stage.create({ email: 'nobody@example.com', password: 'x' });
    await stage.create({ email: EMAIL, password: 'x' });
    expect(stage.directory.calls).toEqual([
      'findLogin("nobody@example.com")',
      'verifyPassword(null)',
      `findLogin("${EMAIL}")`,
      'verifyPassword(1)',
    ]);
  });

  it('AU-08 refuse every type but text and numbers, and ask nobody', async () => {
    const stage = await startStage(host);
    const { password } = stage.directory.ada;
    for (const value of [true, false, null, [], [EMAIL], {}, { $gt: '' }, [[EMAIL]], { toString: EMAIL }]) {
      expect((await stage.create({ email: value, password })).status).toBe(400);
      expect((await stage.create({ email: EMAIL, password: value })).status).toBe(400);
    }
    expect(stage.directory.calls).toEqual([]);
  });
});

/** Trials of each kind; the median of so many is steady also on a busy machine. */
const TRIALS = 31;
/** Further apart than this, two medians would be worth an attacker's while. Without a dummy hash they differ a hundredfold. */
const BAND = 3;

describe('The time that a failed login takes', () => {
  it('AU-02 tells neither an unknown from a known user nor an active from an inactive one', async () => {
    const passwords = argon2Passwords({ memoryKib: 8_192, passes: 1 });
    const medians = await measure(
      await directoryOf(passwords, (hash, password) => passwords.verify(hash, password)),
    );
    for (const time of [medians.unknown, medians.inactive]) {
      expect(time / medians.wrong).toBeGreaterThan(1 / BAND);
      expect(time / medians.wrong).toBeLessThan(BAND);
    }
  });

  it('would tell, by the same measure, where a directory answers at once for nobody', async () => {
    const passwords = argon2Passwords({ memoryKib: 8_192, passes: 1 });
    const medians = await measure(
      await directoryOf(
        passwords,
        async (hash, password) => hash !== null && passwords.verify(hash, password),
      ),
    );
    expect(medians.unknown / medians.wrong).toBeLessThan(1 / BAND);
  });
});

async function directoryOf(passwords: Passwords, verify: Passwords['verify']): Promise<Directory> {
  const users = testDirectory();
  users.grace.active = false;
  const hashes = new Map<string, string>();
  for (const { id } of users.users) hashes.set(id, await passwords.hash(PASSWORD));
  return {
    findLogin: (name) => users.findLogin(name),
    findUser: (id) => users.findUser(id),
    verifyPassword: (user, password) =>
      verify(user === null ? null : (hashes.get(user.id) ?? null), password),
  };
}

type Kind = 'unknown' | 'wrong' | 'inactive';

/** Logins in turns, so that whatever else the machine does falls on all kinds alike. */
async function measure(directory: Directory): Promise<Readonly<Record<Kind, number>>> {
  const store = memoryStore();
  // It counts each failure as it does by default, and lets so many pass.
  const loginLimiter = loginLimits({ store, failuresPerNameAndAddress: TRIALS + 1 });
  const system = jwtPairSystem({ keys: SECRET, store, directory, loginLimiter });
  const times: Record<Kind, number[]> = { unknown: [], wrong: [], inactive: [] };
  const bodies: Readonly<Record<Kind, object>> = {
    unknown: { email: 'nobody@example.com', password: PASSWORD },
    wrong: { email: EMAIL, password: 'wrong' },
    inactive: { email: 'grace@example.com', password: PASSWORD },
  };
  for (let trial = 0; trial < TRIALS; trial++) {
    for (const kind of ['unknown', 'wrong', 'inactive'] as const) {
      const started = performance.now();
      await login(system, bodies[kind]);
      times[kind].push(performance.now() - started);
    }
  }
  await system.close();
  return { unknown: median(times.unknown), wrong: median(times.wrong), inactive: median(times.inactive) };
}

async function login(system: JwtPairSystem, value: object): Promise<void> {
  const path = '/api/v1/jwt/create/';
  const body = () => Promise.resolve({ kind: 'parsed', value, contentType: 'application/json' } as const);
  const reply = await system.handle(
    exchangeWith({}, { method: 'POST', path, mountedPath: path, body }),
    path,
  );
  expect(reply).toMatchObject({ status: 401, body: LOGIN_FAILED.body });
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] as number;
}
