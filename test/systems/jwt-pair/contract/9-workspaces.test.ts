import { describe, expect, it } from 'vitest';
import { send } from '../../../support/http-client.ts';
import { expectAccess, expectRefusal, FORBIDDEN, NOT_FOUND, refusedAccess } from '../expectations.ts';
import { AUDIENCES, PLAIN_HOSTS } from '../hosts.ts';
import { startStage, stopStagesAfterEach, type Stage } from '../stage.ts';
import { claimsOf } from '../tokens.ts';

stopStagesAfterEach();

const [OWN, OTHER] = AUDIENCES;
const LIST = '/api/v1/audiences/';

/** Whoever can be in workspace ws-1: a user and a key. */
const PRINCIPALS: readonly (readonly [kind: string, header: (stage: Stage) => Promise<string>])[] = [
  ['a user', async (stage) => `Bearer ${(await stage.login()).access}`],
  ['a key', async (stage) => `Api-Key ${(await stage.keys.create({ workspace: 'ws-1', name: 'k' })).key}`],
];

describe.each(PLAIN_HOSTS)('Workspace isolation on $name', (host) => {
  it.each(PRINCIPALS)(
    'Every authenticated principal has exactly one workspace: %s',
    async (_kind, header) => {
      const stage = await startStage(host);
      const who = await header(stage);
      expect((await stage.get(who)).json()).toMatchObject({ workspace: 'ws-1' });
      expect((await stage.get(who, LIST)).json()).toEqual([OWN]);
      expect((await stage.get(who, `${LIST}a1/`)).json()).toEqual(OWN);
    },
  );

  it.each(PRINCIPALS)(
    'TN-01 An object of another workspace is indistinguishable from a missing one: %s',
    async (_kind, header) => {
      const stage = await startStage(host);
      const who = await header(stage);
      const answers = [];
      for (const id of [OTHER?.id ?? '', 'a3', 'no such thing', '%00']) {
        answers.push(await stage.get(who, `${LIST}${encodeURI(id)}/`));
      }
      for (const answer of answers) expectRefusal(answer, NOT_FOUND);
      expect(new Set(answers.map((answer) => withoutDate(answer.everything))).size).toBe(1);
    },
  );

  it('lists simply omit it; a filter such as `?customer=<other>` yields an empty list', async () => {
    const stage = await startStage(host);
    const { access } = await stage.login();
    expect((await stage.get(`Bearer ${access}`, `${LIST}?customer=c1`)).json()).toEqual([OWN]);
    for (const customer of ['c2', 'c3']) {
      expect((await stage.get(`Bearer ${access}`, `${LIST}?customer=${customer}`)).text).toBe('[]');
    }
  });

  it('A user without workspace: login succeeds, every scoped resource answers 403', async () => {
    const stage = await startStage(host);
    const { access } = await stage.login(stage.directory.nomad);
    expect((await stage.me(access)).status).toBe(200);
    for (const path of [LIST, `${LIST}a1/`, `${LIST}a3/`]) {
      expectRefusal(await stage.get(`Bearer ${access}`, path), FORBIDDEN);
    }
  });

  it('TN-02 handlers get it from the principal, never from the request', async () => {
    const stage = await startStage(host);
    const { access } = await stage.login();
    const claimed = { 'X-Workspace-Id': 'ws-2', 'X-Workspace': 'ws-2', Cookie: 'workspace=ws-2' };
    const answer = await send(stage.port, {
      path: `${LIST}?workspace=ws-2&ws=ws-2`,
      headers: { Authorization: `Bearer ${access}`, ...claimed },
    });
    expect(answer.json()).toEqual([OWN]);
  });

  it.each([
    ['another one', 'ws-2'],
    ['none', null],
  ])(
    'If the user’s workspace changes, live tokens follow the current membership: %s',
    async (_row, workspace) => {
      const stage = await startStage(host);
      const { access, refresh } = await stage.login();
      expect((await stage.get(`Bearer ${access}`, LIST)).status).toBe(200);
      stage.directory.ada.workspace = workspace;
      stage.clock.advance(5);
      expectRefusal(await stage.me(access), refusedAccess('Token is invalid'));
      expectRefusal(await stage.get(`Bearer ${access}`, LIST), refusedAccess('Token is invalid'));
      const next = expectAccess(await stage.refresh(refresh));
      expect(claimsOf(next)['ws']).toBe(workspace);
      const answer = await stage.get(`Bearer ${next}`, LIST);
      expect(answer.text).toBe(workspace === null ? FORBIDDEN.body : JSON.stringify([OTHER]));
    },
  );

  it('a user who joins a first workspace needs a new access token, too', async () => {
    const stage = await startStage(host);
    const { access, refresh } = await stage.login(stage.directory.nomad);
    stage.directory.nomad.workspace = 'ws-1';
    expectRefusal(await stage.me(access), refusedAccess('Token is invalid'));
    const next = expectAccess(await stage.refresh(refresh));
    expect((await stage.get(`Bearer ${next}`, LIST)).json()).toEqual([OWN]);
  });
});

function withoutDate(everything: string): string {
  return everything.replace(/^(Date\n).*$/m, '$1');
}
