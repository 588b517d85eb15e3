import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AuthProcesses, authProcesses } from '../support/auth-processes.ts';
import { type Engine, type EngineKind, ENGINES } from './engines.ts';
import { slopePerMinute, soak } from './soaking.ts';

/** `npm run test:soak` sets it; among the other rows the soak is a short one. */
const SECONDS = Number(process.env['SOAK_SECONDS'] ?? 45);
const SAMPLE_SECONDS = 1;
/** Caches fill and the compiler settles in a first part, which says nothing of what follows. */
const SETTLED = SECONDS >= 300 ? 120 : SECONDS / 2;
/** In MiB a minute. A short run ends before caches and the list of revocations are full, and has few samples. */
const MOST_GROWTH = SECONDS >= 300 ? 1 : 60;
const PAUSE_MS = SECONDS >= 300 ? 20 : 40;

const [REDIS, POSTGRES] = ENGINES as readonly [EngineKind, EngineKind];
const MEMORY = { name: 'memory', isMissing: false, start: null };
/** Over a server, the node keeps nothing but what it must; the long run is about the node. */
const kinds = SECONDS < 300 ? [MEMORY, REDIS, POSTGRES] : [REDIS.isMissing ? MEMORY : REDIS];

describe.skipIf(!existsSync('/proc/self/fd'))('A node under load', () => {
  let processes: AuthProcesses;
  beforeAll(() => {
    processes = authProcesses();
  });
  afterAll(() => processes.dispose());

  for (const kind of kinds) {
    it.skipIf(kind.isMissing)(
      `F28 over ${kind.name} does not grow, in memory or in handles`,
      async () => {
        const engine: Engine | null = kind.start === null ? null : await kind.start();
        // Revoked sessions are remembered for as long as their tokens live; short ones let the memory come to its level.
        const options = { accessSeconds: 10, refreshSeconds: 600 };
        const node = await processes.start({ store: { kind: kind.name, url: engine?.url ?? '' }, options });
        const { resident, handles, requests, answers } = await soak(node, {
          seconds: SECONDS,
          sampleEverySeconds: SAMPLE_SECONDS,
          pauseMs: PAUSE_MS,
        });
        const [settled, settledHandles] = [resident, handles].map((series) => series.slice(SETTLED)) as [
          number[],
          number[],
        ];
        const slope = slopePerMinute(settled, SAMPLE_SECONDS);
        console.log(
          `F28 ${kind.name}: ${requests} requests in ${SECONDS} s, ${JSON.stringify(answers)}; ` +
            `${Math.round(resident[0] ?? 0)} MiB at first, ${Math.round(settled[0] ?? 0)} when settled, ` +
            `${Math.round(settled.at(-1) ?? 0)} at last, ${slope.toFixed(2)} MiB a minute; ` +
            `handles ${Math.min(...settledHandles)} to ${Math.max(...settledHandles)}`,
        );
        // A machine that others use as well may let a deadline pass now and then; nothing else may go wrong.
        const { 200: good = 0, 503: late = 0, ...odd } = answers;
        expect(odd).toEqual({});
        expect(late).toBeLessThan(good / 100);
        expect(node.output()).toBe('');
        expect(slope).toBeLessThan(MOST_GROWTH);
        expect(Math.max(...settledHandles) - Math.min(...settledHandles)).toBeLessThan(20);
        await node.stop();
        await engine?.stop();
      },
      SECONDS * 1_000 + 60_000,
    );
  }
});
