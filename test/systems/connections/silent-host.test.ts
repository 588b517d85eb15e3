import { describe, expect, it } from 'vitest';
import { StoreError } from '../../../src/core/errors.ts';
import { connectionsPages } from '../../../src/systems/connections/pages/pages.ts';
import type { ConnectionsPagesOptions } from '../../../src/systems/connections/pages/options.ts';
import { ADA, closeScenesAfterEach, scene } from '../../services/connections/fixture.ts';
import { callbackOf, startStage, stopStagesAfterEach, type Stage } from './stage.ts';

stopStagesAfterEach();
closeScenesAfterEach();

const ADA_ON_THE_PAGE = { id: '1', workspace: 'ws-1' };
const HTML = { Accept: 'text/html' };

function silence(): Promise<never> {
  return new Promise(() => undefined);
}

/** A stage with a page that ada is signed in to, unless the callbacks say otherwise. */
function withPage(callbacks: Partial<ConnectionsPagesOptions>): Promise<Stage> {
  const pages = connectionsPages({
    signInUrl: '/login',
    signedIn: () => ADA_ON_THE_PAGE,
    deadlineMs: 20,
    ...callbacks,
  });
  return startStage(undefined, { pages });
}

describe('F26 a host that does not answer in time', () => {
  it('whether a user is a member: nothing is begun', async () => {
    const { service } = await scene({ isMember: silence, deadlineMs: 20 });
    const begun = service.start({
      ...ADA,
      kind: 'google-ads',
      callbackUrl: 'https://api.example/cb',
      returnTo: null,
    });
    await expect(begun).rejects.toThrow(new StoreError('isMember did not answer within 20 ms'));
  });

  it('C4 whether a user still is a member: no code is exchanged, and the same answer gets through later', async () => {
    const { another, consented, provider, service } = await scene();
    const answer = await consented();
    const silent = another({ isMember: silence, deadlineMs: 20 });
    await expect(silent.complete(answer)).rejects.toBeInstanceOf(StoreError);
    expect([provider.calls, (await service.list('w1')).items]).toEqual([[], []]);
    expect((await service.complete(answer)).outcome).toBe('connected');
  });

  it('C4 who is signed in at the callback: 503, no code is exchanged, and the same address gets through later', async () => {
    let isSilent = true;
    const { send, begin, provider } = await startStage(undefined, {
      deadlineMs: 20,
      signedInUser: () => (isSilent ? silence() : '1'),
    });
    const { authorizationUrl, cookie } = await begin();
    const path = callbackOf(provider.consent(authorizationUrl));
    const answer = await send('GET', path, { Cookie: cookie });
    expect([answer.status, answer.header('Retry-After'), provider.calls]).toEqual([503, '1', []]);
    isSilent = false;
    expect((await send('GET', path, { Cookie: cookie })).status).toBe(200);
  });

  it('who looks at the page: 503, as a page that tells nothing of the workspace', async () => {
    let isSilent = false;
    const { send, connect } = await withPage({ signedIn: () => (isSilent ? silence() : ADA_ON_THE_PAGE) });
    await connect();
    isSilent = true;
    const answer = await send('GET', '/connections', HTML);
    expect([answer.status, answer.header('Retry-After')]).toEqual([503, '1']);
    expect(answer.text).not.toContain('ws-1');
  });

  it('what users are called: 503, and all of them are asked for within one deadline', async () => {
    let answers: 'none' | 'once both were asked for' = 'once both were asked for';
    let signedIn = ADA_ON_THE_PAGE;
    const asked = new Map<string, (label: string) => void>();
    const { send, connect, directory } = await withPage({
      deadlineMs: 1_000,
      signedIn: () => signedIn,
      userLabel: (id) =>
        new Promise((resolve) => {
          asked.set(id, resolve);
          if (answers === 'none' || asked.size < 2) return;
          for (const [each, answer] of asked) answer(`the label of ${each}`);
        }),
    });
    await connect();
    signedIn = { id: directory.grace.id, workspace: 'ws-1' };
    await connect({ as: directory.grace, consent: { subject: 'another account' } });
    const shown = await send('GET', '/connections', HTML);
    expect(shown.text).toContain('the label of 1');
    expect(shown.text).toContain('the label of 2');
    answers = 'none';
    const answer = await send('GET', '/connections', HTML);
    expect([answer.status, answer.header('Retry-After')]).toEqual([503, '1']);
  });
});
