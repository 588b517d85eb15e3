import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'vitest';
import type { AuthClient, NodeAnswer, Pair } from '../support/auth-node.ts';

/** What an answer was to, and when it was asked. */
export interface Seen extends NodeAnswer {
  readonly what: 'products' | 'reports' | 'refresh' | 'opaque refresh' | 'open';
  readonly askedAt: number;
}

/** Clients that use a node as browsers do, each with sessions of its own, until they are told to stop. */
export interface Load {
  readonly seen: readonly Seen[];
  /** Waits for what is under way, and gives the latest pairs of each client. */
  stop(): Promise<readonly { readonly jwt: Pair; readonly opaque: Pair }[]>;
}

/**
 * @param clients How many there are; each has one request under way at any time.
 * @param pauseMs How long each rests between its rounds.
 * @param opaqueRefreshers `half` leaves clients that only ever present the opaque token they have, so that there is
 *   somebody to do so while nothing can be refreshed; tokens must outlive such a load.
 */
export async function startLoad(
  client: AuthClient,
  clients: number,
  pauseMs = 5,
  opaqueRefreshers: 'half' | 'all' = 'half',
): Promise<Load> {
  const seen: Seen[] = [];
  const over = new AbortController();

  async function note<A extends NodeAnswer>(what: Seen['what'], asking: Promise<A>): Promise<A> {
    const askedAt = performance.now();
    const answer = await asking;
    seen.push({ ...answer, what, askedAt });
    return answer;
  }

  const started = await Promise.all(
    Array.from({ length: clients }, async (_, index) => ({
      jwt: await client.login(`jwt${index}`),
      opaque: await client.opaqueLogin(`opaque${index}`),
    })),
  );
  const loops = started.map(async (pairs, index) => {
    let { jwt, opaque } = pairs;
    let isUnsure = false;
    for (let step = 0; !over.signal.aborted; step++) {
      await note('products', client.get('/products', jwt.access));
      // An opaque token is over with its refresh, and a refresh that was not answered may have taken place.
      if (!isUnsure) await note('reports', client.get('/reports', opaque.access));
      await note('open', client.get('/open'));
      if (step % 3 === 0) jwt = (await note('refresh', client.refresh(jwt.refresh))).pair ?? jwt;
      const refreshes = opaqueRefreshers === 'all' || index % 2 === 0;
      if (refreshes && (step % 3 === 1 || isUnsure)) {
        const { pair } = await note('opaque refresh', client.opaqueRefresh(opaque.refresh));
        isUnsure = pair === null;
        opaque = pair ?? opaque;
      }
      await pause(pauseMs);
    }
    return { jwt, opaque };
  });
  // A load that is dropped, since its test has failed, must not fail the run as well.
  for (const loop of loops) loop.catch(() => undefined);
  return {
    seen,
    async stop() {
      over.abort();
      return Promise.all(loops);
    },
  };
}

/** Statuses and how often each came. */
export function statuses(seen: readonly NodeAnswer[]): Readonly<Record<number, number>> {
  const counts: Record<number, number> = {};
  for (const { status } of seen) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

/** The value below which this share of the answers took. */
export function percentile(seen: readonly NodeAnswer[], share: number): number {
  const sorted = seen.map(({ tookMs }) => tookMs).toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

/** Nothing but 200, and 503 that says when to come back and within the time: nobody is logged out, nothing leaks. */
export function expectOnlyOutages(seen: readonly NodeAnswer[], mostMs: number): void {
  const odd = seen.filter(({ status }) => status !== 200 && status !== 503);
  expect(odd).toEqual([]);
  for (const answer of seen) {
    expect(answer.tookMs).toBeLessThan(mostMs);
    if (answer.status !== 503) continue;
    expect(answer.retryAfter).toBe('1');
    expect(answer.text).not.toMatch(/redis|postgres|ECONN|127\.0\.0\.1|timeout|deadline/i);
  }
}

/** Asks until the answer is 200, and expects that within this time. */
export async function untilGood(ask: () => Promise<NodeAnswer>, withinMs: number): Promise<number> {
  const from = performance.now();
  for (;;) {
    const { status, text } = await ask();
    const tookMs = performance.now() - from;
    if (status === 200) return tookMs;
    expect({ status, text, tooLate: tookMs > withinMs }).toMatchObject({ status: 503, tooLate: false });
    await pause(50);
  }
}
