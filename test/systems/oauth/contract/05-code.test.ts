import { describe, expect, it } from 'vitest';
import {
  expectRefusal,
  expectTokens,
  INVALID_CLIENT,
  INVALID_GRANT,
  INVALID_REQUEST,
  type Refusal,
} from '../expectations.ts';
import { startStage, stopStagesAfterEach, VERIFIER, type Stage, type TestApp } from '../stage.ts';

stopStagesAfterEach();

interface Row {
  readonly name: string;
  readonly refusal: Refusal;
  /** The parameters that are other than they should be, and who sends them. */
  readonly parameters?: (stage: Stage) => Readonly<Record<string, string | undefined>>;
  readonly by?: (stage: Stage) => TestApp;
  /** What happens between the code and its redemption. */
  readonly before?: (stage: Stage) => unknown;
}

const ROWS: readonly Row[] = [
  { name: 'code missing', refusal: INVALID_REQUEST, parameters: () => ({ code: undefined }) },
  { name: 'code empty', refusal: INVALID_REQUEST, parameters: () => ({ code: '' }) },
  {
    name: 'OS-03 code_verifier missing',
    refusal: INVALID_REQUEST,
    parameters: () => ({ code_verifier: undefined }),
  },
  ...['x'.repeat(42), 'x'.repeat(129), `${VERIFIER} `, `${VERIFIER}=`, VERIFIER.replace('d', 'ö')].map(
    (verifier): Row => ({
      name: `OS-03 verifier malformed: ${verifier.length} characters, "…${verifier.slice(-2)}"`,
      refusal: INVALID_REQUEST,
      parameters: () => ({ code_verifier: verifier }),
    }),
  ),
  {
    name: 'OS-03 verifier wrong',
    refusal: INVALID_GRANT,
    parameters: () => ({ code_verifier: VERIFIER.replace('d', 'e') }),
  },
  {
    name: 'OS-03 the challenge as verifier',
    refusal: INVALID_GRANT,
    parameters: () => ({ code_verifier: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM' }),
  },
  ...['unknown', 'x'.repeat(43), 'ö', '\u0000', 'x'.repeat(5_000)].map((code): Row => ({
    name: `code unknown or malformed: ${JSON.stringify(code.slice(0, 8))}`,
    refusal: INVALID_GRANT,
    parameters: () => ({ code }),
  })),
  { name: 'OS-09 code expired', refusal: INVALID_GRANT, before: ({ clock }) => clock.advance(60) },
  { name: 'OS-09 code of another client', refusal: INVALID_GRANT, by: ({ other }) => other },
  {
    name: 'OS-09 code of another client, which is public',
    refusal: INVALID_GRANT,
    by: ({ native }) => native,
    parameters: ({ app }) => ({ redirect_uri: app.redirectUri }),
  },
  {
    name: 'redirect_uri missing though sent before',
    refusal: INVALID_REQUEST,
    parameters: () => ({ redirect_uri: undefined }),
  },
  ...['https://app.example.com/callback/', 'https://app.example.com/', 'https://evil.example/callback'].map(
    (uri): Row => ({
      name: `OS-09 redirect_uri differs: ${uri}`,
      refusal: INVALID_GRANT,
      parameters: () => ({ redirect_uri: uri }),
    }),
  ),
  {
    name: 'user deactivated meanwhile',
    refusal: INVALID_GRANT,
    before: ({ directory }) => (directory.ada.active = false),
  },
  {
    name: 'user deleted meanwhile',
    refusal: INVALID_GRANT,
    before: ({ directory }) => directory.users.delete(directory.ada),
  },
  {
    name: 'consent withdrawn meanwhile',
    refusal: INVALID_GRANT,
    before: ({ system, app }) => system.consents.withdraw('1', app.id),
  },
  {
    name: 'application disabled meanwhile',
    refusal: INVALID_CLIENT,
    before: ({ system, app }) => system.clients.disable(app.id),
  },
  {
    name: 'application disabled and enabled again meanwhile',
    refusal: INVALID_GRANT,
    async before({ system, app }) {
      await system.clients.disable(app.id);
      await system.clients.enable(app.id);
    },
  },
];

describe('Redemption of an authorization code', () => {
  it.each(ROWS)('$name', async ({ refusal, parameters, by, before }) => {
    const stage = await startStage();
    const code = await stage.code(stage.app);
    await before?.(stage);
    const client = by?.(stage) ?? stage.app;
    const answer = await stage.redeem(client, code, {
      redirect_uri: stage.app.redirectUri,
      ...parameters?.(stage),
    });
    expectRefusal(answer, refusal);
  });

  it('OS-08 a request with anything wrong does not consume the code', async () => {
    for (const { parameters, by, before } of ROWS) {
      if (before !== undefined) continue;
      const stage = await startStage();
      const code = await stage.code(stage.app);
      const client = by?.(stage) ?? stage.app;
      await stage.redeem(client, code, { redirect_uri: stage.app.redirectUri, ...parameters?.(stage) });
      await stage.redeem(
        { ...stage.app, credentials: { client_id: stage.app.id, client_secret: 'wrong' } },
        code,
      );
      expectTokens(await stage.redeem(stage.app, code));
    }
  });

  it('OS-09 lives for 60 seconds, for one client and one redirect URI', async () => {
    const stage = await startStage();
    const code = await stage.code(stage.app);
    stage.clock.advance(59.999);
    expectTokens(await stage.redeem(stage.app, code));
  });

  it('OS-03 verifier sent though no challenge was recorded: invalid_request', async () => {
    const stage = await startStage(undefined, { requirePkceForConfidential: false });
    const code = await stage.code(stage.app, { code_challenge: undefined, code_challenge_method: undefined });
    expectRefusal(await stage.redeem(stage.app, code), INVALID_REQUEST);
    const bound = await stage.code(stage.app);
    expectRefusal(await stage.redeem(stage.app, bound, { code_verifier: undefined }), INVALID_REQUEST);
    expectTokens(await stage.redeem(stage.app, code, { code_verifier: undefined }));
  });

  it('OS-08 code used twice: the second valid request revokes what the first was given', async () => {
    for (const later of [0, 45, 300]) {
      const stage = await startStage();
      const code = await stage.code(stage.app);
      const { access, refresh } = expectTokens(await stage.redeem(stage.app, code));
      stage.clock.advance(later);
      expect((await stage.me(access)).status).toBe(200);
      expectRefusal(await stage.redeem(stage.app, code), INVALID_GRANT);
      expect((await stage.me(access)).status).toBe(401);
      expectRefusal(await stage.refresh(stage.app, refresh), INVALID_GRANT);
    }
  });

  it('OS-08 a replay with anything wrong revokes nothing', async () => {
    const stage = await startStage();
    const code = await stage.code(stage.app);
    const { access, refresh } = expectTokens(await stage.redeem(stage.app, code));
    for (const parameters of [
      { code_verifier: VERIFIER.replace('d', 'e') },
      { code_verifier: undefined },
      { redirect_uri: 'https://evil.example/' },
      { client_secret: 'wrong' },
    ]) {
      expect((await stage.redeem(stage.app, code, parameters)).status).toBeGreaterThanOrEqual(400);
    }
    expectRefusal(await stage.redeem(stage.other, code), INVALID_GRANT);
    expect((await stage.me(access)).status).toBe(200);
    expectTokens(await stage.refresh(stage.app, refresh));
  });

  it('OS-07 of 15 redemptions at once exactly one succeeds, and what it was given is over', async () => {
    const stage = await startStage();
    const code = await stage.code(stage.app);
    const answers = await Promise.all(Array.from({ length: 15 }, () => stage.redeem(stage.app, code)));
    const [winner, ...others] = answers.toSorted((a, b) => a.status - b.status);
    const { access, refresh } = expectTokens(winner as (typeof answers)[number]);
    for (const answer of others) expectRefusal(answer, INVALID_GRANT);
    expect((await stage.me(access)).status).toBe(401);
    expectRefusal(await stage.refresh(stage.app, refresh), INVALID_GRANT);
    expect(await stage.system.sessions.list('1')).toEqual([]);
  });

  it('codes, device codes, refresh tokens and access tokens are no good in each other’s place', async () => {
    const stage = await startStage();
    const { access, refresh } = await stage.grant();
    const code = await stage.code(stage.app);
    const { deviceCode, userCode } = await stage.device(stage.app);
    await stage.enter(userCode, 'approve');
    for (const text of [access, refresh, deviceCode])
      expectRefusal(await stage.redeem(stage.app, text ?? ''), INVALID_GRANT);
    for (const text of [access, code, deviceCode])
      expectRefusal(await stage.refresh(stage.app, text), INVALID_GRANT);
    for (const text of [access, code, refresh])
      expectRefusal(await stage.poll(stage.app, text), INVALID_GRANT);
    for (const text of [refresh, code, deviceCode]) expect((await stage.me(text)).status).toBe(401);
    expectTokens(await stage.redeem(stage.app, code));
    expectTokens(await stage.refresh(stage.app, refresh));
    expectTokens(await stage.poll(stage.app, deviceCode));
  });
});
