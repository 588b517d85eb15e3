import { describe, expect, it } from 'vitest';
import { locationOf, type CookieClient } from '../../../support/providers.ts';
import {
  DISABLED,
  EXCHANGE_FAILED,
  expectRefusal,
  expectSignedIn,
  REDIRECT_REFUSED,
  STATE_INVALID,
  UNAVAILABLE,
} from '../expectations.ts';
import {
  ADA,
  APP_URI,
  PAGE_URI,
  pathOf,
  startSocialStage,
  stopSocialStagesAfterEach,
  type SocialStage,
} from './stage.ts';

stopSocialStagesAfterEach();

const asked = (uri: string): string => `?redirect_uri=${encodeURIComponent(uri)}`;

describe('the code for a page', () => {
  async function codeFor(stage: SocialStage, client: CookieClient): Promise<string> {
    const begun = await client.get(pathOf('google', `start/${asked(PAGE_URI)}`));
    const location = locationOf(await client.visit(stage.google.consent(locationOf(begun))));
    return new URL(location, 'https://app.example').searchParams.get('code') ?? '';
  }

  it('is good for its browser, at its provider, for a minute', async () => {
    const stage = await startSocialStage();
    const client = stage.client();
    const code = await codeFor(stage, client);
    expectRefusal(await stage.client().post(pathOf('google'), { code }), STATE_INVALID);
    expectRefusal(await client.post(pathOf('facebook'), { code }), STATE_INVALID);
    stage.clock.advance(60);
    expectRefusal(await client.post(pathOf('google'), { code }), EXCHANGE_FAILED);
    expectRefusal(await client.post(pathOf('google'), { code: 'portcullis_made-up' }), EXCHANGE_FAILED);
  });

  it('is good for one of many simultaneous requests', async () => {
    const stage = await startSocialStage();
    const client = stage.client();
    const code = await codeFor(stage, client);
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => client.post(pathOf('google'), { code })),
    );
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([
      200,
      ...Array(9).fill(400),
    ]);
  });

  it('signs in nobody who was switched off or taken out in the meantime', async () => {
    const stage = await startSocialStage();
    const client = stage.client();
    const code = await codeFor(stage, client);
    stage.ada.active = false;
    expectRefusal(await client.post(pathOf('google'), { code }), DISABLED);
    stage.ada.active = true;
    const second = await codeFor(stage, client);
    stage.directory.users.splice(0);
    expectRefusal(await client.post(pathOf('google'), { code: second }), EXCHANGE_FAILED);
  });

  it('stays good when the session cannot be started', async () => {
    const stage = await startSocialStage({ system: { deadlineMs: 20 } });
    const client = stage.client();
    const code = await codeFor(stage, client);
    const own = stage.directory.profileOf.bind(stage.directory);
    stage.directory.profileOf = () => new Promise(() => undefined);
    expectRefusal(await client.post(pathOf('google'), { code }), UNAVAILABLE);
    stage.directory.profileOf = own;
    expectSignedIn(await client.post(pathOf('google'), { code }), ADA);
  });
});

describe('where a sign-in may end', () => {
  it.each([
    ['another host', 'https://evil.example/'],
    ['a second slash', '//evil.example'],
    ['three slashes', '///evil.example'],
    ['a backslash', '/\\evil.example'],
    ['an encoded slash', '/%2fevil.example'],
    ['an encoded backslash', '/%5Cevil.example'],
    ['user information', 'https://app.example@evil.example/signed-in'],
    ['a script', 'javascript:alert(1)'],
    ['data', 'data:text/html,x'],
    ['a line break', '/welcome\r\nSet-Cookie: a=b'],
    ['a tab', '/\t/evil.example'],
    ['a path of the host that is not on the list', '/other'],
    ['the path of a listed address', '/signed-in'],
    ['a listed path with more', `${PAGE_URI}&x=y`],
    ['a listed path with less', '/welcome'],
    ['an empty text', ''],
  ])('OC-08 is not %s', async (_title, uri) => {
    const stage = await startSocialStage();
    const answer = await stage.client().get(pathOf('google', `start/${asked(uri)}`));
    expectRefusal(answer, REDIRECT_REFUSED);
  });

  it('OC-08 is not told twice', async () => {
    const stage = await startSocialStage();
    const answer = await stage
      .client()
      .get(pathOf('google', `start/${asked(APP_URI)}&redirect_uri=${encodeURIComponent(APP_URI)}`));
    expectRefusal(answer, REDIRECT_REFUSED);
  });

  it.each([
    'http://app.example/',
    '//app.example',
    '/\\app.example',
    'javascript:alert(1)',
    'app',
    'https://app.example/#part',
    '/path#part',
    'https://user@app.example/',
    '/a\r\nb',
    'scheme:/path',
    17,
  ])('OC-08 cannot be configured as %s', async (uri) => {
    await expect(startSocialStage({ social: { redirectUris: [uri as string] } })).rejects.toThrow(
      /^jwtPairSystem\.social\.redirectUris\[0\] must be /,
    );
  });

  it('may be an application on the device of the user, for the variant with a code', async () => {
    const uri = 'com.example.app:/signed-in';
    const stage = await startSocialStage({ social: { redirectUris: [uri] } });
    const answer = await stage.client().get(`${pathOf('google')}${asked(uri)}`);
    const { authorization_url: url } = answer.json() as { authorization_url: string };
    expect(new URL(url).searchParams.get('redirect_uri')).toBe(uri);
  });
});
