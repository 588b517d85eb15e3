import { describe, expect, it } from 'vitest';
import { runCli } from '../../src/cli/run.ts';
import type { CliConfig } from '../../src/cli/config.ts';
import { StoreError } from '../../src/core/errors.ts';
import { folder, NOW, stage, standStill } from './allowlist-stage.ts';
import { toolOn } from './tool.ts';

standStill();

describe('portcullis allowlist', () => {
  it.each([[['allowlist']], [['allowlist', '--help']]])('lists its commands for %j', async (args) => {
    const out: string[] = [];
    expect(await runCli(args, { out: (text) => out.push(text), error: () => undefined })).toBe(0);
    const named = [...(out[0] ?? '').matchAll(/^ {2}(\w+) ([\w-]+)/gm)].map(([, , command]) => command);
    expect(named).toEqual(
      'add list remove clear check explain observe report enforce off break-glass'.split(' '),
    );
  });

  it.each('add list remove clear check explain observe report enforce off break-glass'.split(' '))(
    'has a help text with an example for %s',
    async (command) => {
      const out: string[] = [];
      const output = { out: (text: string) => out.push(text), error: () => undefined };
      expect(await runCli(['allowlist', command, '--help'], output)).toBe(0);
      expect(out[0]).toContain(`  $ portcullis allowlist ${command}`);
    },
  );

  it('takes ids that begin with a dash, as a word and as a value', async () => {
    const { tool, lists, config } = stage();
    const entry = { id: '-ab_cdefghij', network: '203.0.113.7/32', createdAt: 0 };
    await config.store.put('allowlist', 'key:-k1', { configured: true, mode: 'enforce', entries: [entry] });
    expect(await tool('allowlist', 'remove', '--key', '-k1', '-ab_cdefghij')).toMatchObject({ exit: 0 });
    expect(await lists.list('key:-k1')).toMatchObject({ entries: [] });
    expect(await tool('allowlist', 'list', '-h')).toMatchObject({ exit: 0 });
    expect(await tool('allowlist', 'list', '-x')).toMatchObject({ exit: 2 });
  });

  it('has JSON for every answer', async () => {
    const { tool } = stage();
    const json = async (...args: string[]): Promise<unknown> =>
      JSON.parse((await tool('allowlist', ...args, '--client', '7', '--json')).out);
    expect(await json('add', '203.0.113.0/24')).toMatchObject({
      ok: true,
      list: 'client:7',
      configured: true,
      mode: 'enforce',
      entryCount: 1,
      added: [{ network: '203.0.113.0/24' }],
      warnings: [],
    });
    expect(await json('add', '10/8')).toEqual({
      list: 'client:7',
      ok: false,
      code: 'network_invalid',
      problem: 'An IPv4 address has four octets, as in 10.0.0.0/8.',
    });
    expect(await json('check', '192.0.2.1')).toEqual({
      address: '192.0.2.1',
      passes: false,
      refusedBy: ['client:7'],
    });
    expect(await json('explain', '203.0.113.1')).toMatchObject({ because: 'entry', passes: true });
    expect(await json('observe')).toMatchObject({ mode: 'observe', changed: true });
    expect(await json('enforce', '--yes')).toMatchObject({ mode: 'enforce', changed: true });
    expect(await json('break-glass', '--author', 'a', '--reason', 'b')).toMatchObject({
      ok: true,
      override: { author: 'a', reason: 'b', until: NOW + 3_600_000 },
    });
    expect(await json('clear')).toMatchObject({ ok: true, configured: false, removed: [{}] });
  });

  it('exits with 3 when the store is out of reach, also for a list that is damaged', async () => {
    const { tool, config } = stage();
    await config.store.put('allowlist', 'client:7', { configured: 1 });
    expect(await tool('allowlist', 'list', '--client', '7')).toMatchObject({
      exit: 3,
      error: expect.stringContaining('the allowlist of "client:7" cannot be read'),
    });
    const down = Object.assign(Object.create(config.store) as CliConfig['store'], {
      get: () => Promise.reject(new StoreError('no answer in 2 s')),
    });
    expect(await toolOn(folder, { store: down })('allowlist', 'add', '--client', '7', '203.0.113.7')).toEqual(
      {
        exit: 3,
        out: '',
        error: 'portcullis: the store is out of reach: no answer in 2 s',
      },
    );
  });
});
