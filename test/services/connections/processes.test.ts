import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Store } from '../../../src/core/store.ts';
import type { AccessTokenResult, ConnectionRef } from '../../../src/services/connections.ts';
import { sqliteStore } from '../../../src/stores/sqlite.ts';
import { transpileSources, type TranspiledSources } from '../../support/transpiled-sources.ts';
import { closeScenesAfterEach, KEY, scene, type Scene } from './fixture.ts';

closeScenesAfterEach();

const WORKER = fileURLToPath(new URL('../../support/connections-worker.mjs', import.meta.url));
const HOUR_MS = 3_600_000;

let sources: TranspiledSources;
let folder: string;
let store: Store;
const children: ChildProcess[] = [];

beforeAll(() => {
  sources = transpileSources(['src']);
});

afterAll(() => sources.dispose());

afterEach(async () => {
  await Promise.all(children.splice(0).map(kill));
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A connection in a SQLite file whose token has expired for whoever is an hour ahead. */
async function connected(): Promise<{
  readonly scene: Scene;
  readonly path: string;
  readonly ref: ConnectionRef;
}> {
  folder = mkdtempSync(join(tmpdir(), 'connections-'));
  const path = join(folder, 'portcullis.db');
  store = sqliteStore(path);
  const made = await scene({ store, clock: realClock() });
  const { workspace, id } = await made.connect();
  return { scene: made, path, ref: { workspace, id } };
}

function realClock(): Scene['clock'] {
  return { now: () => Date.now(), advance: () => undefined, seconds: () => Math.floor(Date.now() / 1000) };
}

async function spawn(path: string, url: string, aheadMs: number): Promise<ChildProcess> {
  const args = [sources.folder, path, url, KEY.toString('base64'), String(aheadMs)];
  const child = fork(WORKER, args, { execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  children.push(child);
  await once(child, 'message');
  return child;
}

async function ask(
  child: ChildProcess,
  ref: ConnectionRef,
  callers: number,
): Promise<readonly AccessTokenResult[]> {
  const answer = once(child, 'message');
  child.send({ ref, callers });
  const [{ results, error }] = (await answer) as [{ results?: readonly AccessTokenResult[]; error?: string }];
  if (results === undefined) throw new Error(error);
  return results;
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}

describe('two processes on one SQLite file', () => {
  it('ask the provider once for twenty callers who need a new token', async () => {
    const { scene: made, path, ref } = await connected();
    const { provider, service } = made;
    const old = await service.getAccessToken(ref);
    const workers = await Promise.all([1, 2].map(() => spawn(path, provider.url, HOUR_MS)));
    provider.delayMs = 100;
    const results = (await Promise.all(workers.map((worker) => ask(worker, ref, 10)))).flat();
    expect(results).toHaveLength(20);
    expect(new Set(results.map((result) => JSON.stringify(result))).size).toBe(1);
    expect(results[0]).toMatchObject({ outcome: 'token' });
    expect(results[0]).not.toEqual(old);
    const renewals = provider.callsOf('POST /token').filter(({ form }) => form.has('refresh_token'));
    expect(renewals).toHaveLength(1);
  });

  it('do not wait for one that was killed while it asked', async () => {
    const { scene: made, path, ref } = await connected();
    const { provider } = made;
    const doomed = await spawn(path, provider.url, HOUR_MS);
    provider.misbehave('POST /token', () => undefined);
    doomed.send({ ref, callers: 10 });
    await vi.waitFor(() => expect(provider.callsOf('POST /token')).toHaveLength(2));
    await kill(doomed);
    provider.behave();
    // Its attempt ends five seconds after the longest that it would have waited; this process is as far ahead.
    const other = await spawn(path, provider.url, HOUR_MS + 25_000);
    expect(await ask(other, ref, 1)).toMatchObject([{ outcome: 'token' }]);
    expect(provider.callsOf('POST /token')).toHaveLength(3);
  });
});
