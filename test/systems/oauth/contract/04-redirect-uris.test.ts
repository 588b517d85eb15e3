import { describe, expect, it } from 'vitest';
import { expectRedirect, expectTokens } from '../expectations.ts';
import { startStage, stopStagesAfterEach } from '../stage.ts';

stopStagesAfterEach();

type Parameters = Readonly<Record<string, string | undefined>>;

/** What is wrong with a request so that nobody may be told. */
const UNTOLD: readonly { readonly name: string; readonly parameters: Parameters; readonly error: string }[] =
  [
    { name: 'client_id missing', parameters: { client_id: undefined }, error: 'invalid_request' },
    { name: 'unknown client_id', parameters: { client_id: 'nobody' }, error: 'invalid_client' },
    ...[
      'https://app.example.com/callback/',
      'https://app.example.com/callback?',
      'https://app.example.com/callback?x=1',
      'https://app.example.com/callback#',
      'https://app.example.com/callback/../other',
      'https://app.example.com/Callback',
      'https://APP.example.com/callback',
      'https://app.example.com:443/callback',
      'https://app.example.com.evil.example/callback',
      'https://app.example.com@evil.example/callback',
      'https://evil.example/https://app.example.com/callback',
      'http://app.example.com/callback',
      '//app.example.com/callback',
      '/callback',
      'callback',
      'https://app.example.com/callbac',
      'https://app.example.com/%63allback',
      'https://app.example.com\\callback',
      ' https://app.example.com/callback',
      'https://app.example.com/callback\n',
      'javascript:alert(1)//https://app.example.com/callback',
      'https://*.example.com/callback',
      'http://127.0.0.1/callback',
    ].map((uri) => ({
      name: `OS-04 the redirect URI ${JSON.stringify(uri)}`,
      parameters: { redirect_uri: uri },
      error: 'invalid_request',
    })),
  ];

describe('Redirect URIs', () => {
  it.each(UNTOLD)('$name: no redirect, 400 $error', async ({ parameters, error }) => {
    const stage = await startStage();
    const answer = await stage.authorize(stage.app, { state: 's', ...parameters });
    expect([answer.status, (answer.json() as { error: string }).error]).toEqual([400, error]);
    expect(answer.header('Location')).toBeUndefined();
    expect(answer.everything).not.toContain('evil');
  });

  it('a disabled client is as good as unknown', async () => {
    const stage = await startStage();
    await stage.system.clients.disable(stage.app.id);
    const answer = await stage.authorize(stage.app);
    expect([answer.status, (answer.json() as { error: string }).error]).toEqual([400, 'invalid_client']);
  });

  it('redirect_uri missing while several are registered: no redirect; with one it is that one', async () => {
    const stage = await startStage();
    const several = await stage.makeApp({
      redirectUris: ['https://app.example.com/a', 'https://app.example.com/b'],
    });
    const refused = await stage.authorize(several, { redirect_uri: undefined });
    expect([refused.status, (refused.json() as { error: string }).error]).toEqual([400, 'invalid_request']);
    const code = await stage.code(stage.app, { redirect_uri: undefined });
    expectTokens(await stage.redeem(stage.app, code, { redirect_uri: undefined }));
  });

  it.each(['client_id', 'redirect_uri'])('OS-05 %s twice: no redirect', async (name) => {
    const stage = await startStage();
    const { id, redirectUri } = stage.app;
    const value = name === 'client_id' ? id : redirectUri;
    const answer = await stage.get(
      `/oauth/authorize?client_id=${id}&redirect_uri=${redirectUri}&state=s&${name}=${value}`,
    );
    expect([answer.status, answer.header('Location')]).toEqual([400, undefined]);
  });

  it('OS-04 for 127.0.0.1 and [::1] the port may vary, and nothing else', async () => {
    const stage = await startStage();
    const app = await stage.makeApp({
      redirectUris: [
        'http://127.0.0.1/callback',
        'http://[::1]:4711/callback?x=1',
        'http://localhost/callback',
      ],
    });
    for (const uri of [
      'http://127.0.0.1/callback',
      'http://127.0.0.1:1/callback',
      'http://127.0.0.1:65535/callback',
      'http://[::1]/callback?x=1',
      'http://[::1]:9/callback?x=1',
      'http://localhost/callback',
    ]) {
      const code = await stage.code(app, { redirect_uri: uri });
      expectTokens(await stage.redeem(app, code, { redirect_uri: uri }));
    }
    for (const uri of [
      'http://127.0.0.1:0/callback',
      'http://127.0.0.1:65536/callback',
      'http://127.0.0.1:/callback',
      'http://127.0.0.1:80@evil.example/callback',
      'http://127.0.0.1.evil.example/callback',
      'http://127.0.0.2/callback',
      'http://127.0.0.1:80/callback/',
      'http://[::1]:9/callback',
      'http://localhost:9/callback',
      'https://127.0.0.1/callback',
    ]) {
      expect([uri, (await stage.authorize(app, { redirect_uri: uri })).status]).toEqual([uri, 400]);
    }
  });

  it('keeps the query of the redirect URI, and takes the scheme of an application', async () => {
    const stage = await startStage();
    const uris = ['https://app.example.com/cb?tenant=a%20b', 'com.example.app:/cb'];
    const app = await stage.makeApp({ redirectUris: uris });
    for (const uri of uris) {
      const answer = await stage.authorize(app, { redirect_uri: uri, state: 'x' });
      const { code, ...rest } = expectRedirect(answer, uri);
      expect(rest).toEqual({ state: 'x', iss: stage.issuer });
      expect(code).toMatch(/^[\w-]{43}$/);
    }
  });
});
