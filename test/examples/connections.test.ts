import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { PACKAGE_ROOT } from '../support/package-exports.ts';
import { ask } from './client.ts';
import { startReady, type ReadyLine } from './host.ts';
import { loopbackProviders } from './loopback-providers.ts';

const providers = loopbackProviders();

async function bearerOf({ url, jwt }: ReadyLine): Promise<string> {
  const { email, password } = jwt;
  const { body } = await ask(`${url}/api/v1/jwt/create/`, { body: { email, password } });
  return `Bearer ${String(body['access'])}`;
}

const CALLBACK = '/api/v1/connections/google-ads/callback/';

describe.each(['express', 'koa', 'node'])('connections of the example host on %s', (FRAMEWORK) => {
  it('go from their start to their end by the API', async () => {
    const { ready } = await startReady({
      env: { FRAMEWORK, ...providers.environment },
    });
    const Authorization = await bearerOf(ready);
    const api = `${ready.url}/api/v1/connections`;
    const begun = await fetch(`${api}/google-ads/authorize/`, { headers: { Authorization } });
    const { authorization_url: authorizationUrl } = (await begun.json()) as { authorization_url: string };
    const Cookie = begun.headers.get('set-cookie')?.split(';', 1)[0] ?? '';
    const back = providers.google.consent(authorizationUrl);
    expect(back.startsWith(ready.url + CALLBACK)).toBe(true);
    const done = await fetch(back, { headers: { Cookie }, redirect: 'manual' });
    expect([done.status, await done.json()]).toEqual([
      200,
      { id: expect.any(String) as string, kind: 'google-ads', status: 'active' },
    ]);

    const key = { headers: { Authorization: `Api-Key ${ready.apiKey}` } };
    const [listed] = (await (await fetch(`${api}/`, key)).json()) as { id: string; account: string }[];
    expect(listed?.account).toBe('ada@example.com');
    const other = { headers: { Authorization: `Api-Key ${ready.otherWorkspaceApiKey}` } };
    expect(await (await fetch(`${api}/`, other)).json()).toEqual([]);
    const one = `${api}/${listed?.id}`;
    const check = await fetch(`${one}/check/`, { method: 'POST', headers: { Authorization } });
    expect([check.status, await check.json()]).toMatchObject([200, { id: listed?.id, status: 'active' }]);
    expect((await fetch(`${one}/`, { method: 'DELETE', headers: { Authorization } })).status).toBe(204);
    expect(providers.google.requests.at(-1)?.path).toBe('/revoke');
  });

  it('are off without the credentials of a provider', async () => {
    const { ready } = await startReady({ env: { FRAMEWORK, ...providers.facebook.environment } });
    const api = `${ready.url}/api/v1/connections`;
    const asked = await fetch(`${api}/google-ads/authorize/`);
    expect([asked.status, await asked.text()]).toEqual([404, '{"detail":"Not found."}']);
    expect((await fetch(`${api}/meta-ads/authorize/`)).status).toBe(401);
  });
});

describe('the page of connections', () => {
  it('sends whoever is not signed in to the login page, and opens with a session of the pages only', async () => {
    const { ready } = await startReady({ env: providers.google.environment });
    const page = `${ready.url}/connections`;
    const html = { headers: { Accept: 'text/html' }, redirect: 'manual' } as const;
    const nobody = await fetch(page, html);
    expect([nobody.status, nobody.headers.get('location')]).toEqual([303, '/login?next=/connections']);

    const Authorization = await bearerOf(ready);
    expect((await fetch(page, { ...html, headers: { ...html.headers, Authorization } })).status).toBe(303);
    const begun = await fetch(`${ready.url}/page-session`, { method: 'POST', headers: { Authorization } });
    const line = begun.headers.get('set-cookie') ?? '';
    expect([begun.status, line.replace(/=[\w-]+/, '=…')]).toEqual([
      204,
      'page-session=…; Path=/; Max-Age=43200; HttpOnly; SameSite=Lax',
    ]);
    const Cookie = line.split(';', 1)[0] ?? '';
    const shown = await fetch(page, { ...html, headers: { ...html.headers, Cookie } });
    expect([shown.status, await shown.text()]).toEqual([200, expect.stringContaining('Connect Google Ads')]);
    // The cookie of the pages opens no route of the API.
    expect((await fetch(`${ready.url}/api/v1/audiences/`, { headers: { Cookie } })).status).toBe(401);

    // It ends with the session of the API.
    await fetch(`${ready.url}/api/v1/jwt/logout/`, { method: 'POST', headers: { Authorization } });
    expect((await fetch(page, { ...html, headers: { ...html.headers, Cookie } })).status).toBe(303);
  });

  it('is not opened by an API key', async () => {
    const { ready } = await startReady({ env: providers.google.environment });
    const headers = { Authorization: `Api-Key ${ready.apiKey}` };
    const begun = await fetch(`${ready.url}/page-session`, { method: 'POST', headers });
    expect([begun.status, begun.headers.get('set-cookie')]).toEqual([403, null]);
    expect((await fetch(`${ready.url}/page-session`, { method: 'POST' })).status).toBe(401);
  });
});

describe('the tool', () => {
  it('lists, checks and revokes the connections of a workspace while the host runs', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ads-'));
    const env = { STORE: `sqlite:${join(folder, 'portcullis.db')}`, ...providers.google.environment };
    // Not synchronously: the provider that the tool calls is in this process.
    const tool = async (...args: readonly string[]): Promise<string> =>
      (
        await run(process.execPath, ['dist/src/cli/main.js', ...args, '--config', CONFIG], {
          cwd: PACKAGE_ROOT,
          env: { PATH: process.env['PATH'], ...env },
        })
      ).stdout;
    const host = await startReady({ env });
    const { url, jwt } = host.ready;
    const Authorization = await bearerOf(host.ready);
    const api = `${url}/api/v1/connections`;
    const begun = await fetch(`${api}/google-ads/authorize/`, { headers: { Authorization } });
    const { authorization_url: authorizationUrl } = (await begun.json()) as { authorization_url: string };
    const Cookie = begun.headers.get('set-cookie')?.split(';', 1)[0] ?? '';
    const done = await fetch(providers.google.consent(authorizationUrl), { headers: { Cookie } });
    const { id } = (await done.json()) as { id: string };

    const listed = await tool('connections', 'list', '--workspace', jwt.workspace, '--json');
    const { items } = JSON.parse(listed) as { items: object[] };
    expect(items).toMatchObject([{ id, kind: 'google-ads', status: 'active', account: 'ada@example.com' }]);
    expect(listed).not.toMatch(/tokens|ya29|1\/\//);
    expect(await tool('connections', 'check', '--workspace', jwt.workspace)).toContain('active');
    expect(await tool('connections', 'revoke', '--workspace', jwt.workspace, id)).toContain(
      'taken back at the provider',
    );
    expect(providers.google.requests.at(-1)?.path).toBe('/revoke');
    expect(await (await fetch(`${api}/`, { headers: { Authorization } })).text()).toBe('[]');
    await host.stop();
    rmSync(folder, { recursive: true, force: true });
  });
});

const run = promisify(execFile);
const CONFIG = 'examples/dist/api/portcullis.config.js';
