import { describe, expect, it } from 'vitest';
import { isAuthError } from '../../../src/core/errors.ts';
import {
  oauthClients,
  type NewOAuthClient,
  type OAuthClientEvent,
} from '../../../src/services/oauth-clients.ts';
import { clientAuthentication } from '../../../src/services/oauth-clients/authentication.ts';
import { memoryStore } from '../../../src/stores/memory.ts';
import { complaint } from '../../support/complaint.ts';
import { movableClock } from '../../support/movable-clock.ts';

const APP: NewOAuthClient = {
  clientId: 'app',
  name: 'Research Sync',
  owner: 'Acme Ltd',
  type: 'confidential',
  grants: ['authorization_code', 'refresh_token'],
  scopes: ['rest_api:read'],
  redirectUris: ['https://app.example.com/callback'],
};

function service() {
  const clock = movableClock();
  const store = memoryStore({ clock });
  const events: OAuthClientEvent[] = [];
  const clients = oauthClients({ store, clock, onEvent: (event) => events.push(event) });
  const authentication = clientAuthentication(store, clock);
  async function outcome(secret: string | undefined, clientId: string = 'app'): Promise<string> {
    const answer = await authentication.authenticate(clientId, secret);
    return isAuthError(answer) ? answer.code : answer.clientId;
  }
  return { clock, store, clients, events, outcome };
}

describe('oauthClients', () => {
  it('keeps secrets as hashes only, and shows neither them nor their hashes', async () => {
    const { store, clients } = service();
    const { clientSecret, client } = await clients.create(APP);
    const kept = JSON.stringify((await store.get('oauth_client', 'app'))?.data);
    expect(kept).not.toContain(clientSecret);
    expect(client.secrets).toEqual([{ serial: 1, createdAt: client.createdAt, endsAt: null }]);
    expect(JSON.stringify([client, await clients.find('app'), await clients.list()])).not.toMatch(/hash/);
  });

  it('authenticates by the current secret, and by earlier ones until their end', async () => {
    const { clock, clients, outcome } = service();
    const first = (await clients.create(APP)).clientSecret ?? '';
    expect(await outcome(first)).toBe('app');
    const second = (await clients.rotateSecret('app', { overlapSeconds: 60 }))?.clientSecret ?? '';
    clock.advance(59.999);
    expect([await outcome(first), await outcome(second)]).toEqual(['app', 'app']);
    clock.advance(0.001);
    expect([await outcome(first), await outcome(second)]).toEqual(['client_secret_invalid', 'app']);
    const third = (await clients.rotateSecret('app'))?.clientSecret ?? '';
    expect([await outcome(second), await outcome(third)]).toEqual(['client_secret_invalid', 'app']);
    expect([await outcome(undefined), await outcome('')]).toEqual([
      'client_secret_missing',
      'client_secret_invalid',
    ]);
    expect(await outcome(third, 'nobody')).toBe('client_unknown');
  });

  it('lets a shorter overlap never lengthen an end, and bounds how many secrets work', async () => {
    const { clients } = service();
    const made = await clients.create(APP);
    await clients.rotateSecret('app', { overlapSeconds: 60 });
    const rotated = await clients.rotateSecret('app', { overlapSeconds: 3_600 });
    expect(rotated?.client.secrets.map(({ endsAt }) => endsAt && endsAt - made.client.createdAt)).toEqual([
      60_000,
      3_600_000,
      null,
    ]);
    await clients.rotateSecret('app', { overlapSeconds: 3_600 });
    await clients.rotateSecret('app', { overlapSeconds: 3_600 });
    await expect(clients.rotateSecret('app', { overlapSeconds: 3_600 })).rejects.toMatchObject({
      code: 'option_conflict',
    });
    expect((await clients.rotateSecret('app'))?.client.secrets).toHaveLength(1);
  });

  it('refuses a disabled application, with the right secret only', async () => {
    const { clients, outcome } = service();
    const secret = (await clients.create(APP)).clientSecret ?? '';
    expect(await clients.disable('app')).toBe(true);
    expect(await clients.disable('app')).toBe(false);
    expect([await outcome(secret), await outcome('wrong')]).toEqual([
      'client_disabled',
      'client_secret_invalid',
    ]);
    expect(await clients.enable('app')).toBe(true);
    expect(await outcome(secret)).toBe('app');
    expect(await clients.disable('nobody')).toBeNull();
  });

  it('tells of every edit, and of none that changed nothing', async () => {
    const { clients, events, clock } = service();
    await clients.create(APP, { author: 'ops' });
    await clients.update('app', { name: 'Sync' }, { author: 'ops' });
    await clients.rotateSecret('app');
    await clients.disable('app');
    await clients.disable('app');
    await clients.enable('app');
    expect(events.map(({ action, author }) => [action, author])).toEqual([
      ['created', 'ops'],
      ['updated', 'ops'],
      ['secret_rotated', undefined],
      ['disabled', undefined],
      ['enabled', undefined],
    ]);
    expect(events[0]).toEqual({
      type: 'oauth_client',
      action: 'created',
      clientId: 'app',
      serviceAccount: null,
      author: 'ops',
      at: clock.now(),
    });
  });

  it('loses no edit of two at once', async () => {
    const { clients } = service();
    await clients.create(APP);
    await Promise.all([
      clients.update('app', { name: 'New name' }),
      clients.update('app', { scopes: ['a', 'b'] }),
      clients.disable('app'),
    ]);
    expect(await clients.find('app')).toMatchObject({
      name: 'New name',
      scopes: ['a', 'b'],
      disabledAt: expect.any(Number) as unknown,
    });
  });

  it('takes a client id once', async () => {
    const { clients } = service();
    const attempts = await Promise.allSettled(Array.from({ length: 5 }, () => clients.create(APP)));
    expect(attempts.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect((await clients.list()).items).toHaveLength(1);
  });

  it.each<[string, Readonly<Record<string, unknown>>, string]>([
    ['no name', { name: undefined }, 'option_missing'],
    ['a name of two lines', { name: 'a\nb' }, 'option_invalid'],
    ['a name that turns text around', { name: 'a\u202eb' }, 'option_invalid'],
    ['another type', { type: 'native' }, 'option_invalid'],
    ['no grant', { grants: [] }, 'option_invalid'],
    ['the password grant', { grants: ['password'] }, 'option_invalid'],
    ['a scope with a blank', { scopes: ['a b'] }, 'option_invalid'],
    ['a team as a scope', { scopes: ['team_1'] }, 'option_invalid'],
    ['a team with a blank', { grants: ['client_credentials'], teams: ['a b'] }, 'option_invalid'],
    ['an id with a colon', { clientId: 'a:b' }, 'option_invalid'],
    ['no redirect URI for codes', { redirectUris: [] }, 'option_conflict'],
    ['teams without client credentials', { teams: ['t'] }, 'option_conflict'],
    [
      'a public one with client credentials',
      { type: 'public', grants: ['client_credentials'] },
      'option_conflict',
    ],
    ['a public one for service accounts', { type: 'public', serviceAccount: true }, 'option_conflict'],
    ['a public one that introspects', { type: 'public', introspectsAll: true }, 'option_conflict'],
    [
      'a service account without codes',
      { grants: ['refresh_token'], serviceAccount: true },
      'option_conflict',
    ],
    ['an unknown option', { redirectUri: 'https://app.example.com/' }, 'option_unknown'],
  ])('refuses %s', async (_name, changes, code) => {
    const { clients } = service();
    const made = clients.create({ ...APP, ...changes });
    await expect(made).rejects.toMatchObject({ name: 'ConfigError', code });
    expect((await clients.list()).items).toEqual([]);
  });

  it('refuses a change to what no application may be', async () => {
    const { clients } = service();
    await clients.create({ ...APP, type: 'public' });
    await expect(clients.update('app', { grants: ['client_credentials'] })).rejects.toMatchObject({
      code: 'option_conflict',
    });
    await expect(clients.update('app', { type: 'confidential' } as object)).rejects.toMatchObject({
      code: 'option_unknown',
    });
    expect(await clients.update('nobody', { name: 'x' })).toBeNull();
  });
});

describe('Service accounts', () => {
  it('are one for each application and team, and of no application without them', async () => {
    const { clients } = service();
    await clients.create({ ...APP, serviceAccount: true });
    await clients.create({ ...APP, clientId: 'other' });
    const [one, same] = await Promise.all([
      clients.obtainServiceAccount('app', 't1'),
      clients.obtainServiceAccount('app', 't1'),
    ]);
    expect(one?.id).toBe(same?.id);
    expect((await clients.obtainServiceAccount('app', 't2'))?.id).not.toBe(one?.id);
    expect(await clients.obtainServiceAccount('other', 't1')).toBeNull();
    expect(await clients.obtainServiceAccount('nobody', 't1')).toBeNull();
    await expect(clients.obtainServiceAccount('app', 'a b')).rejects.toMatchObject({
      code: 'option_invalid',
    });
    expect((await clients.serviceAccounts('app')).map(({ team }) => team).toSorted()).toEqual(['t1', 't2']);
  });
});

describe('Redirect URIs of an application', () => {
  it.each([
    'https://app.example.com/callback',
    'https://app.example.com/callback?a=b',
    'https://app.example.com:8443/',
    'http://127.0.0.1/callback',
    'http://127.0.0.1:4711/callback',
    'http://[::1]/',
    'http://localhost:3000/callback',
    'com.example.app:/callback',
    'com.example.app://callback',
  ])('takes %s', async (uri) => {
    const { clients } = service();
    const { client } = await clients.create({ ...APP, redirectUris: [uri] });
    expect(client.redirectUris).toEqual([uri]);
  });

  it.each([
    'http://app.example.com/callback',
    'http://127.0.0.1.example.com/',
    'http://127.0.0.1:0/',
    'http://127.0.0.1:99999/',
    'http://localhost.example.com/',
    'https://user:password@app.example.com/',
    'https://app.example.com/#fragment',
    'https://*.example.com/',
    'https://app.example.com/*',
    'https:/app.example.com/',
    'HTTPS://app.example.com/',
    'javascript:alert(1)',
    'data:text/html,x',
    'file:///etc/passwd',
    'myapp://callback',
    '/callback',
    'app.example.com',
    '',
    'https://app.example.com/a b',
    'https://app.example.com/\u00e4',
  ])('refuses %s', async (uri) => {
    const { clients } = service();
    await expect(clients.create({ ...APP, redirectUris: [uri] })).rejects.toMatchObject({
      code: 'option_invalid',
    });
  });
});

describe('Options of oauthClients', () => {
  it('needs a store', () => {
    expect(complaint(() => oauthClients({} as never))).toMatch(/oauthClients\.store/);
  });
});
