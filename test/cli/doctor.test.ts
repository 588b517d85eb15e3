import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { CliConfig } from '../../src/cli/config.ts';
import { checkConfiguration } from '../../src/cli/doctor/configuration.ts';
import type { Finding } from '../../src/cli/doctor/finding.ts';
import { StoreError } from '../../src/core/errors.ts';
import { allowlists } from '../../src/services/allowlists.ts';
import { apiKeys } from '../../src/services/api-keys.ts';
import { memoryStore } from '../../src/stores/memory.ts';
import { toolFolder, toolOn, type ToolRun } from './tool.ts';

const folder = toolFolder();

// How long a store takes is judged by the date, and a busy machine must not make a slow store.
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const SECRET = randomBytes(32).toString('base64url');

function configWith(members: object = {}): CliConfig {
  const store = memoryStore();
  return {
    store,
    apiKeys: apiKeys({ store, productPrefix: 'acme' }),
    allowlists: allowlists({ store }),
    systems: [{ name: 'b2b', sessions: {} as never, close: async () => undefined }],
    trustedProxies: [],
    secrets: { JWT_SECRET: SECRET },
    ...members,
  };
}

function doctor(config: CliConfig, ...args: string[]): Promise<ToolRun> {
  return toolOn(folder, config)('doctor', ...args);
}

/** What is not sound, as `check: state, detail`, and the exit code. */
async function complaints(members: object): Promise<{ exit: number; found: readonly string[] }> {
  const { exit, out } = await doctor(configWith(members), '--json');
  const { findings } = JSON.parse(out) as { findings: readonly Finding[] };
  const unsound = findings.filter(({ state }) => state !== 'ok');
  expect(unsound.filter(({ mend }) => mend === null || mend.length < 20)).toEqual([]);
  return { exit, found: unsound.map(({ check, state, detail }) => `${check}: ${state}, ${detail}`) };
}

describe('portcullis doctor', () => {
  it('finds a sound configuration sound, and says what it checked', async () => {
    const { exit, out } = await doctor(configWith());
    expect([exit, out.split('\n')[0], out.split('\n').at(-1)]).toEqual([
      0,
      expect.stringMatching(/^CHECK +STATE +WHAT$/),
      'There is nothing to mend.',
    ]);
    const checks = out.split('\n').map((line) => line.split('  ')[0]);
    for (const check of [
      'node',
      'systems',
      'secret JWT_SECRET',
      'proxies',
      'store',
      'records',
      'feed',
      'clock',
    ]) {
      expect(checks).toContain(check);
    }
  });

  it('leaves nothing behind in the store', async () => {
    const config = configWith();
    const kept: unknown[] = [];
    const { store } = config;
    const put = store.put.bind(store);
    const remove = store.delete.bind(store);
    Object.assign(config.store, {
      put: (...args: Parameters<typeof put>) => (kept.push(args[1]), put(...args)),
      delete: (...args: Parameters<typeof remove>) => (
        kept.splice(kept.indexOf(args[1]), 1),
        remove(...args)
      ),
    });
    await doctor(config);
    expect(kept).toEqual([]);
  });

  it.each<[string, object, number, readonly string[]]>([
    [
      'a slip in a name',
      { apiKey: {} },
      0,
      ['configuration: warning, "apiKey" is not known and does nothing'],
    ],
    ['no systems', { systems: [] }, 0, ['systems: warning, none in the configuration']],
    [
      'two systems of one name',
      {
        systems: [
          { name: 'b2b', close: async () => undefined },
          { name: 'b2b', close: async () => undefined },
        ],
      },
      1,
      ['systems: wrong, two are called "b2b"'],
    ],
    [
      'no services',
      { apiKeys: undefined, allowlists: undefined },
      0,
      ['apiKeys: warning, not in the configuration', 'allowlists: warning, not in the configuration'],
    ],
    ['no secrets', { secrets: undefined }, 0, ['secrets: warning, not in the configuration']],
    [
      'a short secret',
      { secrets: { A: 'short' } },
      1,
      ['secret A: wrong, A: a secret for HS256 needs at least 32 bytes'],
    ],
    [
      'an empty secret',
      { secrets: { A: '' } },
      1,
      ['secret A: wrong, A: a secret for HS256 needs at least 32 bytes'],
    ],
    [
      'one byte many times',
      { secrets: { A: 'a'.repeat(64) } },
      1,
      ['secret A: wrong, A: the secret repeats one byte'],
    ],
    [
      'a pattern',
      { secrets: { A: 'k9X-'.repeat(16) } },
      0,
      ['secret A: warning, it repeats its first 4 bytes'],
    ],
    [
      'a word of examples',
      { secrets: { A: `${SECRET}-changeme` } },
      0,
      ['secret A: warning, it holds a word that stands in examples'],
    ],
    [
      'a sentence',
      { secrets: { A: 'the moon is a balloon over a lagoon' } },
      0,
      ['secret A: warning, it is made of letters and marks only, as a sentence is'],
    ],
    [
      'one secret for two purposes',
      { secrets: { A: SECRET, B: SECRET } },
      1,
      ['secret B: wrong, the same as A'],
    ],
    ['no word on proxies', { trustedProxies: undefined }, 0, ['proxies: warning, not in the configuration']],
    [
      'everybody as a proxy',
      { trustedProxies: ['0.0.0.0/0'] },
      1,
      [expect.stringContaining('proxy 0.0.0.0/0: wrong, ')],
    ],
    [
      'a proxy that is none',
      { trustedProxies: ['010.0.0.1'] },
      1,
      [expect.stringContaining('proxy 010.0.0.1: wrong, ')],
    ],
    [
      'a broad public network',
      { trustedProxies: ['198.0.0.0/10'] },
      0,
      [
        'proxy 198.0.0.0/10: warning, 198.0.0.0/10 is public and broad: whoever has an address in it says where requests come from',
      ],
    ],
  ])('judges %s', async (_what, members, exit, found) => {
    expect(await complaints(members)).toEqual({ exit, found });
  });

  it('LG-01 tells nothing of a secret, however weak it is', async () => {
    const weak = {
      A: 'hunter2',
      B: 'hunter2hunter2hunter2hunter2hunter2',
      C: 'changeme-and-then-some-more-words',
    };
    const config = configWith({ secrets: weak });
    const both = [await doctor(config), await doctor(config, '--json')].map(({ out }) => out).join('\n');
    expect(both).toContain('secret A');
    expect(both).not.toMatch(/hunter2|changeme/);
  });

  it.each(['hex', 'base64', 'base64url'] as const)(
    'finds nothing against 32 random bytes in %s',
    async (how) => {
      for (let count = 0; count < 50; count++) {
        const secret = randomBytes(32).toString(how);
        // By chance one may hold such a word, or no digit; what is shown here is the count of its bits.
        if (/secret|passw|test|12345|qwert|^\D+$/i.test(secret)) continue;
        expect(await complaints({ secrets: { A: secret } })).toEqual({ exit: 0, found: [] });
      }
    },
  );

  it('tells a store that is out of reach, with everything else, and by its own exit code', async () => {
    const config = configWith({ secrets: { A: 'short' } });
    Object.assign(config.store, { ping: () => Promise.reject(new StoreError('no answer in 2 s')) });
    const { exit, out, error } = await doctor(config);
    expect([exit, error]).toEqual([3, '']);
    expect(out).toMatch(/^store +wrong +out of reach: no answer in 2 s$/m);
    expect(out).toMatch(/^store: Start the engine, or correct where/m);
    expect(out).toMatch(/^secret A +wrong/m);
  });

  it.each([
    [400, 0, []],
    [-3_000, 0, ['clock: warning']],
    [3_600_000, 1, ['clock: wrong']],
  ])('judges a clock that is %i ms off', async (offMs, exit, found) => {
    const config = configWith();
    Object.assign(config.store, { ping: () => Promise.resolve({ serverNow: Date.now() + offMs }) });
    const { exit: ended, out } = await doctor(config, '--json');
    const { findings } = JSON.parse(out) as { findings: readonly Finding[] };
    const unsound = findings
      .filter(({ state }) => state !== 'ok')
      .map(({ check, state }) => `${check}: ${state}`);
    expect([ended, unsound]).toEqual([exit, found]);
  });

  it('finds a store wrong that does not keep what it is given', async () => {
    const config = configWith();
    Object.assign(config.store, { use: () => Promise.resolve(null) });
    const { exit, out } = await doctor(config);
    expect(exit).toBe(1);
    expect(out).toMatch(/^records +wrong/m);
  });

  it.each([
    ['20.18.3', 'wrong'],
    ['18.20.0', 'wrong'],
    ['20.19.0', 'ok'],
    ['24.0.0', 'ok'],
  ])('finds Node %s %s', (version, state) => {
    expect(checkConfiguration(configWith(), version)[0]).toMatchObject({ check: 'node', state });
  });
});
