import { expect, it } from 'vitest';
import { authenticate } from '../../src/middleware/authenticate.ts';
import type { FindAccount } from '../../src/services/account-check.ts';
import { onEachFramework, stopHostsAfterEach } from '../support/frameworks.ts';
import { pipelined } from '../support/http-client.ts';
import { hs256, jwtStrategy, PAYLOAD } from './jwt-bench.ts';

stopHostsAfterEach();

const USERS = ['alice', 'bob'];
const HEADERS = USERS.map((sub) => ({ Authorization: `Bearer ${hs256({ ...PAYLOAD, sub })}` }));
const PAIRS = 10_000;
const PAIRS_AT_ONCE = 250;

/** Answers look-ups in another order than they came in, so that requests overtake each other. */
function scrambled(): FindAccount {
  const waiting: (() => void)[] = [];
  let seed = 1;
  function answerSome(): void {
    for (let left = Math.ceil(waiting.length / 2); left > 0; left -= 1) {
      seed = (seed * 48_271) % 0x7fff_ffff;
      waiting.splice(seed % waiting.length, 1)[0]?.();
    }
    if (waiting.length > 0) setImmediate(answerSome);
  }
  return () =>
    new Promise((resolve) => {
      if (waiting.length === 0) setImmediate(answerSome);
      waiting.push(() => resolve({ active: true }));
    });
}

onEachFramework('a guard', (framework) => {
  it(
    'JWT-20 never mixes up two users in ten thousand pairs of overlapping requests',
    { timeout: 180_000 },
    async () => {
      const findUser = scrambled();
      const order: string[] = [];
      const strategy = jwtStrategy({ findUser, accountCheck: 'each-request' });
      const host = await framework.start({
        chain: [authenticate(strategy)],
        handler: async ({ principal, property }) => {
          order.push(principal?.id ?? '');
          await findUser('');
          return { id: principal?.id, user: (property('user') as { id?: string }).id };
        },
      });
      const batch = Array.from({ length: PAIRS_AT_ONCE * 2 }, (_, i) => i % 2);
      const requests = batch.map((who) => HEADERS[who] ?? {});
      const expected = batch.map((who) => `{"id":"${USERS[who]}","user":"${USERS[who]}"}`);
      for (let sent = 0; sent < PAIRS; sent += PAIRS_AT_ONCE) {
        expect(await pipelined(host.port, requests)).toEqual(expected);
      }
      // The requests did overtake each other: they reached the handler in another order than they were sent in.
      const sentOrder = Array.from({ length: PAIRS * 2 }, (_, i) => USERS[i % 2]);
      expect(order).toHaveLength(sentOrder.length);
      expect(order.filter((id, i) => id !== sentOrder[i]).length).toBeGreaterThan(PAIRS / 4);
    },
  );
});
