import { beforeAll, describe, expect, it, vi } from 'vitest';
import { ask, signInB2b } from '../examples/client.ts';
import type { ReadyLine } from '../examples/host.ts';
import { serverProcesses, WITHIN } from './server-processes.ts';

const { start, tool, toolText, auditEvents } = serverProcesses();

const OFFICE = '203.0.113.7';
const ELSEWHERE = '198.51.100.1';

describe('two server processes on one SQLite file', { timeout: 90_000 }, () => {
  let servers: readonly [ReadyLine, ReadyLine];
  let access: string;
  let list: readonly [string, string];

  beforeAll(async () => {
    servers = [await start(), await start()];
    access = (await signInB2b(servers[0])).access;
    list = ['--client', String(servers[0].b2b.client_id)];
  }, 60_000);

  /** What both servers answer to the token that is in use, for a client at this address. */
  async function both(address: string): Promise<readonly number[]> {
    const answers = servers.map(({ url }) =>
      ask(`${url}/api/v1/products`, {
        authorization: `Bearer ${access}`,
        headers: { 'X-Forwarded-For': address },
      }),
    );
    return (await Promise.all(answers)).map(({ status }) => status);
  }

  it('put an edit of the tool in force within two seconds, without a new token', async () => {
    expect([await both(OFFICE), await both(ELSEWHERE)]).toEqual([
      [200, 200],
      [200, 200],
    ]);
    const edits: readonly (readonly [readonly string[], readonly [number, number]])[] = [
      [
        ['add', ...list, '203.0.113.0/24', '--from', OFFICE],
        [200, 403],
      ],
      [
        ['add', ...list, ELSEWHERE],
        [200, 200],
      ],
      [
        ['remove', ...list, ELSEWHERE, '--from', OFFICE],
        [200, 403],
      ],
      [
        ['observe', ...list],
        [200, 200],
      ],
      [
        ['enforce', ...list, '--from', OFFICE],
        [200, 403],
      ],
      [
        ['break-glass', ...list, '--author', 'ada', '--reason', 'drill', '--for', '10m'],
        [200, 200],
      ],
      [
        ['break-glass', ...list, '--end', '--from', OFFICE],
        [200, 403],
      ],
      [
        ['off', ...list],
        [200, 200],
      ],
      [
        ['enforce', ...list, '--from', OFFICE],
        [200, 403],
      ],
      [
        ['clear', ...list],
        [200, 200],
      ],
    ];
    for (const [args, [office, elsewhere]] of edits) {
      const { code } = await tool('allowlist', ...args);
      expect([args, code]).toEqual([args, 0]);
      await vi.waitFor(async () => {
        expect([args[0], await both(ELSEWHERE), await both(OFFICE)]).toEqual([
          args[0],
          [elsewhere, elsewhere],
          [office, office],
        ]);
      }, WITHIN);
    }
  });

  it('have every edit of the tool in the audit log, with who overrode a list, why, and until when', () => {
    const events = auditEvents();
    const edits = events.filter(({ type }) => type === 'allowlist');
    const subject = `client:${list[1]}`;
    expect(edits.map((event) => [event['list'], event['action']])).toEqual(
      [
        'added',
        'added',
        'removed',
        'observed',
        'enforced',
        'overridden',
        'override_ended',
        'switched_off',
        'enforced',
        'cleared',
      ].map((action) => [subject, action]),
    );
    const [override] = edits.filter(({ action }) => action === 'overridden');
    expect(override).toMatchObject({ author: 'ada', reason: 'drill' });
    expect(Number(override?.['until']) - Number(override?.['at'])).toBeGreaterThan(590_000);
    const denied = events.filter(({ reason }) => reason === 'ip_denied');
    expect(new Set(denied.map(({ rule }) => rule))).toEqual(new Set([subject]));
  });

  it('write what they would have refused where the tool reads it', async () => {
    await tool('allowlist', 'add', ...list, '203.0.113.0/24', '--observe');
    // Until both have taken note, what they are asked is not observed.
    await vi.waitFor(
      async () => {
        expect(await both(ELSEWHERE)).toEqual([200, 200]);
        const { json } = await tool('allowlist', 'report', ...list);
        const [line] = json['lines'] as { count: number }[];
        expect(line).toMatchObject({
          network: '198.51.100.0/24',
          route: 'GET /api/v1/products',
          admitted: 'none',
        });
        expect(line?.count).toBeGreaterThanOrEqual(2);
      },
      { timeout: 20_000, interval: 200 },
    );
    await tool('allowlist', 'clear', ...list);
  });

  it('hold an API key to the list of its workspace', async () => {
    const workspace = ['--workspace', servers[0].jwt.workspace] as const;
    const audiences = async (address: string): Promise<readonly number[]> => {
      const answers = servers.map(({ url, apiKey }) =>
        ask(`${url}/api/v1/audiences/`, {
          authorization: `Api-Key ${apiKey}`,
          headers: { 'X-Forwarded-For': address },
        }),
      );
      return (await Promise.all(answers)).map(({ status }) => status);
    };
    expect(await audiences(ELSEWHERE)).toEqual([200, 200]);
    expect(await tool('allowlist', 'add', ...workspace, OFFICE)).toMatchObject({ code: 0 });
    await vi.waitFor(async () => expect(await audiences(ELSEWHERE)).toEqual([403, 403]), WITHIN);
    expect(await audiences(OFFICE)).toEqual([200, 200]);
    expect(await tool('allowlist', 'clear', ...workspace)).toMatchObject({ code: 0 });
    await vi.waitFor(async () => expect(await audiences(ELSEWHERE)).toEqual([200, 200]), WITHIN);
  });
});

describe('the tool with proxies that strangers are among', () => {
  it('IP-02 IP-05 enforces nothing, and says how to mend it', () => {
    const args = ['allowlist', 'add', '--client', '7', '203.0.113.7', '--yes'];
    const { status, stderr } = toolText(args, { TRUSTED_PROXIES: '0.0.0.0/0' });
    expect(status).toBe(2);
    expect(stderr).toContain(
      'trusts every address, so that every client could choose its own; name the networks of the proxies.',
    );
  });
});
