import { describe, expect, it } from 'vitest';
import {
  claimsOf,
  expectRefusal,
  expectTokens,
  INVALID_CLIENT,
  INVALID_GRANT,
  INVALID_REQUEST,
  INVALID_SCOPE,
  UNAUTHORIZED_CLIENT,
  type Refusal,
} from '../expectations.ts';
import { HOSTS } from '../hosts.ts';
import { startStage, stopStagesAfterEach, type Stage, type TestApp } from '../stage.ts';

stopStagesAfterEach();

const ALL = 'rest_api:read rest_api:write';

interface Row {
  readonly name: string;
  readonly refusal: Refusal;
  readonly parameters?: Readonly<Record<string, string | undefined>>;
  readonly by?: (stage: Stage) => TestApp;
  readonly before?: (stage: Stage) => unknown;
}

const ROWS: readonly Row[] = [
  { name: 'missing refresh_token', refusal: INVALID_REQUEST, parameters: { refresh_token: undefined } },
  { name: 'empty refresh_token', refusal: INVALID_REQUEST, parameters: { refresh_token: '' } },
  ...['unknown', 'x'.repeat(43), 'ö', 'a'.repeat(5_000)].map((token): Row => ({
    name: `unknown or malformed: ${token.slice(0, 8)}, ${token.length} characters`,
    refusal: INVALID_GRANT,
    parameters: { refresh_token: token },
  })),
  { name: 'expired', refusal: INVALID_GRANT, before: ({ clock }) => clock.advance(2_592_000) },
  { name: 'OS-10 of another client', refusal: INVALID_GRANT, by: ({ other }) => other },
  { name: 'OS-10 of another client, which is public', refusal: INVALID_GRANT, by: ({ native }) => native },
  {
    name: 'OS-10 wider scope',
    refusal: INVALID_SCOPE,
    parameters: { scope: `${ALL} more` },
  },
  { name: 'a team scope', refusal: INVALID_SCOPE, parameters: { scope: 'team_t-1' } },
  { name: 'a malformed scope', refusal: INVALID_SCOPE, parameters: { scope: 'rest_api:read ' } },
  {
    name: 'user deactivated',
    refusal: INVALID_GRANT,
    before: ({ directory }) => (directory.ada.active = false),
  },
  { name: 'user deleted', refusal: INVALID_GRANT, before: ({ directory }) => directory.users.clear() },
  {
    name: 'consent withdrawn',
    refusal: INVALID_GRANT,
    before: ({ system, app }) => system.consents.withdraw('1', app.id),
  },
  {
    name: 'session revoked',
    refusal: INVALID_GRANT,
    before: ({ system }) => system.sessions.revokeAll('1', { reason: 'a test' }),
  },
  {
    name: 'application disabled',
    refusal: INVALID_CLIENT,
    before: ({ system, app }) => system.clients.disable(app.id),
  },
  {
    name: 'refresh grant withdrawn from the application',
    refusal: UNAUTHORIZED_CLIENT,
    before: ({ system, app }) => system.clients.update(app.id, { grants: ['authorization_code'], teams: [] }),
  },
  {
    name: 'all scopes withdrawn from the application',
    refusal: INVALID_SCOPE,
    before: ({ system, app }) => system.clients.update(app.id, { scopes: [] }),
  },
];

describe('Refresh', () => {
  it.each(ROWS)('$name', async ({ refusal, parameters, by, before }) => {
    const stage = await startStage();
    const { refresh } = await stage.grant();
    await before?.(stage);
    expectRefusal(await stage.refresh(by?.(stage) ?? stage.app, refresh, parameters), refusal);
  });

  it('what is refused for another reason than the token leaves the old pair alive', async () => {
    const stage = await startStage();
    const { access, refresh } = await stage.grant();
    for (const { parameters, by, before } of ROWS) {
      if (before === undefined) await stage.refresh(by?.(stage) ?? stage.app, refresh, parameters);
    }
    stage.directory.ada.active = false;
    expectRefusal(await stage.refresh(stage.app, refresh), INVALID_GRANT);
    stage.directory.ada.active = true;
    stage.clock.advance(10);
    expect((await stage.me(access)).status).toBe(200);
    expectTokens(await stage.refresh(stage.app, refresh));
  });

  it('scope since withdrawn is dropped silently, and told in the answer', async () => {
    const stage = await startStage();
    const { refresh } = await stage.grant(stage.app, { scope: ALL });
    await stage.system.clients.update(stage.app.id, { scopes: ['rest_api:read'] });
    const next = expectTokens(await stage.refresh(stage.app, refresh));
    expect(next.scope).toBe('rest_api:read');
    expectRefusal(await stage.refresh(stage.app, next.refresh, { scope: 'rest_api:write' }), INVALID_SCOPE);
    await stage.system.clients.update(stage.app.id, { scopes: ['rest_api:read', 'rest_api:write'] });
    expect(expectTokens(await stage.refresh(stage.app, next.refresh)).scope).toBeUndefined();
  });

  it('OS-10 narrower, then back to the original scopes', async () => {
    const stage = await startStage();
    const first = await stage.grant(stage.app, { scope: ALL });
    const narrow = expectTokens(await stage.refresh(stage.app, first.refresh, { scope: 'rest_api:read' }));
    expect([narrow.scope, claimsOf(narrow.access)['scopes']]).toEqual([undefined, ['rest_api:read']]);
    const wide = expectTokens(await stage.refresh(stage.app, narrow.refresh));
    expect([wide.scope, claimsOf(wide.access)['scopes']]).toEqual([undefined, ALL.split(' ')]);
  });

  it('30 days from each issue, and repeatable indefinitely', async () => {
    const stage = await startStage();
    let { refresh } = await stage.grant();
    for (let month = 0; month < 14; month++) {
      stage.clock.advance(2_592_000 - 1);
      ({ refresh } = expectTokens(await stage.refresh(stage.app, refresh)));
    }
  });

  it('a confidential application needs its secret', async () => {
    const stage = await startStage();
    const { refresh } = await stage.grant();
    expectRefusal(await stage.refresh(stage.app, refresh, { client_secret: undefined }), INVALID_CLIENT);
    expectRefusal(await stage.refresh(stage.app, refresh, { client_secret: 'wrong' }), INVALID_CLIENT);
  });
});

describe.each(HOSTS)('Rotation on $name', (host) => {
  it('the old access and refresh token are revoked at once', async () => {
    const stage = await startStage(host, { reuseGraceSeconds: 0 });
    for (const app of [stage.app, stage.native]) {
      const first = await stage.grant(app);
      const second = expectTokens(await stage.refresh(app, first.refresh));
      expect(second.refresh).not.toBe(first.refresh);
      expect((await stage.me(first.access)).status).toBe(401);
      expect((await stage.me(second.access)).status).toBe(200);
    }
  });

  it('OS-10 of 25 refreshes at once all get the one successor', async () => {
    const stage = await startStage(host);
    const { refresh } = await stage.grant();
    const answers = await Promise.all(Array.from({ length: 25 }, () => stage.refresh(stage.app, refresh)));
    const successors = answers.map((answer) => expectTokens(answer));
    expect(new Set(successors.map((each) => each.refresh)).size).toBe(1);
    expect(new Set(successors.map(({ access }) => claimsOf(access)['gen']))).toEqual(new Set([2]));
    for (const { access } of successors) expect((await stage.me(access)).status).toBe(200);
    expectTokens(await stage.refresh(stage.app, successors[0]?.refresh));
  });
});

describe('Reuse', () => {
  it('of 25 refreshes at once with grace 0 exactly one succeeds, and the family is revoked', async () => {
    const stage = await startStage(undefined, { reuseGraceSeconds: 0 });
    const { refresh } = await stage.grant();
    const answers = await Promise.all(Array.from({ length: 25 }, () => stage.refresh(stage.app, refresh)));
    const [winner, ...others] = answers.toSorted((a, b) => a.status - b.status);
    const { access, refresh: successor } = expectTokens(winner as (typeof answers)[number]);
    for (const answer of others) expectRefusal(answer, INVALID_GRANT);
    expect((await stage.me(access)).status).toBe(401);
    expectRefusal(await stage.refresh(stage.app, successor), INVALID_GRANT);
    const detected = stage.events.filter(
      (event) => event.type === 'session' && event.action === 'reuse_detected',
    );
    expect(detected).toHaveLength(1);
  });

  it('a repeat inside the window gets the same refresh token, outside it the family is revoked', async () => {
    const stage = await startStage();
    const first = await stage.grant();
    const second = expectTokens(await stage.refresh(stage.app, first.refresh));
    stage.clock.advance(9.999);
    expect(expectTokens(await stage.refresh(stage.app, first.refresh)).refresh).toBe(second.refresh);
    stage.clock.advance(0.001);
    expectRefusal(await stage.refresh(stage.app, first.refresh), INVALID_GRANT);
    expect((await stage.me(second.access)).status).toBe(401);
    expectRefusal(await stage.refresh(stage.app, second.refresh), INVALID_GRANT);
  });

  it('an older token than the predecessor is theft even inside the window', async () => {
    const stage = await startStage();
    const first = await stage.grant();
    const second = expectTokens(await stage.refresh(stage.app, first.refresh));
    const third = expectTokens(await stage.refresh(stage.app, second.refresh));
    expectRefusal(await stage.refresh(stage.app, first.refresh), INVALID_GRANT);
    expectRefusal(await stage.refresh(stage.app, third.refresh), INVALID_GRANT);
  });

  it('another client that presents a used token ends nothing', async () => {
    const stage = await startStage();
    const first = await stage.grant();
    const second = expectTokens(await stage.refresh(stage.app, first.refresh));
    stage.clock.advance(60);
    expectRefusal(await stage.refresh(stage.other, first.refresh), INVALID_GRANT);
    expectTokens(await stage.refresh(stage.app, second.refresh));
  });

  it('a repeat keeps the narrower scope of the first, in opaque tokens too', async () => {
    for (const accessTokens of ['jwt', 'opaque'] as const) {
      const stage = await startStage(undefined, { accessTokens });
      const first = await stage.grant(stage.app, { scope: ALL });
      await stage.refresh(stage.app, first.refresh, { scope: 'rest_api:read' });
      const repeat = expectTokens(await stage.refresh(stage.app, first.refresh));
      expect(repeat.scope).toBe('rest_api:read');
      expect((await stage.me(repeat.access)).json()).toMatchObject({ scopes: ['rest_api:read'] });
    }
  });
});
