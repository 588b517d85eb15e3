import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Store } from '../../../src/core/store.ts';
import { redisStore } from '../../../src/stores/redis.ts';
import { reachRedis, REDIS_SOURCE, type RedisServer } from '../../support/redis.ts';
import { REDIS_CLIENTS } from '../../support/redis-clients.ts';

const FAMILY = {
  id: 'f1',
  owner: 'u1',
  data: { login: 'ada' },
  idleMs: 60_000,
  absoluteAt: null,
  feedMs: 60_000,
};
const POLICY = { idleMs: 60_000, graceMs: 10_000 };

describe.skipIf(REDIS_SOURCE === null).each(REDIS_CLIENTS)(
  'redisStore with $name: what it sends',
  ({ make }) => {
    let server: RedisServer;
    let admin: Redis;
    let monitor: Redis;
    let prefix: string;
    let store: Store;
    let sent: string[] = [];
    let marks = 0;

    beforeAll(async () => {
      server = await reachRedis();
      admin = new Redis(server.url);
      monitor = await admin.monitor();
      monitor.on('monitor', (_time: string, args: string[], source: string) => {
        // What a script runs within the server is no round trip.
        const [command = ''] = args;
        if (source !== 'lua' && args.some((each) => each.includes(prefix))) sent.push(command.toUpperCase());
      });
      prefix = server.newPrefix();
      store = redisStore({ client: make(server.url), prefix });
      await store.familyCreate(FAMILY);
      await store.familyRotate('f1', 1, POLICY);
    });

    afterAll(async () => {
      await store.close();
      monitor.disconnect();
      admin.disconnect();
      await server.stop();
    });

    /** The commands that reach the server in the course of the work. */
    async function commandsOf(work: () => Promise<unknown>): Promise<readonly string[]> {
      await reached();
      sent = [];
      await work();
      await reached();
      return sent.filter((command) => command !== 'ECHO');
    }

    /** Waits until the monitor has seen all that was sent before. */
    async function reached(): Promise<void> {
      const mark = `${prefix}-${(marks += 1)}`;
      const seen = new Promise<void>((resolve) => {
        monitor.on('monitor', function listen(_time: string, args: string[]) {
          if (args[1] !== mark) return;
          monitor.off('monitor', listen);
          resolve();
        });
      });
      await admin.echo(mark);
      await seen;
    }

    it('sends one command for a rotation, whatever becomes of it', async () => {
      const rotations = async (): Promise<void> => {
        for (let generation = 2; generation <= 101; generation++)
          await store.familyRotate('f1', generation, POLICY);
      };
      expect(await commandsOf(rotations)).toEqual(Array.from({ length: 100 }, () => 'EVALSHA'));
      const outcomes: string[] = [];
      const others = async (): Promise<void> => {
        outcomes.push((await store.familyRotate('f1', 101, POLICY)).outcome);
        outcomes.push(
          (await store.familyRotate('f1', 200, { ...POLICY, handles: ['h1', 'h2'], feedGeneration: true }))
            .outcome,
        );
        outcomes.push((await store.familyRotate('f1', 5, POLICY)).outcome);
      };
      expect(await commandsOf(others)).toEqual(['EVALSHA', 'EVALSHA', 'EVALSHA']);
      expect(outcomes).toEqual(['replayed', 'ahead', 'reuse']);
    });

    it('sends nothing for a generation that no store has issued', async () => {
      expect(await commandsOf(() => store.familyRotate('f1', 0, POLICY))).toEqual([]);
    });

    it('sends one command for each other write', async () => {
      const writes = [
        () => store.familyCreate({ ...FAMILY, id: 'f2', handles: ['h3'] }),
        () => store.put('kind', 'id', 1, { lookups: ['x', 'y', 'z'], expiresAt: Date.now() + 60_000 }),
        () => store.use('kind', 'id'),
        () => store.delete('kind', 'id'),
        () => store.deleteBy('kind', 0, 'x'),
        () => store.familyRevoke('f2'),
        () => store.familyRevokeAll('u1'),
        () => store.feedAppend([{ key: 'acc:1', value: 1, expiresAt: Date.now() + 60_000 }]),
      ];
      // Each is sent once before, so that the server knows its script.
      for (const write of writes) await write();
      for (const write of writes) expect(await commandsOf(write)).toEqual(['EVALSHA']);
    });

    it('reads with plain commands', async () => {
      expect(await commandsOf(() => store.get('kind', 'id'))).toEqual(['HMGET']);
      expect(await commandsOf(() => store.familyGet('f1'))).toEqual(['HMGET']);
      expect(await commandsOf(() => store.familyByHandle('h1'))).toEqual(['GET']);
    });

    it('goes on when the server has forgotten its scripts', async () => {
      await store.familyCreate({ ...FAMILY, id: 'f3' });
      await admin.script('FLUSH');
      const rotate = (): Promise<unknown> => store.familyRotate('f3', 1, POLICY);
      expect(await commandsOf(rotate)).toEqual(['EVALSHA', 'EVAL']);
      expect(await commandsOf(rotate)).toEqual(['EVALSHA']);
      expect((await store.familyGet('f3'))?.generation).toBe(2);
    });
  },
);
