import { describe, expect, it } from 'vitest';
import type { NewOAuthClient } from '../../../../src/services/oauth-clients.ts';
import { expectRedirect, expectTokens, governedHeaders } from '../expectations.ts';
import { HOSTS } from '../hosts.ts';
import { CHALLENGE, DEVICE_GRANT, formOf, startStage, stopStagesAfterEach, VERIFIER } from '../stage.ts';

stopStagesAfterEach();

type Parameters = Readonly<Record<string, string | undefined>>;

/** What is wrong with a request whose application may be told so. */
const TOLD: readonly {
  readonly name: string;
  readonly parameters: Parameters;
  readonly error: string;
  readonly client?: Partial<NewOAuthClient>;
}[] = [
  { name: 'response_type missing', parameters: { response_type: undefined }, error: 'invalid_request' },
  { name: 'response_type empty', parameters: { response_type: '' }, error: 'invalid_request' },
  ...['token', 'id_token', 'code token', 'code id_token', 'CODE', 'none'].map((type) => ({
    name: `OS-06 response_type ${type}`,
    parameters: { response_type: type },
    error: 'unsupported_response_type',
  })),
  ...['fragment', 'form_post', 'web_message'].map((mode) => ({
    name: `response_mode ${mode}`,
    parameters: { response_mode: mode },
    error: 'invalid_request',
  })),
  {
    name: 'grant not enabled',
    parameters: {},
    error: 'unauthorized_client',
    client: { grants: [DEVICE_GRANT], redirectUris: ['https://app.example.com/callback'] },
  },
  {
    name: 'OS-02 missing code_challenge',
    parameters: { code_challenge: undefined },
    error: 'invalid_request',
  },
  {
    name: 'OS-02 no PKCE at all',
    parameters: { code_challenge: undefined, code_challenge_method: undefined },
    error: 'invalid_request',
  },
  ...['plain', undefined, 's256', 'S512', ''].map((method) => ({
    name: `OS-02 code_challenge_method ${method === undefined ? 'absent' : `"${method}"`}`,
    parameters: { code_challenge_method: method },
    error: 'invalid_request',
  })),
  ...['x'.repeat(42), 'x'.repeat(129), `${'x'.repeat(43)}=`, `${'x'.repeat(43)} `, 'ö'.repeat(43)].map(
    (challenge) => ({
      name: `OS-02 a code_challenge of another form: ${challenge.slice(0, 3)}…, ${challenge.length} characters`,
      parameters: { code_challenge: challenge },
      error: 'invalid_request',
    }),
  ),
  ...[
    'nothing',
    'rest_api:read nothing',
    'rest_api:READ',
    'rest_api:read  rest_api:write',
    'team_t-1',
    '"',
  ].map((scope) => ({ name: `scope ${scope}`, parameters: { scope }, error: 'invalid_scope' })),
  {
    name: 'a scope that the API has and the application has not',
    parameters: { scope: 'rest_api:write' },
    error: 'invalid_scope',
    client: { scopes: ['rest_api:read'] },
  },
];

describe('Authorization request', () => {
  it.each(TOLD)('$name: redirect error=$error', async ({ parameters, error, client }) => {
    const stage = await startStage();
    const app = client === undefined ? stage.app : await stage.makeApp(client);
    const answer = await stage.authorize(app, { state: 'a state/+&%20=ü', ...parameters });
    expect(expectRedirect(answer, app.redirectUri)).toEqual({
      error,
      state: 'a state/+&%20=ü',
      iss: stage.issuer,
    });
  });

  const GIVEN = {
    response_type: 'code',
    code_challenge: CHALLENGE,
    code_challenge_method: 'S256',
    scope: 'rest_api:read',
    state: 'the-state',
  };

  it.each(Object.entries(GIVEN))('OS-05 %s twice: redirect invalid_request', async (name, value) => {
    const stage = await startStage();
    const { id, redirectUri } = stage.app;
    const query = formOf({ ...GIVEN, client_id: id, redirect_uri: redirectUri });
    const twice = `/oauth/authorize?${query}&${formOf({ [name]: value })}`;
    const answer = await stage.get(twice, { 'X-User': '1', 'X-Decision': 'approve' });
    expect(expectRedirect(answer, redirectUri)).toEqual({
      error: 'invalid_request',
      // Which of two states is meant nobody knows.
      ...(name === 'state' ? {} : { state: 'the-state' }),
      iss: stage.issuer,
    });
  });

  it('OS-02 a public client cannot do without PKCE, a confidential one only where it is let off', async () => {
    const stage = await startStage(undefined, { requirePkceForConfidential: false });
    const none = { code_challenge: undefined, code_challenge_method: undefined };
    expect(expectRedirect(await stage.authorize(stage.native, none), stage.native.redirectUri)['error']).toBe(
      'invalid_request',
    );
    const method = { code_challenge: undefined };
    expect(expectRedirect(await stage.authorize(stage.app, method), stage.app.redirectUri)['error']).toBe(
      'invalid_request',
    );
    const code = await stage.code(stage.app, none);
    expectTokens(await stage.redeem(stage.app, code, { code_verifier: undefined }));
    const plain = await stage.authorize(stage.app, {
      code_challenge: VERIFIER,
      code_challenge_method: 'plain',
    });
    expect(expectRedirect(plain, stage.app.redirectUri)['error']).toBe('invalid_request');
  });

  it('OS-01 the iss parameter can be switched off', async () => {
    const stage = await startStage(undefined, { issParameter: false });
    expect(Object.keys(expectRedirect(await stage.authorize(stage.app), stage.app.redirectUri))).toEqual([
      'code',
    ]);
  });
});

describe.each(HOSTS)('Authorization response on $name', (host) => {
  it('OS-17 approved: 303 with code and state, no CORS, and no code without sign-in', async () => {
    const stage = await startStage(host);
    const strangers = await stage.authorize(stage.app, {}, { 'X-Decision': 'approve' });
    expect(strangers.json()).toEqual({ page: 'sign-in' });
    const asked = await stage.authorize(
      stage.app,
      { scope: 'rest_api:write rest_api:read' },
      { 'X-User': '1' },
    );
    expect(asked.json()).toEqual({
      page: 'consent',
      question: {
        application: { clientId: stage.app.id, name: 'Research Sync', owner: 'Acme Ltd' },
        scopes: [
          { name: 'rest_api:write', description: 'Change your research' },
          { name: 'rest_api:read', description: 'Read your research' },
        ],
        redirectTarget: 'app.example.com',
        serviceAccount: false,
        team: null,
      },
    });
    const answer = await stage.authorize(stage.app, { state: 's' });
    const { code, ...rest } = expectRedirect(answer, stage.app.redirectUri);
    expect(rest).toEqual({ state: 's', iss: stage.issuer });
    expect(Object.keys(governedHeaders(answer)).toSorted()).not.toContain('Access-Control-Allow-Origin');
    expectTokens(await stage.redeem(stage.app, code ?? ''));
  });

  it('user denies: redirect error=access_denied; host failure: server_error or temporarily_unavailable', async () => {
    const stage = await startStage(host);
    for (const [decision, error] of [
      ['deny', 'access_denied'],
      ['fail', 'server_error'],
      ['outage', 'temporarily_unavailable'],
    ] as const) {
      const answer = await stage.authorize(
        stage.app,
        { state: 's' },
        { 'X-User': '1', 'X-Decision': decision },
      );
      expect(expectRedirect(answer, stage.app.redirectUri)).toEqual({ error, state: 's', iss: stage.issuer });
    }
  });
});
