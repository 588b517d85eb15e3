import { describe, expect, it } from 'vitest';
import { BAD_STATE, FORBIDDEN, NOT_EXCHANGED, refusal, whole } from './expectations.ts';
import { callbackOf, PREFIX, RETURN_URL, startStage, stopStagesAfterEach } from './stage.ts';

stopStagesAfterEach();

describe('1.10 the callback', () => {
  it.each([
    ['a code that is not known', (path: string) => path.replace(/code=[\w-]+/, 'code=guessed')],
    ['no code', (path: string) => path.replace(/code=[\w-]+&/, '')],
    ['two codes', (path: string) => `${path}&code=again`],
    ['an error of the provider', (path: string) => `${path}&error=server_error`],
    ['two errors', (path: string) => `${path}&error=access_denied&error=access_denied`],
  ])('with %s is refused', async (_title, change) => {
    const { send, begin, provider } = await startStage();
    const { authorizationUrl, cookie } = await begin({ redirectUri: RETURN_URL });
    const path = change(callbackOf(provider.consent(authorizationUrl)));
    expect(whole(await send('GET', path, { Cookie: cookie }))).toEqual(NOT_EXCHANGED);
  });

  it('with a well-formed but senseless answer is refused', async () => {
    const { send, begin, provider } = await startStage();
    provider.alter = () => null;
    const { authorizationUrl, cookie } = await begin();
    const path = callbackOf(provider.consent(authorizationUrl));
    expect(whole(await send('GET', path, { Cookie: cookie }))).toEqual(NOT_EXCHANGED);
  });

  it('without a scope that is needed is refused', async () => {
    const { send, begin, provider, service } = await startStage();
    const { authorizationUrl, cookie } = await begin({ redirectUri: RETURN_URL });
    const path = callbackOf(provider.consent(authorizationUrl, { scopes: ['openid'] }));
    expect(whole(await send('GET', path, { Cookie: cookie }))).toEqual(
      refusal(400, 'Missing required permission.'),
    );
    expect((await service.list('ws-1')).items).toEqual([]);
  });

  it.each([
    ['another workspace', 'ws-2', true],
    ['no workspace', null, true],
    ['no longer active', 'ws-1', false],
  ])('OC-10 is forbidden when the user is in %s meanwhile', async (_title, workspace, active) => {
    const { send, begin, provider, service, directory } = await startStage();
    const { authorizationUrl, cookie } = await begin();
    directory.ada.workspace = workspace;
    directory.ada.active = active;
    const path = callbackOf(provider.consent(authorizationUrl));
    expect(whole(await send('GET', path, { Cookie: cookie }))).toEqual(FORBIDDEN);
    expect([provider.calls, (await service.list('ws-1')).items, (await service.list('ws-2')).items]).toEqual([
      [],
      [],
      [],
    ]);
  });

  it('OC-10 is forbidden to another member whom the host knows to be signed in there', async () => {
    let signedIn: string | null = null;
    const { send, begin, provider, service } = await startStage(undefined, {
      signedInUser: () => Promise.resolve(signedIn),
    });
    const { authorizationUrl, cookie } = await begin();
    signedIn = '2';
    const path = callbackOf(provider.consent(authorizationUrl));
    expect(whole(await send('GET', path, { Cookie: cookie }))).toEqual(FORBIDDEN);
    expect([provider.calls, (await service.list('ws-1')).items]).toEqual([[], []]);
    const again = await begin();
    signedIn = '1';
    const own = callbackOf(provider.consent(again.authorizationUrl));
    expect((await send('GET', own, { Cookie: again.cookie })).status).toBe(200);
  });

  it('OC-10 of a stolen link is refused in the browser of another member, who has begun as well', async () => {
    const { send, begin, provider, directory, service } = await startStage();
    const adas = await begin();
    const graces = await begin({ as: directory.grace });
    const path = callbackOf(provider.consent(adas.authorizationUrl));
    expect(whole(await send('GET', path, { Cookie: graces.cookie }))).toEqual(BAD_STATE);
    expect((await service.list('ws-1')).items).toEqual([]);
  });

  it('is no way in: it makes no session and gives no token', async () => {
    const { send, begin, provider, system } = await startStage();
    const { authorizationUrl, cookie } = await begin();
    const before = (await system.sessions.list('1')).length;
    const answer = await send('GET', callbackOf(provider.consent(authorizationUrl)), { Cookie: cookie });
    expect((await system.sessions.list('1')).length).toBe(before);
    expect(answer.everything).not.toMatch(/ya29|1\/\/|eyJ/);
    expect((await send('GET', PREFIX, { Cookie: cookie })).status).toBe(401);
  });
});

describe('1.10 the return address', () => {
  it.each([
    'https://evil.example/',
    'https://app.example/ads/',
    'https://app.example/ads?next=https://evil.example',
    'https://app.example/ads#x',
    'https://app.example@evil.example/ads',
    'https://app.example.evil.example/ads',
    'HTTPS://APP.EXAMPLE/ads',
    '//evil.example',
    '/\\evil.example',
    '/%2fevil.example',
    'javascript:alert(1)',
    '',
    'https://app.example/ads\r\nSet-Cookie: a=b',
  ])('OC-08 that is not on the list is refused: %j', async (address) => {
    const { send, bearer, provider } = await startStage();
    const path = `${PREFIX}/google-ads/authorize/?redirect_uri=${encodeURIComponent(address)}`;
    const answer = await send('GET', path, { Authorization: await bearer() });
    expect(whole(answer)).toEqual(refusal(400, 'redirect_uri is not allowed.'));
    expect(provider.calls).toEqual([]);
  });

  it('that is given twice is refused', async () => {
    const { send, bearer } = await startStage();
    const uri = encodeURIComponent(RETURN_URL);
    const path = `${PREFIX}/google-ads/authorize/?redirect_uri=${uri}&redirect_uri=${uri}`;
    expect(whole(await send('GET', path, { Authorization: await bearer() }))).toEqual(
      refusal(400, 'redirect_uri is not allowed.'),
    );
  });
});
