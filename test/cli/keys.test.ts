import { describe, expect, it } from 'vitest';
import { isAuthError } from '../../src/core/errors.ts';
import type { ApiKeyEvent } from '../../src/core/events.ts';
import { apiKeys, type ApiKeyRecord } from '../../src/services/api-keys.ts';
import { memoryStore } from '../../src/stores/memory.ts';
import { toolFolder, toolOn } from './tool.ts';

const folder = toolFolder();

function stage() {
  const store = memoryStore();
  const events: ApiKeyEvent[] = [];
  const keys = apiKeys({ store, productPrefix: 'acme', onEvent: (event) => events.push(event) });
  const run = toolOn(folder, { store, apiKeys: { ...keys, close: async () => undefined } });
  async function create(...more: string[]): Promise<{ readonly key: string; readonly record: ApiKeyRecord }> {
    const { out } = await run('keys', 'create', '--workspace', 'w1', '--name', 'export', ...more, '--json');
    return JSON.parse(out) as { key: string; record: ApiKeyRecord };
  }
  return { keys, run, create, events };
}

describe('portcullis keys', () => {
  it('creates a key with everything that can be said of it', async () => {
    const { create } = stage();
    const { record } = await create(
      '--label',
      'of the build server',
      '--scope',
      'reports:read',
      '--scope',
      'reports:write',
      '--network',
      '198.51.100.0/24',
      '--expires',
      '2100-01-31T12:00Z',
      '--rate',
      '100/1m',
    );
    expect(record).toMatchObject({
      workspace: 'w1',
      name: 'export',
      label: 'of the build server',
      scopes: ['reports:read', 'reports:write'],
      networks: ['198.51.100.0/24'],
      expiresAt: Date.UTC(2100, 0, 31, 12),
      rateLimit: { limit: 100, windowSeconds: 60 },
    });
  });

  it('lists keys with networks, rate and label, and the secrets that work', async () => {
    const { create, run } = stage();
    const { record } = await create('--network', '198.51.100.7', '--rate', '5/1h', '--label', 'the old one');
    await run('keys', 'rotate', record.id);
    const { out } = await run('keys', 'list', '--workspace', 'w1');
    const [head = '', row = ''] = out.split('\n').map((line) => line.replaceAll(/ {2,}/g, ' | '));
    expect(head).toBe(
      'KEYID | NAME | STATE | CREATED | EXPIRES | SCOPES | NETWORKS | RATE | SECRETS | LABEL',
    );
    expect(row).toMatch(
      new RegExp(
        `^${record.id} \\| export \\| active \\| [\\dT:-]+Z \\| - \\| - \\| 198.51.100.7/32 \\| 5/3600s \\| 2 \\| the old one$`,
      ),
    );
  });

  it('pages through a long list', async () => {
    const { create, run } = stage();
    const ids = [];
    for (let count = 0; count < 5; count++) ids.push((await create()).record.id);
    const seen: string[] = [];
    let after: string[] = [];
    for (let page = 0; page < 10; page++) {
      const { out } = await run('keys', 'list', '--workspace', 'w1', '--limit', '2', ...after, '--json');
      const { items, next } = JSON.parse(out) as { items: ApiKeyRecord[]; next: string | null };
      seen.push(...items.map(({ id }) => id));
      if (next === null) break;
      after = ['--after', next];
    }
    expect(seen).toEqual(ids.toSorted());
  });

  it('changes what is given, leaves the rest, and takes away what is said to be none', async () => {
    const { create, run, keys, events } = stage();
    const { record, key } = await create(
      '--scope',
      'a',
      '--network',
      '10.0.0.0/8',
      '--expires',
      '1d',
      '--rate',
      '1/1m',
    );
    const { exit, out } = await run(
      'keys',
      'update',
      record.id,
      '--label',
      'moved',
      '--network',
      '192.0.2.1',
      '--author',
      'ada',
    );
    expect([exit, out.split('\n')[0]]).toEqual([0, `Key ${record.id}: label, networks changed.`]);
    expect(await keys.find(record.id)).toMatchObject({
      label: 'moved',
      networks: ['192.0.2.1/32'],
      scopes: ['a'],
      rateLimit: { limit: 1, windowSeconds: 60 },
    });
    expect(events.at(-1)).toMatchObject({ action: 'updated', author: 'ada', keyId: record.id });
    await run(
      ...['keys', 'update', record.id, '--label', '', '--scope', 'none'].concat([
        '--network',
        'any',
        '--expires',
        'never',
        '--rate',
        'none',
      ]),
    );
    expect(await keys.find(record.id)).toMatchObject({
      label: null,
      networks: null,
      scopes: [],
      expiresAt: null,
      rateLimit: null,
    });
    expect(isAuthError(await keys.verify(key))).toBe(false);
  });

  it('finishes a rotation, and says when there is nothing to finish', async () => {
    const { create, run } = stage();
    const { record } = await create();
    const none = await run('keys', 'finish-rotation', record.id, '--quiet-days', '7');
    expect([none.exit, none.out]).toEqual([
      0,
      `Nothing to retire: only the current secret of key ${record.id} works.`,
    ]);
    await run('keys', 'rotate', record.id);
    const early = await run('keys', 'finish-rotation', record.id, '--quiet-days', '7');
    expect(early.exit).toBe(1);
    expect(early.out).toMatch(
      /^Not yet: an earlier secret of key \S+ was last used \S+Z; quiet for long enough from \S+Z on\.$/,
    );
  });

  it.each<[string, readonly string[], RegExp]>([
    ['nothing to change', ['keys', 'update', 'AbCdEfGh'], /say what to change/],
    [
      'a rate without a window',
      ['keys', 'update', 'AbCdEfGh', '--rate', '100'],
      /--rate must be a number of requests/,
    ],
    ['a rate of nothing', ['keys', 'update', 'AbCdEfGh', '--rate', '0/1m'], /rateLimit.limit must be/],
    [
      'any beside a network',
      ['keys', 'update', 'AbCdEfGh', '--network', 'any', '--network', '10.0.0.1'],
      /--network any stands alone/,
    ],
    [
      'a network that is none',
      ['keys', 'update', 'AbCdEfGh', '--network', '10/8'],
      /apiKeys.update.networks/,
    ],
    ['a label over two lines', ['keys', 'update', 'AbCdEfGh', '--label', 'a\nb'], /on one line/],
    [
      'an expiry without an offset',
      ['keys', 'update', 'AbCdEfGh', '--expires', '2027-01-31'],
      /--expires must be/,
    ],
    [
      'a page of no number',
      ['keys', 'list', '--workspace', 'w1', '--limit', 'many'],
      /--limit must be a whole number/,
    ],
  ])('refuses %s with exit code 2', async (_what, args, message) => {
    const { run } = stage();
    const { exit, out, error } = await run(...args);
    expect([exit, out]).toEqual([2, '']);
    expect(error).toMatch(message);
  });

  it.each(['update', 'rotate', 'usage', 'revoke'])(
    'says with exit code 1 that there is no key to %s',
    async (what) => {
      const { run } = stage();
      const { exit, out } = await run(
        'keys',
        what,
        'AbCdEfGh',
        ...(what === 'update' ? ['--label', 'x'] : []),
      );
      expect([exit, out]).toEqual([1, 'There is no live key AbCdEfGh.']);
    },
  );
});
