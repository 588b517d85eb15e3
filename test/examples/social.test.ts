import { afterEach, describe, expect, it } from 'vitest';
import { startSocialHost, type SocialBrowserStage } from '../browser/social-stage.ts';

let stage: SocialBrowserStage;
afterEach(() => stage.stop());

async function post(path: string, body: object): Promise<readonly [number, unknown]> {
  const answer = await fetch(stage.origin + path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  return [answer.status, await answer.json()];
}

describe.each(['express', 'koa', 'node'] as const)(
  'sign-in by providers in the example host on %s',
  (framework) => {
    it('says where, and signs up whom nobody knows when it is told to', async () => {
      stage = await startSocialHost(framework);
      expect(stage.line['social']).toEqual({
        redirect_uri: `${stage.origin}/login`,
        login_url: `${stage.origin}/login`,
      });
      const url = `${stage.origin}/api/v1/auth/google/?redirect_uri=${encodeURIComponent(`${stage.origin}/login`)}`;
      const begun = await fetch(url);
      const { authorization_url: authorizationUrl } = (await begun.json()) as { authorization_url: string };
      const { searchParams } = new URL(stage.google.consent(authorizationUrl));
      const [status, body] = await post('/api/v1/auth/google/', Object.fromEntries(searchParams));
      expect([status, body]).toEqual([
        200,
        {
          access: expect.any(String) as string,
          refresh: expect.any(String) as string,
          user: {
            pk: expect.stringMatching(/^user-/) as string,
            email: 'ada@example.com',
            first_name: 'Ada',
            last_name: 'Lovelace',
          },
        },
      ]);
      const again = await post('/api/v1/auth/google/', { id_token: stage.google.idToken() });
      expect(again[1]).toMatchObject({ user: (body as { user: object }).user });
      expect(
        await post('/api/v1/auth/facebook/', { access_token: stage.facebook.accessToken() }),
      ).toMatchObject([200, { user: { email: 'grace@example.com' } }]);
    });

    it('signs nobody up and offers no Facebook unless it is told to', async () => {
      stage = await startSocialHost(framework, { SOCIAL_SIGNUP: '0', FACEBOOK_LOGIN: '0' });
      expect(await post('/api/v1/auth/google/', { id_token: stage.google.idToken() })).toEqual([
        400,
        { non_field_errors: ['Incorrect value'] },
      ]);
      expect(await post('/api/v1/auth/facebook/', { access_token: stage.facebook.accessToken() })).toEqual([
        404,
        { detail: 'Not found.' },
      ]);
      const page = await (await fetch(`${stage.origin}/login`)).text();
      expect([page.includes('Continue with Google'), page.includes('Continue with Facebook')]).toEqual([
        true,
        false,
      ]);
    });

    it('takes codes that a client got by itself under the first address of the list', async () => {
      const redirectUri = 'https://app.example/signed-in';
      stage = await startSocialHost(framework, { SOCIAL_REDIRECT_URIS: redirectUri });
      expect(stage.line['social']).toMatchObject({ redirect_uri: redirectUri });
      expect(await post('/api/v1/auth/google/', { code: 'made-up' })).toEqual([
        400,
        { non_field_errors: ['Failed to exchange code for access token'] },
      ]);
    });

    it('answers 404 and says how to switch it on where nothing is configured', async () => {
      const none = {
        GOOGLE_CLIENT_ID: '',
        GOOGLE_CLIENT_SECRET: '',
        FACEBOOK_CLIENT_ID: '',
        FACEBOOK_CLIENT_SECRET: '',
      };
      stage = await startSocialHost(framework, none);
      expect(stage.line['social']).toBeUndefined();
      expect(await post('/api/v1/auth/google/', { code: 'a' })).toEqual([404, { detail: 'Not found.' }]);
      const page = await (await fetch(`${stage.origin}/login`)).text();
      expect(page).not.toContain('Continue with');
    });
  },
);
