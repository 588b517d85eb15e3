import { describe, expect, it } from 'vitest';
import { sendBytes } from '../../support/http-client.ts';
import { movableClock } from '../../support/movable-clock.ts';
import { testDirectory } from './directory.ts';
import { BAD_REFRESH, expectPair, expectRefusal, type PairData } from './expectations.ts';
import { NODE_HOST } from './hosts.ts';
import {
  expectAccess,
  MONDAY_SECONDS,
  startStage,
  stopStagesAfterEach,
  type Stage,
  type StageOptions,
} from './stage.ts';
import { removeStoresAfterEach, STORE_KINDS, type StoreKind } from './stores.ts';

removeStoresAfterEach();
stopStagesAfterEach();

/** Two nodes of one API: the same data, users and time. */
async function twoNodes(kind: StoreKind, options: StageOptions = {}): Promise<readonly [Stage, Stage]> {
  const clock = movableClock(MONDAY_SECONDS);
  const directory = testDirectory();
  const [one, other] = kind.pair(clock);
  return [
    await startStage(NODE_HOST, { ...options, clock, directory, store: one }),
    await startStage(NODE_HOST, { ...options, clock, directory, store: other }),
  ];
}

interface Outcome {
  readonly status: number;
  readonly pair: PairData | null;
}

/** Refreshes on a connection of its own, so that nothing waits for a free one. */
async function refreshApart({ port }: Stage, token: string): Promise<Outcome> {
  const body = JSON.stringify({ refresh_token: token });
  const head = [
    'POST /auth/refresh HTTP/1.1',
    'Host: localhost',
    'Connection: close',
    'Content-Type: application/json',
    `Content-Length: ${body.length}`,
  ];
  const answer = await sendBytes(port, `${head.join('\r\n')}\r\n\r\n${body}`);
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1]);
  const text = answer.slice(answer.indexOf('\r\n\r\n') + 4);
  return { status, pair: status === 200 ? (JSON.parse(text) as { data: PairData }).data : null };
}

function counted(outcomes: readonly Outcome[]): Readonly<Record<number, number>> {
  const counts: Record<number, number> = {};
  for (const { status } of outcomes) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

describe.each(STORE_KINDS)('Two nodes over one $name store', (kind) => {
  it('SE-07 25 refreshes of one token at once get one successor', async () => {
    const nodes = await twoNodes(kind);
    const [node] = nodes;
    const { refresh_token: token } = await node.login();
    const outcomes = await Promise.all(
      Array.from({ length: 25 }, (_, index) => refreshApart(nodes[index % 2] as Stage, token)),
    );
    expect(counted(outcomes)).toEqual({ 200: 25 });
    const successors = new Set(outcomes.map(({ pair }) => pair?.refresh_token));
    expect(successors.size).toBe(1);
    expectPair(await node.refresh([...successors][0]));
    const actions = nodes.flatMap((each) => each.sessionActions());
    expect(actions.filter((action) => action === 'repeated')).toHaveLength(24);
    expect(actions.filter((action) => action === 'refreshed')).toHaveLength(2);
  });

  it('SE-07 with a window of 0 exactly one of 25 is 200, and the family ends with the second', async () => {
    const nodes = await twoNodes(kind, { reuseGraceSeconds: 0 });
    const { refresh_token: token } = await nodes[0].login();
    const outcomes = await Promise.all(
      Array.from({ length: 25 }, (_, index) => refreshApart(nodes[index % 2] as Stage, token)),
    );
    expect(counted(outcomes)).toEqual({ 200: 1, 401: 24 });
    const successor = outcomes.find(({ pair }) => pair !== null)?.pair?.refresh_token;
    expectRefusal(await nodes[0].refresh(successor), BAD_REFRESH);
    const actions = nodes.flatMap((each) => each.sessionActions());
    expect(actions.filter((action) => action === 'reuse_detected')).toHaveLength(1);
  });

  it('SE-09 of a refresh that races a logout nothing survives', async () => {
    const [one, other] = await twoNodes(kind);
    for (let round = 0; round < 8; round++) {
      const { access_token: access, refresh_token: token } = await one.login();
      const [raced, out] = await Promise.all([
        refreshApart(other, token),
        // Every second time the logout begins a step later.
        round % 2 === 0 ? one.logout(access) : Promise.resolve().then(() => one.logout(access)),
      ]);
      expect(out.status).toBe(200);
      expect([200, 401]).toContain(raced.status);
      for (const node of [one, other]) {
        expectRefusal(await node.refresh(token), BAD_REFRESH);
        if (raced.pair !== null) expectRefusal(await node.refresh(raced.pair.refresh_token), BAD_REFRESH);
      }
      await expectAccess(one, raced.pair?.access_token ?? access, 'dead');
    }
  });

  it('SE-09 of a refresh that races the end of its session nothing survives', async () => {
    const [one, other] = await twoNodes(kind);
    for (let round = 0; round < 8; round++) {
      const { refresh_token: token } = await one.login();
      const [session] = await one.b2b.sessions.list('123456');
      const [raced] = await Promise.all([
        refreshApart(other, token),
        one.b2b.sessions.revoke(session?.id ?? '', { reason: 'a test' }),
      ]);
      expectRefusal(await other.refresh(raced.pair?.refresh_token ?? token), BAD_REFRESH);
      if (raced.pair !== null) await expectAccess(one, raced.pair.access_token, 'dead');
      expect(await other.b2b.sessions.list('123456')).toEqual([]);
    }
  });

  it('a login that begins after a logout has ended is not touched by it', async () => {
    const [one, other] = await twoNodes(kind);
    for (let round = 0; round < 4; round++) {
      const { access_token: access } = await one.login();
      await one.logout(access);
      const next = await other.login();
      await expectAccess(one, next.access_token, 'works');
      await expectAccess(other, next.access_token, 'works');
      expectPair(await one.refresh(next.refresh_token));
    }
  });
});
