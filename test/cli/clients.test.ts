import { describe, expect, it } from 'vitest';
import { oauthClients, type OAuthClients } from '../../src/services/oauth-clients.ts';
import { memoryStore } from '../../src/stores/memory.ts';
import { movableClock } from '../support/movable-clock.ts';
import { toolFolder, toolOn, type Tool } from './tool.ts';

const folder = toolFolder();

function stage(): { readonly tool: Tool; readonly clients: OAuthClients } {
  const clock = movableClock();
  const store = memoryStore({ clock });
  const clients = oauthClients({ store, clock });
  return { tool: toolOn(folder, { store, oauthClients: clients }), clients };
}

const SYNC =
  '--name Sync --owner Acme --scope rest_api:read --grant code --grant refresh --redirect-uri https://app.example.com/callback'.split(
    ' ',
  );

describe('portcullis clients create', () => {
  it('makes an application and prints its id and its secret', async () => {
    const { tool, clients } = stage();
    const { exit, out } = await tool('clients', 'create', ...SYNC);
    expect(exit).toBe(0);
    const [, id = '', secret] =
      /^client_id {6}(\S+)\nclient_secret {2}(\S{43})\n\nThe secret is not shown again\.$/.exec(out) ?? [];
    expect(secret).toBeDefined();
    expect(await clients.find(id)).toMatchObject({
      clientId: id,
      name: 'Sync',
      owner: 'Acme',
      type: 'confidential',
      grants: ['authorization_code', 'refresh_token'],
      scopes: ['rest_api:read'],
      redirectUris: ['https://app.example.com/callback'],
      serviceAccount: false,
      teams: [],
      disabledAt: null,
    });
  });

  it('makes public ones, ones with teams and ones for service accounts, and gives JSON', async () => {
    const { tool } = stage();
    const device = ['--name', 'Desk', '--owner', 'Acme', '--grant', 'device', '--public', '--id', 'desk'];
    expect((await tool('clients', 'create', ...device)).out).toBe(
      'client_id      desk\n\nIt is public and has no secret.',
    );
    const team = [
      '--name',
      'Export',
      '--owner',
      'Acme',
      '--grant',
      'client-credentials',
      '--team',
      't1',
      '--json',
    ];
    expect(JSON.parse((await tool('clients', 'create', ...team)).out)).toMatchObject({
      clientSecret: expect.stringMatching(/^[\w-]{43}$/) as unknown,
      client: { teams: ['t1'], grants: ['client_credentials'] },
    });
    const service = await tool(
      'clients',
      'create',
      ...SYNC,
      '--service-account',
      '--introspects-all',
      '--json',
    );
    expect(JSON.parse(service.out)).toMatchObject({ client: { serviceAccount: true, introspectsAll: true } });
  });

  it.each([
    ['no name', ['--owner', 'A', '--grant', 'device'], '--name is required'],
    ['no grant', ['--name', 'A', '--owner', 'A'], '--grant is required'],
    [
      'another grant',
      ['--name', 'A', '--owner', 'A', '--grant', 'password'],
      '--grant must be code, refresh,',
    ],
    [
      'a public one with client credentials',
      ['--name', 'A', '--owner', 'A', '--grant', 'client-credentials', '--public'],
      'a public application has no secret',
    ],
    ['a wildcard', [...SYNC, '--redirect-uri', 'https://*.example.com/'], 'without a wildcard'],
    [
      'plain http',
      [...SYNC, '--redirect-uri', 'http://app.example.com/'],
      'with http and a loopback address',
    ],
  ])('refuses %s', async (_name, args, sentence) => {
    const { tool, clients } = stage();
    const { exit, out, error } = await tool('clients', 'create', ...args);
    expect([exit, out]).toEqual([2, '']);
    expect(error).toContain(sentence);
    expect((await clients.list()).items).toEqual([]);
  });
});

describe('portcullis clients update', () => {
  it('changes what is given and leaves the rest', async () => {
    const { tool, clients } = stage();
    await tool('clients', 'create', ...SYNC, '--id', 'sync');
    const before = await clients.find('sync');
    const changes = ['--name', 'Sync 2', '--grant', 'code', '--scope', 'rest_api:write'];
    const { exit, out } = await tool('clients', 'update', 'sync', ...changes);
    expect({ exit, out }).toEqual({
      exit: 0,
      out: 'Client sync has other name, grants, scopes; this holds for what it asks from now on.',
    });
    expect(await clients.find('sync')).toEqual({
      ...before,
      name: 'Sync 2',
      grants: ['authorization_code'],
      scopes: ['rest_api:write'],
    });
  });

  it.each([
    [
      ['sync'],
      2,
      'portcullis: say what to change: --name, --owner, --grant, --scope, --redirect-uri or --team',
    ],
    [
      ['sync', '--grant', 'password'],
      2,
      'portcullis: --grant must be code, refresh, client-credentials or device, not "password"',
    ],
  ])('is wrongly called as %j', async (args, exit, error) => {
    const { tool } = stage();
    await tool('clients', 'create', ...SYNC, '--id', 'sync');
    expect(await tool('clients', 'update', ...args)).toMatchObject({ exit, error });
  });

  it('refuses what no application may be, and an application that there is not', async () => {
    const { tool, clients } = stage();
    await tool('clients', 'create', ...SYNC, '--id', 'sync');
    const refused = await tool('clients', 'update', 'sync', '--redirect-uri', 'http://app.example.com/#x');
    expect(refused.exit).toBe(2);
    expect(await clients.find('sync')).toMatchObject({ redirectUris: ['https://app.example.com/callback'] });
    expect(await tool('clients', 'update', 'nobody', '--name', 'X')).toMatchObject({
      exit: 1,
      out: 'There is no client nobody.',
    });
  });
});

describe('portcullis clients list', () => {
  it('shows the applications without their secrets, a page at a time', async () => {
    const { tool, clients } = stage();
    expect((await tool('clients', 'list')).out).toBe('There are no OAuth applications.');
    const secrets: string[] = [];
    for (const clientId of ['a', 'b', 'c']) {
      const made = await clients.create({
        clientId,
        name: `App ${clientId}`,
        owner: 'Acme',
        type: 'confidential',
        grants: ['client_credentials'],
      });
      secrets.push(made.clientSecret ?? '');
    }
    await clients.disable('b');
    const { out } = await tool('clients', 'list');
    expect(out.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
      ['CLIENTID', 'NAME', 'OWNER', 'TYPE', 'STATE', 'GRANTS', 'SCOPES', 'CREATED'],
      ['a', 'App a', 'Acme', 'confidential', 'enabled', 'client-credentials', '-', '2026-01-01T00:00:00Z'],
      ['b', 'App b', 'Acme', 'confidential', 'disabled', 'client-credentials', '-', '2026-01-01T00:00:00Z'],
      ['c', 'App c', 'Acme', 'confidential', 'enabled', 'client-credentials', '-', '2026-01-01T00:00:00Z'],
    ]);
    const first = await tool('clients', 'list', '--limit', '2');
    expect(first.out).toMatch(/\n\nMore: --after b$/);
    const rest = await tool('clients', 'list', '--after', 'b', '--json');
    expect(JSON.parse(rest.out)).toMatchObject({ items: [{ clientId: 'c' }], next: null });
    expect(out + rest.out).not.toMatch(/hash/);
    for (const secret of secrets) expect(out + rest.out).not.toContain(secret);
  });
});

describe('portcullis clients disable, enable and rotate-secret', () => {
  it('switch an application and say so', async () => {
    const { tool, clients } = stage();
    await clients.create({ clientId: 'a', name: 'A', owner: 'A', type: 'public', grants: ['refresh_token'] });
    const text = async (command: string) => (await tool('clients', command, 'a')).out;
    expect(await text('disable')).toBe('Client a is disabled.');
    expect(await text('disable')).toBe('Client a is disabled already.');
    expect((await clients.find('a'))?.disabledAt).not.toBeNull();
    expect(await text('enable')).toBe('Client a is enabled.');
    expect((await clients.find('a'))?.disabledAt).toBeNull();
    expect(await tool('clients', 'rotate-secret', 'a')).toEqual({
      exit: 1,
      out: 'Client a is public and has no secret.',
      error: '',
    });
    for (const command of ['disable', 'enable', 'rotate-secret']) {
      expect(await tool('clients', command, 'nobody')).toEqual({
        exit: 1,
        out: 'There is no client nobody.',
        error: '',
      });
    }
  });

  it('gives a new secret, and the earlier one its overlap', async () => {
    const { tool, clients } = stage();
    const grants = ['client_credentials'] as const;
    const made = await clients.create({ clientId: 'a', name: 'A', owner: 'A', type: 'confidential', grants });
    const overlapping = await tool('clients', 'rotate-secret', 'a', '--overlap', '7d');
    expect(overlapping.out).toMatch(
      /^client_id {6}a\nclient_secret {2}\S{43}\n\nThe secret is not shown again\. The earlier one works until 2026-01-08T00:00:00Z\.$/,
    );
    expect(overlapping.out).not.toContain(made.clientSecret);
    const ended = await tool('clients', 'rotate-secret', 'a');
    expect(ended.out).toMatch(/ The earlier ones are over\.$/);
    expect((await clients.find('a'))?.secrets.map(({ serial }) => serial)).toEqual([3]);
  });

  it('need a configuration with applications', async () => {
    const tool = toolOn(folder, { store: memoryStore() });
    expect(await tool('clients', 'list')).toEqual({
      exit: 2,
      out: '',
      error: 'portcullis: the configuration has no oauthClients',
    });
  });
});
