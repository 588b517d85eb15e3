import { describe, expect, it } from 'vitest';
import { authError } from '../../../../src/core/errors.ts';
import type { User } from '../../../../src/core/directory.ts';
import type { SocialIdentity } from '../../../../src/providers/social-identity.ts';
import type { GoogleAccount } from '../../../../src/testing/kit.ts';
import { EMAIL_TAKEN, expectRefusal, expectSignedIn, INCORRECT } from '../expectations.ts';
import { ADA, pathOf, startSocialStage, stopSocialStagesAfterEach, type SocialStage } from './stage.ts';

stopSocialStagesAfterEach();

/** What the host was asked. */
type Asked = readonly [SocialIdentity, User | null];

/** A stage whose directory writes down what it is asked, and answers so. */
async function startAsking(
  account: GoogleAccount,
  answer: (stage: SocialStage, existing: User | null) => unknown = (_stage, existing) => existing,
): Promise<{ readonly stage: SocialStage; readonly asked: Asked[] }> {
  const asked: Asked[] = [];
  const stage = await startSocialStage({
    accounts: { google: [account], facebook: [{ id: account.id, email: account.email }] },
    linked: false,
  });
  stage.directory.linkSocial = (identity, existing) => {
    asked.push([identity, existing]);
    return answer(stage, existing) as never;
  };
  return { stage, asked };
}

const signIn = (stage: SocialStage, provider: 'google' | 'facebook' = 'google') =>
  stage.client().post(pathOf(provider), { access_token: stage[provider].accessToken() });

const NEWCOMER = { id: '7', email: 'grace@example.com', givenName: 'Grace', familyName: 'Hopper' };
const NAMESAKE = { id: '8', email: 'ada@example.com' };

describe('an identity that no user is linked to', () => {
  it('signs nobody up and links nobody by default', async () => {
    const stage = await startSocialStage({ accounts: { google: [NEWCOMER] }, linked: false });
    delete stage.directory.linkSocial;
    expectRefusal(await signIn(stage), INCORRECT);
    const other = await startSocialStage({ accounts: { google: [NAMESAKE] }, linked: false });
    delete other.directory.linkSocial;
    expectRefusal(await signIn(other), EMAIL_TAKEN);
  });

  it('is signed up when the host makes a user of it', async () => {
    const stage = await startSocialStage({ accounts: { google: [NEWCOMER] }, linked: false });
    expectRefusal(await signIn(stage), INCORRECT);
    stage.directory.allowsSignUp = true;
    const user = { pk: '2', email: 'grace@example.com', first_name: 'Grace', last_name: 'Hopper' };
    expectSignedIn(await signIn(stage), user);
    expectSignedIn(await signIn(stage), user);
    expect(stage.directory.users).toHaveLength(2);
  });

  it('OC-06 is offered the user with its address when both sides hold it as verified, and is linked when the host says so', async () => {
    const { stage, asked } = await startAsking(NAMESAKE);
    expectSignedIn(await signIn(stage), ADA);
    expect(asked).toEqual([
      [
        {
          provider: 'google',
          issuer: stage.google.endpoints.issuer,
          subject: '8',
          email: 'ada@example.com',
          emailVerified: true,
          name: null,
          givenName: null,
          familyName: null,
          pictureUrl: null,
          hostedDomain: null,
        },
        stage.ada,
      ],
    ]);
  });

  it('OC-06 is linked to nobody when the host does not say so', async () => {
    const { stage, asked } = await startAsking(NAMESAKE, () => null);
    expectRefusal(await signIn(stage), EMAIL_TAKEN);
    expect(asked).toHaveLength(1);
  });

  it.each([[false], ['true'], [1], [null], [undefined], [{}]])(
    'OC-06 is not offered a user when the provider says email_verified: %j',
    async (emailVerified) => {
      const stage = await startSocialStage({ accounts: { google: [NAMESAKE] }, linked: false });
      const { asked } = watching(stage);
      const body = { sub: '8', email: 'ada@example.com', email_verified: emailVerified };
      stage.google.break('/v1/userinfo', { status: 200, body });
      expectRefusal(await signIn(stage), EMAIL_TAKEN);
      expect(asked).toEqual([]);
    },
  );

  it.each([[false], [undefined], ['true'], [1]])(
    'OC-06 is not offered a user whose own address the host holds as verified: %j',
    async (emailVerified) => {
      const { stage, asked } = await startAsking(NAMESAKE);
      Object.assign(stage.ada, { emailVerified });
      expectRefusal(await signIn(stage), EMAIL_TAKEN);
      expect(asked).toEqual([]);
    },
  );

  it('OC-06 of Facebook is never offered a user, whatever Facebook answers', async () => {
    const { stage, asked } = await startAsking(NAMESAKE);
    expectRefusal(await signIn(stage, 'facebook'), EMAIL_TAKEN);
    const body = { id: '8', email: 'ada@example.com', email_verified: true, verified: true };
    stage.facebook.break('/v24.0/me', { status: 200, body });
    expectRefusal(await signIn(stage, 'facebook'), EMAIL_TAKEN);
    expect(asked).toEqual([]);
  });

  it('OC-06 of Facebook may be signed up, and its address is not verified then', async () => {
    const { stage, asked } = await startAsking(NEWCOMER, () => null);
    expectRefusal(await signIn(stage, 'facebook'), INCORRECT);
    expect(asked.map(([identity, existing]) => [identity.email, identity.emailVerified, existing])).toEqual([
      ['grace@example.com', false, null],
    ]);
  });

  it.each([
    ['no address', undefined],
    ['an address with a look-alike of the sign', 'ada\uFF20example.com'],
    ['two addresses', 'ada@example.com@evil.example'],
    ['an address with a line break', 'ada@example.com\r\nx'],
    ['an address with a blank', 'ada @example.com'],
    ['a list', ['ada@example.com']],
    ['an endless address', `${'a'.repeat(300)}@example.com`],
  ])('AU-10 has no address when the provider names %s', async (_title, email) => {
    const stage = await startSocialStage({ accounts: { google: [NAMESAKE] }, linked: false });
    const { asked } = watching(stage);
    stage.google.break('/v1/userinfo', { status: 200, body: { sub: '8', email, email_verified: true } });
    expectRefusal(await signIn(stage), INCORRECT);
    expect(asked.map(([{ email: read, emailVerified }]) => [read, emailVerified])).toEqual([[null, false]]);
  });

  it('is never signed in as another user than the one who was offered', async () => {
    const { stage } = await startAsking(NAMESAKE, ({ directory }) => ({ ...directory.users[0], id: '99' }));
    expect((await signIn(stage)).status).toBe(500);
    expect(await stage.system.sessions.list('99')).toEqual([]);
  });

  it.each([[{}], [true], ['ada'], [{ id: 7, active: true }], [authError('internal_error')]])(
    'is nobody when the host answers %j',
    async (answer) => {
      const { stage } = await startAsking(NEWCOMER, () => answer);
      expect((await signIn(stage)).status).toBe(500);
    },
  );

  it('is answered with 503 when the host does not answer, and with 500 when it fails', async () => {
    const stage = await startSocialStage({ system: { deadlineMs: 20 } });
    stage.directory.findSocial = () => new Promise(() => undefined);
    expect((await signIn(stage)).status).toBe(503);
    stage.directory.findSocial = () => Promise.reject(new Error('a mistake'));
    expect((await signIn(stage)).status).toBe(500);
    expect(await stage.system.sessions.list('1')).toEqual([]);
  });
});

/** Writes down what the host is asked, and refuses. */
function watching(stage: SocialStage): { readonly asked: Asked[] } {
  const asked: Asked[] = [];
  stage.directory.linkSocial = (identity, existing) => {
    asked.push([identity, existing]);
    return null;
  };
  return { asked };
}
