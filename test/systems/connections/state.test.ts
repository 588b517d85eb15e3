import { describe, expect, it } from 'vitest';
import { BAD_STATE, NOT_EXCHANGED, whole } from './expectations.ts';
import { callbackOf, PREFIX, RETURN_URL, startStage, stopStagesAfterEach } from './stage.ts';

stopStagesAfterEach();

describe('1.10 the state', () => {
  const cases = [
    'forged',
    'absent',
    'given twice',
    'used',
    'expired',
    'of another kind',
    'of a browser without its cookie',
    'of a browser with another cookie',
    'of a browser with two cookies',
  ] as const;

  it.each(cases)('OC-01 that is %s is refused without a redirect, and nothing is exchanged', async (what) => {
    const { send, begin, provider, clock, service } = await startStage();
    const { authorizationUrl, cookie } = await begin({ redirectUri: RETURN_URL });
    const other = await begin();
    let path = callbackOf(provider.consent(authorizationUrl));
    let cookies = cookie;
    const state = new URL(authorizationUrl).searchParams.get('state') ?? '';
    if (what === 'forged') path = path.replace(state, 'A'.repeat(43));
    if (what === 'absent') path = path.replace(/&?state=[\w-]+/, '');
    if (what === 'given twice') path += `&state=${state}`;
    if (what === 'used') await send('GET', path, { Cookie: cookie });
    if (what === 'expired') clock.advance(600);
    if (what === 'of another kind') path = path.replace('google-ads', 'meta-ads');
    if (what === 'of a browser without its cookie') cookies = 'theme=dark';
    if (what === 'of a browser with another cookie') cookies = other.cookie;
    if (what === 'of a browser with two cookies') cookies = `${cookie}; ${cookie}`;
    const before = [provider.calls.length, (await service.list('ws-1')).items.length];
    expect(whole(await send('GET', path, { Cookie: cookies }))).toEqual(BAD_STATE);
    expect([provider.calls.length, (await service.list('ws-1')).items.length]).toEqual(before);
  });

  it('is swapped in vain: the code of one tab does not go with the state of another', async () => {
    const { send, begin, provider } = await startStage();
    const one = await begin();
    const other = await begin({ cookie: one.cookie });
    const [first, second] = [one, other].map(
      ({ authorizationUrl }) => new URL(provider.consent(authorizationUrl)).searchParams,
    );
    const swapped = `${PREFIX}/google-ads/callback/?code=${first?.get('code')}&state=${second?.get('state')}`;
    // PKCE: the code was made for the challenge of the first one.
    expect(whole(await send('GET', swapped, { Cookie: other.cookie }))).toEqual(NOT_EXCHANGED);
  });

  it('of two tabs is good in both, by the cookie of the later one', async () => {
    const { send, begin, provider } = await startStage();
    const one = await begin();
    const other = await begin({ kind: 'meta-ads', cookie: one.cookie });
    for (const { authorizationUrl } of [other, one]) {
      const path = callbackOf(provider.consent(authorizationUrl));
      expect((await send('GET', path, { Cookie: other.cookie })).status).toBe(200);
    }
  });
});
