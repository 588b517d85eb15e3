import { afterEach, describe, expect, it } from 'vitest';
import { complaint } from '../../support/complaint.ts';
import { stopHostsAfterEach } from '../../support/frameworks.ts';
import type { HttpAnswer } from '../../support/http-client.ts';
import { connectionsPages } from '../../../src/systems/connections/pages/pages.ts';
import { HOSTILE_NAME, startConnections, type ConnectionsStage } from '../../browser/connections-stage.ts';

stopHostsAfterEach();

let stage: ConnectionsStage;
afterEach(() => stage.stop());

/** A browser as far as these tests need one: the user's session, and the cookie of the page. */
interface Tab {
  cookie: string;
  token: string;
  readonly open: (path?: string) => Promise<HttpAnswer>;
  readonly post: (
    fields: Readonly<Record<string, string>>,
    headers?: Readonly<Record<string, string>>,
  ) => Promise<HttpAnswer>;
}

async function tab(as: string = 'ines'): Promise<Tab> {
  const session = `session=${as}`;
  const own: Tab = {
    cookie: '',
    token: '',
    async open(path = '/connections') {
      const headers = { Accept: 'text/html', Cookie: `${session}; ${own.cookie}` };
      const answer = await stage.send({ path, headers });
      own.cookie = answer.header('Set-Cookie')?.split(';', 1)[0] ?? own.cookie;
      own.token = /name="token" value="([^"]+)"/.exec(answer.text)?.[1] ?? own.token;
      return answer;
    },
    post: (fields, headers = {}) =>
      stage.send({
        method: 'POST',
        path: '/connections',
        headers: {
          Accept: 'text/html',
          Cookie: `${session}; ${own.cookie}`,
          'Content-Type': 'application/x-www-form-urlencoded',
          Origin: stage.origin,
          ...headers,
        },
        body: new URLSearchParams({ token: own.token, ...fields }).toString(),
      }),
  };
  await own.open();
  return own;
}

/** Connects an account as ines does, without a browser. */
async function connected(): Promise<string> {
  const ines = await tab();
  const begun = await ines.post({ action: 'connect', kind: 'google-ads' });
  ines.cookie = begun.header('Set-Cookie')?.split(';', 1)[0] ?? '';
  const back = new URL(stage.google.consent(begun.header('Location') ?? ''));
  const done = await ines.open(back.pathname + back.search);
  return new URL(done.header('Location') ?? '').searchParams.get('connection') ?? '';
}

describe('the page of connections', () => {
  it('is plain HTML with a strict policy, whose forms lead here and to the providers', async () => {
    stage = await startConnections();
    const { open } = await tab();
    const answer = await open();
    const headers = [
      'Content-Type',
      'Cache-Control',
      'X-Frame-Options',
      'Referrer-Policy',
      'X-Content-Type-Options',
    ];
    expect([answer.status, ...headers.map((name) => answer.header(name))]).toEqual([
      200,
      'text/html; charset=utf-8',
      'no-store',
      'DENY',
      'same-origin',
      'nosniff',
    ]);
    expect(answer.header('Content-Security-Policy')).toMatch(
      new RegExp(
        `^default-src 'none'; style-src 'sha256-[^']+'; form-action 'self' ${stage.google.url} ${stage.facebook.url}; ` +
          "frame-ancestors 'none'; base-uri 'none'$",
      ),
    );
    expect(answer.text).not.toMatch(/<script|<link|<img|<iframe|javascript:| on\w+=|style=/i);
  });

  it('sends whoever is not signed in to the sign-in, also with a form', async () => {
    stage = await startConnections();
    for (const method of ['GET', 'POST']) {
      const answer = await stage.send({ method, path: '/connections', headers: { Accept: 'text/html' } });
      expect([answer.status, answer.header('Location')]).toEqual([303, '/login']);
    }
  });

  it('answers HEAD like GET, and no other method', async () => {
    stage = await startConnections();
    const headers = { Cookie: 'session=ines' };
    const head = await stage.send({ method: 'HEAD', path: '/connections', headers });
    expect([head.status, head.text]).toEqual([200, '']);
    const put = await stage.send({ method: 'PUT', path: '/connections', headers });
    expect([put.status, put.header('Allow')]).toEqual([405, 'GET, HEAD, POST']);
  });

  it('shows names as text, whatever is in them, and nothing out of the address', async () => {
    stage = await startConnections();
    const own = await tab();
    const begun = await own.post({ action: 'connect', kind: 'meta-ads' });
    own.cookie = begun.header('Set-Cookie')?.split(';', 1)[0] ?? '';
    const as = stage.facebook.accounts[1];
    const back = new URL(stage.facebook.consent(begun.header('Location') ?? '', { as }));
    const done = new URL((await own.open(back.pathname + back.search)).header('Location') ?? '');
    const id = done.searchParams.get('connection') ?? '';
    expect((await stage.service.find({ workspace: 'harbour', id }))?.account).toBe(HOSTILE_NAME);
    const escaped = '&#34;&#62;&#60;script&#62;alert(1)&#60;/script&#62;\ufffd';
    for (const path of [done.pathname + done.search, `/connections?disconnect=${id}`]) {
      const { text } = await own.open(path);
      expect(text).toContain(escaped);
      expect(text).not.toContain('<script');
    }
    const evil = encodeURIComponent(HOSTILE_NAME);
    const { text } = await own.open(`/connections?error=${evil}&connection=${evil}&disconnect=${evil}`);
    expect(text).not.toMatch(/class="(?:alert|notice)"/);
  });
});

describe('OC-10 a form of the page', () => {
  it.each([
    ['without its token', { token: '' }, {}],
    ['with another token', { token: 'A'.repeat(43) }, {}],
    ['from another site', {}, { Origin: 'https://evil.example' }],
    ['from nowhere', {}, { Origin: 'null' }],
  ])('%s changes nothing, and the page is shown again', async (_title, fields, headers) => {
    stage = await startConnections();
    const id = await connected();
    const before = [stage.google.requests.length, stage.events.length];
    for (const deed of [
      { action: 'connect', kind: 'google-ads' },
      { action: 'check', connection: id },
      { action: 'disconnect', connection: id },
    ]) {
      const own = await tab();
      const answer = await own.post({ ...deed, ...fields }, headers);
      expect([answer.status, answer.header('Location')]).toEqual([403, undefined]);
      expect(answer.text).toContain('Nothing has been changed: please try again.');
    }
    expect((await stage.service.list('harbour')).items).toHaveLength(1);
    expect(stage.google.requests.length).toBe(before[0]);
    const refusals = stage.events
      .slice(before[1])
      .flatMap((event) => (event.type === 'decision' && event.outcome === 'denied' ? [event.reason] : []));
    expect(refusals).toEqual(['interaction_invalid', 'interaction_invalid', 'interaction_invalid']);
  });

  it('counts for the user it was shown to, in the browser it was shown in', async () => {
    stage = await startConnections();
    const id = await connected();
    const [ines, jo, other] = [await tab(), await tab('jo'), await tab()];
    const stolen = [
      // Jo's browser, with the token of ines; the browser of ines, in which jo is signed in by now; another of hers.
      jo.post({ action: 'disconnect', connection: id, token: ines.token }),
      ines.post({ action: 'disconnect', connection: id }, { Cookie: `session=jo; ${ines.cookie}` }),
      other.post({ action: 'disconnect', connection: id, token: ines.token }),
    ];
    expect((await Promise.all(stolen)).map(({ status }) => status)).toEqual([403, 403, 403]);
    expect((await stage.service.list('harbour')).items).toHaveLength(1);
  });

  it('is good for ten minutes', async () => {
    stage = await startConnections();
    const id = await connected();
    const own = await tab();
    stage.clock.advance(600);
    expect((await own.post({ action: 'check', connection: id })).status).toBe(403);
  });

  it.each([
    ['an action that there is none of', { action: 'delete' }, 400],
    ['no action', {}, 400],
    ['a kind that is not configured', { action: 'connect', kind: 'tiktok-ads' }, 404],
    ['a kind out of the prototype', { action: 'connect', kind: '__proto__' }, 404],
  ])('with %s is refused on a page', async (_title, fields, status) => {
    stage = await startConnections();
    const own = await tab();
    const answer = await own.post(fields);
    expect([answer.status, answer.header('Content-Type')]).toEqual([status, 'text/html; charset=utf-8']);
  });

  it.each(['check', 'disconnect'])(
    'to %s does nothing to the connection of another workspace',
    async (action) => {
      stage = await startConnections();
      const id = await connected();
      const kim = await tab('kim');
      const before = stage.google.requests.length;
      const answer = await kim.post({ action, connection: id });
      expect([answer.status, answer.header('Location')]).toEqual([303, '/connections']);
      kim.cookie = answer.header('Set-Cookie')?.split(';', 1)[0] ?? '';
      expect((await kim.open()).text).toContain('That connection does not exist any more.');
      expect([stage.google.requests.length, (await stage.service.list('harbour')).items.length]).toEqual([
        before,
        1,
      ]);
    },
  );

  it('that is no form, or too large, is refused', async () => {
    stage = await startConnections('koa');
    const own = await tab();
    const json = await own.post({}, { 'Content-Type': 'application/json' });
    expect(json.status).toBeGreaterThanOrEqual(400);
    expect((await own.post({ action: 'x'.repeat(70_000) })).status).toBe(413);
  });
});

describe('the callback of a connection that a program opens', () => {
  it('answers with JSON although there is a page for people', async () => {
    stage = await startConnections();
    const answer = await stage.send({
      path: '/api/v1/connections/google-ads/callback/?code=a&state=b',
      headers: { Accept: 'application/json' },
    });
    expect([answer.status, answer.text]).toEqual([400, '{"detail":"Invalid state has been provided."}']);
  });
});

describe('connectionsPages()', () => {
  const OPTIONS = { signInUrl: '/login', signedIn: () => null };

  it.each([
    ['signedIn', { signedIn: undefined }],
    ['signInUrl', { signInUrl: undefined }],
    ['path', { path: '/connections/' }],
    ['path', { path: '/connections?x' }],
    ['accentColor', { accentColor: 'red' }],
    ['colour', { colour: '#ffffff' }],
  ])('refuses a wrong %s', async (name, change) => {
    stage = await startConnections();
    expect(complaint(() => connectionsPages({ ...OPTIONS, ...change } as never))).toMatch(
      new RegExp(`^option_\\w+: connectionsPages.*${name}`),
    );
  });
});
