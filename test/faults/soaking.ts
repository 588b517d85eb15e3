import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import type { NodeAnswer } from '../support/auth-node.ts';
import type { AuthProcess } from '../support/auth-processes.ts';
import { startLoad, statuses } from './load.ts';

/** What a process came to while it was at work, a sample each few seconds. */
export interface Soaked {
  /** Resident memory in MiB. */
  readonly resident: readonly number[];
  /** Open files and sockets. */
  readonly handles: readonly number[];
  readonly requests: number;
  /** By status. */
  readonly answers: Readonly<Record<number, number>>;
}

export interface SoakOptions {
  readonly seconds: number;
  readonly sampleEverySeconds: number;
  /** How long each client rests between its rounds. */
  readonly pauseMs: number;
}

/**
 * Uses a node as browsers do: signing in and out, refreshing, presenting good and bad tokens.
 */
export async function soak(
  node: AuthProcess,
  { seconds, sampleEverySeconds, pauseMs }: SoakOptions,
): Promise<Soaked> {
  const until = performance.now() + seconds * 1_000;
  const resident: number[] = [];
  const handles: number[] = [];
  const load = await startLoad(node, 10, pauseMs, 'all');
  const comers = Promise.all(
    Array.from({ length: 4 }, async (_, index) => {
      const seen: NodeAnswer[] = [];
      while (performance.now() < until) {
        const { answer, pair } = await node.tryLogin(`comer${index}-${seen.length % 50}`);
        seen.push(answer);
        if (pair !== null) {
          await node.get('/products', `${pair.access.slice(0, -4)}AAAA`);
          await node.get('/reports', 'no-such-token');
          seen.push(await node.logout(pair.access));
        }
        await pause(2 * pauseMs);
      }
      return seen;
    }),
  );
  const sampling = (async () => {
    while (performance.now() < until) {
      await pause(sampleEverySeconds * 1_000);
      resident.push(residentMb(node.pid));
      handles.push(readdirSync(`/proc/${node.pid}/fd`).length);
    }
  })();
  const [others] = await Promise.all([comers, sampling]);
  await load.stop();
  const all = [...load.seen, ...others.flat()];
  return { resident, handles, requests: all.length, answers: statuses(all) };
}

/** By how much a series grows each minute, by the line that fits it best. */
export function slopePerMinute(series: readonly number[], sampleEverySeconds: number): number {
  const n = series.length;
  const meanX = (n - 1) / 2;
  const meanY = series.reduce((sum, each) => sum + each, 0) / n;
  let above = 0;
  let below = 0;
  for (const [x, y] of series.entries()) {
    above += (x - meanX) * (y - meanY);
    below += (x - meanX) ** 2;
  }
  return ((above / below) * 60) / sampleEverySeconds;
}

function residentMb(pid: number): number {
  const [, kib = '0'] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kib) / 1024;
}
