import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
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
  const load = await startLoad(node, 10, pauseMs);
  const comers = Array.from({ length: 4 }, async (_, index) => {
    let answers = 0;
    while (performance.now() < until) {
      const { access } = await node.login(`comer${index}-${answers % 50}`);
      await node.get('/products', `${access.slice(0, -4)}AAAA`);
      await node.get('/reports', 'no-such-token');
      await node.logout(access);
      answers += 4;
      await pause(2 * pauseMs);
    }
    return answers;
  });
  while (performance.now() < until) {
    await pause(sampleEverySeconds * 1_000);
    resident.push(residentMb(node.pid));
    handles.push(readdirSync(`/proc/${node.pid}/fd`).length);
  }
  await load.stop();
  const others = (await Promise.all(comers)).reduce((sum, each) => sum + each, 0);
  return { resident, handles, requests: load.seen.length + others, answers: statuses(load.seen) };
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
