import { describe, expect, it } from 'vitest';
import type { HttpAnswer } from '../../../support/http-client.ts';
import {
  expectRefusal,
  expectTokens,
  INVALID_CLIENT,
  INVALID_CLIENT_BY_BASIC,
  INVALID_REQUEST,
  UNAUTHORIZED_CLIENT,
  UNSUPPORTED_GRANT_TYPE,
  type Refusal,
} from '../expectations.ts';
import { basic, DEVICE_GRANT, formOf, startStage, stopStagesAfterEach, type Stage } from '../stage.ts';

stopStagesAfterEach();

interface Row {
  readonly name: string;
  readonly ask: (stage: Stage) => Promise<HttpAnswer>;
  /** What is expected; nothing for tokens. */
  readonly refusal?: Refusal;
}

const ASKED = { grant_type: 'client_credentials', scope: 'rest_api:read' };

/** The table of 4.3, and what a client may send besides. */
const ROWS: readonly Row[] = [
  { name: 'client_secret_post', ask: (stage) => stage.token({ ...ASKED, ...stage.app.credentials }) },
  { name: 'client_secret_basic', ask: ({ app, token }) => token(ASKED, basic(app.id, app.secret)) },
  {
    name: 'client_secret_basic with the scheme in another case and several blanks',
    ask: ({ app, token }) =>
      token(ASKED, {
        Authorization: `bASIC   ${Buffer.from(`${app.id}:${app.secret}`).toString('base64')}`,
      }),
  },
  {
    name: 'client_secret_basic with the same client_id in the body',
    ask: ({ app, token }) => token({ ...ASKED, client_id: app.id }, basic(app.id, app.secret)),
  },
  { name: 'client_id absent (no Basic either)', ask: ({ token }) => token(ASKED), refusal: INVALID_REQUEST },
  {
    name: 'client_id empty, which is as good as absent',
    ask: ({ token, app }) => token({ ...ASKED, client_id: '', client_secret: app.secret }),
    refusal: INVALID_REQUEST,
  },
  {
    name: 'unknown client',
    ask: ({ token, app }) => token({ ...ASKED, client_id: 'nobody', client_secret: app.secret }),
    refusal: INVALID_CLIENT,
  },
  {
    name: 'wrong secret',
    ask: ({ token, app }) => token({ ...ASKED, client_id: app.id, client_secret: `${app.secret}x` }),
    refusal: INVALID_CLIENT,
  },
  {
    name: 'the secret of another client',
    ask: ({ token, app, other }) => token({ ...ASKED, client_id: app.id, client_secret: other.secret }),
    refusal: INVALID_CLIENT,
  },
  {
    name: 'confidential client without secret',
    ask: ({ token, app }) => token({ ...ASKED, client_id: app.id }),
    refusal: INVALID_CLIENT,
  },
  {
    name: 'wrong secret by the header',
    ask: ({ token, app }) => token(ASKED, basic(app.id, 'wrong')),
    refusal: INVALID_CLIENT_BY_BASIC,
  },
  {
    name: 'unknown client by the header',
    ask: ({ token }) => token(ASKED, basic('app', 'wrong')),
    refusal: INVALID_CLIENT_BY_BASIC,
  },
  {
    name: 'a header without a secret',
    ask: ({ token, app }) => token(ASKED, basic(app.id, '')),
    refusal: INVALID_CLIENT_BY_BASIC,
  },
  ...['Basic', 'Basic ', 'Basic !!!!', 'Basic bm9jb2xvbg==', 'Basic Og==', 'Basic //79', 'Bearer abc'].map(
    (header): Row => ({
      name: `the header "${header}"`,
      ask: ({ token, app }) => token({ ...ASKED, client_id: app.id }, { Authorization: header }),
      refusal: INVALID_CLIENT_BY_BASIC,
    }),
  ),
  {
    name: 'credentials in header and body',
    ask: ({ token, app }) => token({ ...ASKED, client_secret: app.secret }, basic(app.id, app.secret)),
    refusal: INVALID_REQUEST,
  },
  {
    name: 'another client_id in the body than in the header',
    ask: ({ token, app, other }) => token({ ...ASKED, client_id: other.id }, basic(app.id, app.secret)),
    refusal: INVALID_REQUEST,
  },
  {
    name: 'two Authorization headers',
    ask: ({ token, app }) => {
      const { Authorization } = basic(app.id, app.secret) as { Authorization: string };
      return token(ASKED, { Authorization: [Authorization, Authorization] });
    },
    refusal: INVALID_REQUEST,
  },
  {
    name: 'two credentials joined by a comma',
    ask: ({ token, app }) => {
      const { Authorization } = basic(app.id, app.secret) as { Authorization: string };
      return token(ASKED, { Authorization: `${Authorization}, ${Authorization}` });
    },
    refusal: INVALID_REQUEST,
  },
  {
    name: 'grant not enabled for this client',
    ask: ({ token, service }) => token({ ...ASKED, ...service.credentials }),
    refusal: UNAUTHORIZED_CLIENT,
  },
  {
    name: 'device grant not enabled for this client',
    ask: ({ token, service }) =>
      token({ grant_type: DEVICE_GRANT, device_code: 'x', ...service.credentials }),
    refusal: UNAUTHORIZED_CLIENT,
  },
  {
    name: 'client_credentials of a public client',
    ask: ({ token, native }) => token({ ...ASKED, ...native.credentials }),
    refusal: UNAUTHORIZED_CLIENT,
  },
  {
    name: 'grant_type absent',
    ask: ({ token, app }) => token(app.credentials),
    refusal: INVALID_REQUEST,
  },
  {
    name: 'grant_type empty',
    ask: ({ token, app }) => token({ ...app.credentials, grant_type: '' }),
    refusal: INVALID_REQUEST,
  },
  ...[
    'password',
    'implicit',
    'CLIENT_CREDENTIALS',
    ' client_credentials',
    '__proto__',
    'toString',
    'a b',
  ].map((grantType): Row => ({
    name: `OS-06 grant_type ${grantType}`,
    ask: ({ token, app }) => token({ ...ASKED, ...app.credentials, grant_type: grantType }),
    refusal: UNSUPPORTED_GRANT_TYPE,
  })),
  ...['grant_type', 'client_id', 'client_secret', 'scope', 'code', 'refresh_token', 'token'].map(
    (name): Row => ({
      name: `OS-05 the parameter ${name} twice`,
      ask: ({ token, app }) => {
        const body = formOf({ code: 'c', refresh_token: 'r', token: 't', ...ASKED, ...app.credentials });
        const value = new URLSearchParams(body).get(name) ?? '';
        return token(`${body}&${formOf({ [name]: value })}`);
      },
      refusal: INVALID_REQUEST,
    }),
  ),
  ...['"scope":"rest_api:read"', '"sc\\u006fpe":"rest_api:write"'].map((member): Row => ({
    name: `OS-05 a JSON member twice: ${member}`,
    ask: ({ token, app }) => {
      const body = JSON.stringify({ ...ASKED, ...app.credentials, more: { scope: ['"scope":{'] } });
      return token(`${body.slice(0, -1)},${member}}`, { 'Content-Type': 'application/json' });
    },
    refusal: INVALID_REQUEST,
  })),
  {
    name: 'members of the same name at different depths, which are no repetition',
    ask: ({ token, app }) =>
      token(
        JSON.stringify({ more: { scope: '}"scope":', a: [{ scope: 1 }] }, ...ASKED, ...app.credentials }),
        {
          'Content-Type': 'application/json',
        },
      ),
  },
  {
    name: 'an unknown parameter twice, which is ignored',
    ask: ({ token, app }) => token(`${formOf({ ...ASKED, ...app.credentials })}&resource=a&resource=b`),
  },
  ...[1, true, null, ['client_credentials'], { a: 1 }].map((value): Row => ({
    name: `a JSON value that is no text: ${JSON.stringify(value)}`,
    ask: ({ token, app }) =>
      token(JSON.stringify({ ...ASKED, ...app.credentials, scope: value }), {
        'Content-Type': 'application/json',
      }),
    refusal: INVALID_REQUEST,
  })),
  {
    name: 'an unknown JSON member of another type, which is ignored',
    ask: ({ token, app }) =>
      token(JSON.stringify({ ...ASKED, ...app.credentials, metadata: { a: [1] } }), {
        'Content-Type': 'application/json',
      }),
  },
  ...['[]', '"text"', 'null', '{', '', '{"a":}'].map((body): Row => ({
    name: `the JSON body ${body === '' ? 'of no bytes' : body}`,
    ask: ({ token }) => token(body, { 'Content-Type': 'application/json' }),
    refusal: INVALID_REQUEST,
  })),
  {
    name: 'bytes that are no UTF-8',
    ask: ({ post }) => post('/v1/oauth/token', Uint8Array.of(0x67, 0xff, 0xfe)),
    refusal: INVALID_REQUEST,
  },
  ...['text/plain', 'multipart/form-data; boundary=x', 'application/xml', ''].map((type): Row => ({
    name: `the content type "${type}"`,
    ask: ({ token, app }) => token(formOf({ ...ASKED, ...app.credentials }), { 'Content-Type': type }),
    refusal: INVALID_REQUEST,
  })),
];

describe('Applications', () => {
  it.each(ROWS)('OS-11 $name', async ({ ask, refusal }) => {
    const answer = await ask(await startStage());
    if (refusal === undefined) expectTokens(answer);
    else expectRefusal(answer, refusal);
  });

  it('the worked example: a wrong secret by the header and in the body, byte for byte', async () => {
    const stage = await startStage();
    const body = '{"error":"invalid_client","error_description":"Client authentication failed."}';
    const asked = { grant_type: 'client_credentials', scope: 'rest_api:read team_65df73340142feec34d7d6ee' };
    const byHeader = await stage.token(asked, { Authorization: 'Basic YXBwOndyb25n' });
    expectRefusal(byHeader, INVALID_CLIENT_BY_BASIC);
    const inBody = await stage.token({ ...asked, client_id: 'app', client_secret: 'wrong' });
    expectRefusal(inBody, INVALID_CLIENT);
    expect([byHeader.text, inBody.text]).toEqual([body, body]);
  });

  it('unknown client, wrong secret and disabled client are answered byte for byte alike', async () => {
    const stage = await startStage();
    const disabled = await stage.makeApp({});
    await stage.system.clients.disable(disabled.id);
    const answers = [
      await stage.token({ ...ASKED, client_id: 'nobody', client_secret: 'wrong' }),
      await stage.token({ ...ASKED, client_id: stage.app.id, client_secret: 'wrong' }),
      await stage.token({ ...ASKED, ...disabled.credentials }),
    ];
    for (const answer of answers) expectRefusal(answer, INVALID_CLIENT);
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    const reasons = stage.events.flatMap((event) => (event.type === 'decision' ? [event.reason] : []));
    expect(reasons).toEqual(['client_unknown', 'client_secret_invalid', 'client_disabled']);
  });

  it('Basic credentials are form-decoded, and taken raw if that does not match', async () => {
    const stage = await startStage();
    const app = await stage.makeApp({ clientId: 'an.app~1' });
    const encoded = (text: string): string =>
      text.replace(/./g, (one) => `%${one.charCodeAt(0).toString(16)}`);
    expectTokens(await stage.token(ASKED, basic(encoded(app.id), encoded(app.secret))));
    expectTokens(await stage.token(ASKED, basic(app.id, encoded(app.secret))));
    expectTokens(await stage.token(ASKED, basic(app.id, app.secret)));
    expectRefusal(await stage.token(ASKED, basic(app.id, `${app.secret}%`)), INVALID_CLIENT_BY_BASIC);
  });

  it('a secret that a public client sends is ignored, in the body and by the header', async () => {
    const stage = await startStage();
    const { native } = stage;
    expectTokens(await stage.redeem(native, await stage.code(native), { client_secret: 'anything' }));
    const code = await stage.code(native);
    expectTokens(
      await stage.token(
        {
          grant_type: 'authorization_code',
          code,
          redirect_uri: native.redirectUri,
          code_verifier: 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk',
        },
        basic(native.id, ''),
      ),
    );
  });
});
