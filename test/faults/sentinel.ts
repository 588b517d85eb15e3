import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { freePort } from '../support/free-port.ts';
import { startRedis } from '../support/redis.ts';

/** A primary with a replica, watched by three Sentinels. */
export interface SentinelSet {
  readonly sentinels: { readonly host: string; readonly port: number }[];
  readonly primaryName: string;
  /** Has the Sentinels make the replica the primary, and waits until they say so. */
  failOver(): Promise<void>;
  stop(): Promise<void>;
}

const NAME = 'primary';

export async function startSentinelSet(): Promise<SentinelSet> {
  const primary = await startRedis();
  const replica = await startRedis(['--replicaof', '127.0.0.1', String(primary.port)]);
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-sentinel-'));
  const running: ChildProcess[] = [];
  const sentinels: { host: string; port: number }[] = [];
  for (let each = 0; each < 3; each++) {
    const port = await freePort();
    const file = join(folder, `${port}.conf`);
    writeFileSync(
      file,
      [
        `port ${port}`,
        'bind 127.0.0.1',
        `dir ${folder}`,
        `sentinel monitor ${NAME} 127.0.0.1 ${primary.port} 2`,
        `sentinel down-after-milliseconds ${NAME} 1000`,
        `sentinel failover-timeout ${NAME} 5000`,
      ].join('\n'),
    );
    running.push(spawn('redis-server', [file, '--sentinel'], { stdio: 'ignore' }));
    sentinels.push({ host: '127.0.0.1', port });
  }
  const first = new Redis(sentinels[0]?.port ?? 0, '127.0.0.1');
  first.on('error', () => undefined);

  async function primaryPort(): Promise<number> {
    const [, port] = (await first.call('SENTINEL', 'get-master-addr-by-name', NAME)) as [string, string];
    return Number(port);
  }

  // They find each other, and the replica, through the primary.
  for (;;) {
    const quorum = await first.call('SENTINEL', 'ckquorum', NAME).catch(() => null);
    const replicas = (await first.call('SENTINEL', 'replicas', NAME).catch(() => [])) as unknown[];
    if (quorum !== null && replicas.length === 1) break;
    await pause(100);
  }
  return {
    sentinels,
    primaryName: NAME,
    async failOver() {
      const before = await primaryPort();
      // Refused until they have seen the replica in good order.
      while ((await first.call('SENTINEL', 'failover', NAME).catch(() => null)) === null) await pause(100);
      while ((await primaryPort()) === before) await pause(50);
    },
    async stop() {
      first.disconnect();
      for (const each of running) {
        const exit = once(each, 'exit');
        each.kill('SIGKILL');
        await exit;
      }
      await replica.stop();
      await primary.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
