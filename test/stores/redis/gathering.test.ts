import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { type IoredisClient, redisStore } from '../../../src/stores/redis.ts';

/** A client that notes what it is told to write, when its socket is held back and when it is let go. */
function notingClient(hasSocket: boolean): { readonly client: IoredisClient; readonly noted: string[] } {
  const noted: string[] = [];
  const socket = { cork: () => noted.push('hold'), uncork: () => noted.push('let go') };
  const info = 'redis_version:7.0.0\r\nloading:0\r\nrole:master\r\nmaxmemory_policy:noeviction';
  const replies: Readonly<Record<string, unknown>> = { INFO: info, TIME: ['1700000000', '0'] };
  const client: IoredisClient & { readonly stream?: object } = {
    options: {},
    duplicate: () => client,
    connect: () => Promise.resolve(),
    disconnect: () => undefined,
    on: () => client,
    call(command) {
      noted.push(command);
      return Promise.resolve(replies[command] ?? []);
    },
    ...(hasSocket ? { stream: socket } : {}),
  };
  return { client, noted };
}

it('redisStore with ioredis lets the commands of one turn leave in one piece, at its end', async () => {
  const { client, noted } = notingClient(true);
  const store = redisStore({ client });
  await store.familyGet('f1');
  for (let turn = 0; turn < 2; turn++) {
    await nextTurn();
    noted.length = 0;
    await Promise.all(['f1', 'f2', 'f3'].map((id) => store.familyGet(id)));
    await nextTurn();
    expect(noted).toEqual(['hold', 'HMGET', 'HMGET', 'HMGET', 'let go']);
  }
  await store.close();
});

it('redisStore with a client that shows no socket sends its commands one by one', async () => {
  const { client, noted } = notingClient(false);
  const store = redisStore({ client });
  await store.familyGet('f1');
  expect(noted.filter((each) => each === 'HMGET')).toEqual(['HMGET']);
  await store.close();
});
