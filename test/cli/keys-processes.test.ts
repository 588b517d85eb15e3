import { beforeAll, describe, expect, it, vi } from 'vitest';
import { ask, type Answered } from '../examples/client.ts';
import type { ReadyLine } from '../examples/host.ts';
import { serverProcesses, WITHIN } from './server-processes.ts';

const processes = serverProcesses();

/** The tool, in a call that succeeds. */
async function tool(...args: readonly string[]): Promise<Record<string, unknown>> {
  const { code, json } = await processes.tool(...args);
  expect([args, code]).toEqual([args, 0]);
  return json;
}

describe('two server processes on one SQLite file', { timeout: 90_000 }, () => {
  let servers: readonly [ReadyLine, ReadyLine];
  let key: string;
  let id: string;

  beforeAll(async () => {
    servers = [await processes.start(), await processes.start()];
    const made = await tool('keys', 'create', '--workspace', servers[0].jwt.workspace, '--name', 'nightly');
    key = String(made['key']);
    id = (made['record'] as { id: string }).id;
  }, 60_000);

  /** What both servers answer to a key, for a client at this address. */
  async function both(presented: string, address = '203.0.113.7'): Promise<readonly number[]> {
    const answers = servers.map(({ url }): Promise<Answered> =>
      ask(`${url}/api/v1/audiences/`, {
        authorization: `Api-Key ${presented}`,
        headers: { 'X-Forwarded-For': address },
      }),
    );
    return (await Promise.all(answers)).map(({ status }) => status);
  }

  it('put an edit of a key by the tool in force within two seconds', async () => {
    expect(await both(key)).toEqual([200, 200]);
    await tool('keys', 'update', id, '--network', '198.51.100.0/24');
    await vi.waitFor(async () => expect(await both(key)).toEqual([403, 403]), WITHIN);
    expect(await both(key, '198.51.100.7')).toEqual([200, 200]);
    await tool('keys', 'update', id, '--network', 'any', '--expires', '2020-01-01T00:00Z');
    await vi.waitFor(async () => expect(await both(key)).toEqual([401, 401]), WITHIN);
    await tool('keys', 'update', id, '--expires', 'never');
    await vi.waitFor(async () => expect(await both(key)).toEqual([200, 200]), WITHIN);
  });

  it('count the requests of a key together', async () => {
    await tool('keys', 'update', id, '--rate', '4/1h');
    // Requests that were let pass before a server knew of the rate are not counted by it.
    await vi.waitFor(async () => expect(await both(key)).toEqual([429, 429]), WITHIN);
    await tool('keys', 'update', id, '--rate', 'none');
    await vi.waitFor(async () => expect(await both(key)).toEqual([200, 200]), WITHIN);
  });

  it('AK-06 accept both secrets while it is rotated, and neither once it is revoked', async () => {
    const next = String((await tool('keys', 'rotate', id))['key']);
    await vi.waitFor(async () => expect(await both(next)).toEqual([200, 200]), WITHIN);
    expect(await both(key)).toEqual([200, 200]);
    await tool('keys', 'revoke', id);
    await vi.waitFor(
      async () => expect([await both(key), await both(next)].flat()).toEqual(Array(4).fill(401)),
      WITHIN,
    );
  });

  it('have every edit of the tool in the audit log, and nothing of a key but its public id', () => {
    const events = processes.auditEvents();
    const edits = events.filter(({ keyId }) => keyId === id);
    expect(edits.map(({ action }) => action)).toEqual([
      'created',
      'updated',
      'updated',
      'updated',
      'updated',
      'updated',
      'rotated',
      'revoked',
    ]);
    expect(edits.every(({ author }) => author === 'portcullis keys')).toBe(true);
    const limited = events.filter(({ reason }) => reason === 'rate_limited');
    expect(new Set(limited.map(({ rule }) => rule))).toEqual(new Set([`key ${id}`]));
    expect(processes.auditLog()).not.toContain(key.split('_').at(-1));
  });
});
