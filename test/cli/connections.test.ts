import { describe, expect, it } from 'vitest';
import { ADA, closeScenesAfterEach, scene, type Scene } from '../services/connections/fixture.ts';
import { toolFolder, toolOn, type Tool } from './tool.ts';

const folder = toolFolder();
closeScenesAfterEach();

async function stage(): Promise<Scene & { readonly tool: Tool }> {
  const made = await scene();
  return { ...made, tool: toolOn(folder, { store: made.store, connections: made.service }) };
}

describe('portcullis connections list', () => {
  it('shows how the connections of a workspace stand', async () => {
    const { tool, connect, service, provider, clock } = await stage();
    const google = await connect();
    const meta = await connect('meta-ads', ADA, { subject: '9001' });
    await connect('google-ads', { user: 'eve', workspace: 'w2', browser: 'e' }, { subject: '2' });
    provider.withdraw('1077');
    clock.advance(3_600);
    await service.getAccessToken(google);

    const { exit, out } = await tool('connections', 'list', '--workspace', 'w1');
    const [heading, ...rows] = out.split('\n').map((line) => line.split(/ {2,}/));
    expect([exit, heading]).toEqual([0, ['CONNECTION', 'KIND', 'ACCOUNT', 'STATE', 'SINCE', 'REASON', 'BY']]);
    expect(rows.toSorted(byText)).toEqual(
      [
        [google.id, 'google-ads', 'ads@example.com', 'error', '2026-01-01T01:00:00Z', 'grant_revoked', 'ada'],
        [meta.id, 'meta-ads', 'Page of 9001', 'active', '2026-01-01T00:00:00Z', '-', 'ada'],
      ].toSorted(byText),
    );
  });

  it('gives the same as JSON, without any token, a page at a time', async () => {
    const { tool, connect } = await stage();
    const made = [await connect(), await connect('meta-ads')].toSorted((a, b) => (a.id < b.id ? -1 : 1));
    const first = await tool('connections', 'list', '--workspace', 'w1', '--limit', '1', '--json');
    const { items, next } = JSON.parse(first.out) as { items: unknown[]; next: string };
    const second = await tool('connections', 'list', '--workspace', 'w1', '--after', next, '--json');
    expect([items, JSON.parse(second.out)]).toEqual([[made[0]], { items: [made[1]], next: null }]);
    expect(first.out + second.out).not.toMatch(/tokens|ya29|EAA/);
  });

  it('says that there are none', async () => {
    const { tool } = await stage();
    expect(await tool('connections', 'list', '--workspace', 'w9')).toEqual({
      exit: 0,
      out: 'Workspace w9 has no connections.',
      error: '',
    });
  });
});

describe('portcullis connections check', () => {
  it('asks the providers, and ends with 0 when all is well', async () => {
    const { tool, connect, provider } = await stage();
    const [google, meta] = [await connect(), await connect('meta-ads', ADA, { subject: '9001' })];
    const before = provider.calls.length;
    const { exit, out } = await tool('connections', 'check', '--workspace', 'w1', '--json');
    const { ok, connections } = JSON.parse(out) as { ok: boolean; connections: { id: string }[] };
    expect([exit, ok, connections.map(({ id }) => id).toSorted()]).toEqual([
      0,
      true,
      [google.id, meta.id].toSorted(),
    ]);
    expect(provider.calls.length).toBe(before + 2);
  });

  it('ends with 1 when a grant is gone', async () => {
    const { tool, connect, provider } = await stage();
    const { id } = await connect();
    provider.withdraw('1077');
    const { exit, out } = await tool('connections', 'check', '--workspace', 'w1', id);
    expect([exit, out.split('\n')[1]?.split(/ {2,}/).slice(3, 6)]).toEqual([
      1,
      ['error', '2026-01-01T00:00:00Z', 'grant_revoked'],
    ]);
  });

  it('asks the others when one provider is out of reach, and ends with 3', async () => {
    const { tool, connect, provider } = await stage();
    await connect();
    await connect('meta-ads', ADA, { subject: '9001' });
    provider.misbehave('POST /token', (_request, response) => void response.writeHead(500).end());
    const { exit, out } = await tool('connections', 'check', '--workspace', 'w1');
    const states = out
      .split('\n')
      .slice(1)
      .map((line) => line.split(/ {2,}/).slice(1, 4));
    expect([exit, states.toSorted(byText)]).toEqual([
      3,
      [
        ['google-ads', 'ads@example.com', 'out of reach'],
        ['meta-ads', 'Page of 9001', 'active'],
      ],
    ]);
  });
});

describe('portcullis connections revoke', () => {
  it('forgets one, takes its grant back, and leaves the rest', async () => {
    const { tool, connect, service, provider, events } = await stage();
    const [google, meta] = [await connect(), await connect('meta-ads', ADA, { subject: '9001' })];
    const { exit, out } = await tool('connections', 'revoke', '--workspace', 'w1', google.id);
    expect([exit, out.split('\n')[1]?.split(/ {2,}/)]).toEqual([
      0,
      [google.id, 'google-ads', 'forgotten here, taken back at the provider'],
    ]);
    expect((await service.list('w1')).items).toEqual([meta]);
    expect(provider.callsOf('POST /revoke')).toHaveLength(1);
    expect(events.at(-1)).toMatchObject({ action: 'disconnected', author: 'portcullis connections' });
  });

  it('ends with 1 when the provider did not answer, and says what is left to do', async () => {
    const { tool, connect, service, provider } = await stage();
    await connect();
    provider.misbehave('POST /revoke', (_request, response) => void response.writeHead(500).end());
    const { exit, out } = await tool('connections', 'revoke', '--workspace', 'w1', '--yes');
    expect([exit, out.split('\n')[1]?.split(/ {2,}/)[2]]).toEqual([
      1,
      'forgotten here; the provider did not answer: remove the grant in its own settings',
    ]);
    expect((await service.list('w1')).items).toEqual([]);
  });

  it('asks for a confirmation before it ends all, and for one of both', async () => {
    const { tool, connect, service } = await stage();
    const { id } = await connect();
    expect(await tool('connections', 'revoke', '--workspace', 'w1')).toEqual({
      exit: 2,
      out: '',
      error: 'portcullis: name a connection, or end every connection of workspace w1 with --yes',
    });
    expect((await tool('connections', 'revoke', '--workspace', 'w1', id, '--yes')).exit).toBe(2);
    expect((await service.list('w1')).items).toHaveLength(1);
  });
});

describe('portcullis connections', () => {
  it.each(['check', 'revoke'])('%s ends with 1 for a connection of another workspace', async (command) => {
    const { tool, connect, service } = await stage();
    const { id } = await connect();
    expect(await tool('connections', command, '--workspace', 'w2', id)).toEqual({
      exit: 1,
      out: `There is no connection ${id} in this workspace.`,
      error: '',
    });
    expect((await service.list('w1')).items).toHaveLength(1);
  });

  it.each(['list', 'check', 'revoke'])('%s needs a workspace', async (command) => {
    const { tool } = await stage();
    expect(await tool('connections', command)).toEqual({
      exit: 2,
      out: '',
      error: 'portcullis: --workspace is required',
    });
  });

  it('reseal says how many were sealed again, and whether any key is missing', async () => {
    const { tool, connect, another, store } = await stage();
    await connect();
    expect((await tool('connections', 'reseal')).out).toBe(
      '0 connection(s) sealed again. Former keys are needed no more.',
    );
    const stranger = another({
      sealing: { primary: Buffer.from(Array.from({ length: 32 }, (_, n) => n * 7 + 1)) },
    });
    const elsewhere = toolOn(folder, { store, connections: stranger });
    expect(await elsewhere('connections', 'reseal', '--json')).toEqual({
      exit: 1,
      out: '{"resealed":0,"unreadable":1}',
      error: '',
    });
  });

  it('are not administered where the configuration has none', async () => {
    const { store } = await stage();
    expect(await toolOn(folder, { store })('connections', 'list', '--workspace', 'w1')).toEqual({
      exit: 2,
      out: '',
      error: 'portcullis: the configuration has no connections',
    });
  });
});

function byText(a: readonly string[], b: readonly string[]): number {
  return a.join() < b.join() ? -1 : 1;
}
