import { describe, expect, it } from 'vitest';
import type { Store } from '../../../../src/core/store.ts';
import type { LoginLimiter } from '../../../../src/services/login.ts';
import { locationOf } from '../../../support/providers.ts';
import {
  EXCHANGE_FAILED,
  expectRefusal,
  expectSignedIn,
  INCORRECT,
  INCORRECT_INPUT,
  throttled,
  UNAVAILABLE,
} from '../expectations.ts';
import {
  ADA,
  codeAndState,
  PAGE_URI,
  pathOf,
  PROVIDERS,
  startSocialStage,
  stopSocialStagesAfterEach,
} from './stage.ts';

stopSocialStagesAfterEach();

describe('the secrets of a sign-in', () => {
  it.each(PROVIDERS)(
    'LG-01 are in no event, no address and nothing that is kept, with %s',
    async (provider) => {
      const stage = await startSocialStage();
      const written = watchWrites(stage.store);
      const client = stage.client();
      const sent = await codeAndState(stage, provider, client);
      const { access, refresh } = expectSignedIn(await client.post(pathOf(provider), sent), ADA);
      const begun = await client.get(pathOf(provider, `start/?redirect_uri=${encodeURIComponent(PAGE_URI)}`));
      const callback = stage[provider].consent(locationOf(begun));
      const back = locationOf(await client.visit(callback));
      const handOff = new URL(back, 'https://app.example').searchParams.get('code') ?? '';
      expectSignedIn(await client.post(pathOf(provider), { code: handOff }), ADA);
      await client.post(pathOf(provider), { access_token: 'a-made-up-token' });

      const issued = new URL(callback).searchParams;
      const tokens = stage[provider].requests.flatMap(({ form, headers }) => [
        ...['input_token', 'code_verifier'].flatMap((name) => form.get(name) ?? []),
        ...(headers.authorization === undefined ? [] : [headers.authorization.slice('Bearer '.length)]),
      ]);
      const secrets = [
        sent.code,
        sent.state,
        issued.get('code') ?? '',
        issued.get('state') ?? '',
        handOff,
        access,
        refresh,
        'a-made-up-token',
        stage[provider].clientSecret,
        ...tokens,
        ...client.cookies.values(),
      ];
      expect(secrets.filter((secret) => secret === '')).toEqual([]);
      const told = JSON.stringify([stage.events, written]);
      expect(secrets.filter((secret) => told.includes(secret))).toEqual([]);
      const addresses = stage[provider].requests
        .map(({ path, query }) => `${path}?${query.toString()}`)
        .join('\n');
      expect(secrets.filter((secret) => addresses.includes(secret))).toEqual([]);
      expect(back).not.toContain(access);
    },
  );
});

/** Everything that is put into a store from now on. */
function watchWrites(store: Store): unknown[] {
  const written: unknown[] = [];
  const put = store.put.bind(store);
  store.put = (kind, id, data, options) => {
    written.push([kind, id, data, options]);
    return put(kind, id, data, options);
  };
  return written;
}

describe('the limit of sign-ins', () => {
  /** A limiter that writes down what it is told, and lets everybody wait for so long. */
  function limiter(seconds: number | null): LoginLimiter & { readonly calls: string[] } {
    const calls: string[] = [];
    return {
      calls,
      check({ name, address }) {
        calls.push(`check ${name} ${address === null ? 'nowhere' : 'somewhere'}`);
        return seconds;
      },
      failed: ({ name }) => void calls.push(`failed ${name}`),
      succeeded: ({ name }) => void calls.push(`succeeded ${name}`),
    };
  }

  it('AU-05 is asked before the body is read', async () => {
    const loginLimiter = limiter(60);
    const stage = await startSocialStage({ system: { loginLimiter } });
    const answer = await stage.client().post(pathOf('google'), '{"broken');
    expectRefusal(answer, throttled('60', '60 seconds'));
    expect([loginLimiter.calls, stage.google.requests]).toEqual([['check null somewhere'], []]);
  });

  it('counts what was made up, and neither outages nor bodies nor sign-ins', async () => {
    const loginLimiter = limiter(null);
    const stage = await startSocialStage({ system: { loginLimiter } });
    const client = stage.client();
    const failures = () => loginLimiter.calls.filter((call) => call.startsWith('failed')).length;
    expectRefusal(await client.post(pathOf('google'), {}), INCORRECT_INPUT);
    expectSignedIn(await client.post(pathOf('google'), { id_token: stage.google.idToken() }), ADA);
    stage.google.break('/tokeninfo', 'error', 1);
    expectRefusal(await client.post(pathOf('google'), { access_token: 'a' }), UNAVAILABLE);
    expect(failures()).toBe(0);
    expectRefusal(await client.post(pathOf('google'), { access_token: 'a' }), INCORRECT);
    expect(failures()).toBe(1);
    const sent = await codeAndState(stage, 'google', client);
    expectRefusal(await client.post(pathOf('google'), { ...sent, code: 'made-up' }), EXCHANGE_FAILED);
    expect(failures()).toBe(2);
  });
});
