import { existsSync, readdirSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { failedDeliveries } from '../../src/core/event-delivery.ts';
import { argon2Passwords } from '../../src/services/passwords/argon2.ts';
import { memoryStore } from '../../src/stores/memory.ts';
import { type AuthNode, type NodeAnswer, startAuthNode, userOf } from '../support/auth-node.ts';
import { type AuthProcess, type AuthProcesses, authProcesses } from '../support/auth-processes.ts';
import { percentile, statuses } from './load.ts';

vi.setConfig({ testTimeout: 90_000, hookTimeout: 60_000 });

const nodes: AuthNode[] = [];
const sockets = new Set<Socket>();
let processes: AuthProcesses;

beforeAll(() => {
  processes = authProcesses();
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  sockets.clear();
  for (const node of nodes.splice(0)) await node.stop();
});
afterAll(() => processes.dispose());

/** A node in a process of its own, so that the clients of the tests take nothing from it. */
function startProcess(): Promise<AuthProcess> {
  return processes.start({ store: { kind: 'memory', url: '' } });
}

async function connectTo(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  sockets.add(socket);
  socket.on('error', () => undefined);
  await new Promise<void>((resolve) => socket.once('connect', resolve));
  return socket;
}

/** Asks one after the other for as long as it takes, and gives the answers. */
async function askWhile(ask: () => Promise<NodeAnswer>, until: Promise<unknown>): Promise<NodeAnswer[]> {
  const seen: NodeAnswer[] = [];
  const over = new AbortController();
  const ended = until.finally(() => over.abort());
  do {
    seen.push(await ask());
    await pause(2);
  } while (!over.signal.aborted);
  await ended;
  return seen;
}

const hasProc = existsSync('/proc/self/fd');

describe('Clients', () => {
  it.skipIf(!hasProc)(
    'F22 that hang up after sending, a thousand of them, leave nothing open and nothing unhandled',
    async () => {
      const node = await startProcess();
      const { access } = await node.login();
      const handles = (): number => readdirSync(`/proc/${node.pid}/fd`).length;
      const abort = async (): Promise<void> => {
        const socket = await connectTo(node.port);
        const body = JSON.stringify({ username: 'ada', password: 'correct horse battery staple' });
        socket.write(
          Math.random() < 0.5
            ? `POST /auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`
            : `POST /auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n${body}`,
        );
        socket.write(`GET /products HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${access}\r\n\r\n`);
        await pause(Math.random() * 5);
        socket.resetAndDestroy();
        sockets.delete(socket);
      };
      await Promise.all(Array.from({ length: 50 }, abort));
      await vi.waitFor(() => expect(handles()).toBeLessThan(60), 5_000);
      const before = handles();
      for (let wave = 0; wave < 20; wave++) await Promise.all(Array.from({ length: 50 }, abort));
      await vi.waitFor(() => expect(handles()).toBeLessThanOrEqual(before + 2), 10_000);
      expect((await node.get('/products', access)).status).toBe(200);
      expect(node.output()).toBe('');
      await node.stop();
    },
  );

  it('F23 that send slowly, five hundred of them, do not slow the others down', async () => {
    const node = await startProcess();
    const { access } = await node.login();
    const slow = await Promise.all(Array.from({ length: 500 }, () => connectTo(node.port)));
    for (const [index, socket] of slow.entries()) {
      socket.write(
        index % 2 === 0
          ? 'GET /products HTTP/1.1\r\nHost: x\r\n'
          : 'POST /auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 60000\r\n\r\n{',
      );
    }
    const dripping = setInterval(() => {
      for (const [index, socket] of slow.entries()) socket.write(index % 2 === 0 ? 'X-A: b\r\n' : ' ');
    }, 500);
    const good = await askWhile(() => node.get('/products', access), pause(5_000));
    clearInterval(dripping);
    expect(statuses(good)).toEqual({ 200: good.length });
    console.log(
      `F23: p99 ${percentile(good, 0.99).toFixed(1)} ms over ${good.length} requests beside 500 slow ones`,
    );
    expect(percentile(good, 0.99)).toBeLessThan(100);
    await node.stop();
  });

  it('F24 that sign in twenty at a time, with a real password hash, do not hold up the others', async () => {
    const passwords = argon2Passwords();
    const hash = await passwords.hash('correct horse battery staple');
    const directory = {
      findLogin: userOf,
      verifyPassword: (_user: unknown, password: string) => passwords.verify(hash, password),
      findUser: userOf,
    };
    const node = await startAuthNode(memoryStore(), { b2b: { directory } });
    nodes.push(node);
    const { access } = await node.login();
    const from = performance.now();
    const signIn = async (name: string): Promise<number> => {
      let times = 0;
      for (; performance.now() - from < 5_000; times++) await node.login(name);
      return times;
    };
    const logins = Promise.all(Array.from({ length: 20 }, (_, index) => signIn(`u${index}`)));
    const others = await askWhile(() => node.get('/products', access), logins);
    const count = (await logins).reduce((sum, each) => sum + each, 0);
    expect(statuses(others)).toEqual({ 200: others.length });
    const p99 = percentile(others, 0.99);
    console.log(`F24: p99 ${p99.toFixed(1)} ms over ${others.length} requests beside ${count} logins`);
    expect(count).toBeGreaterThan(20);
    expect(p99).toBeLessThan(50);
  });

  it('F25 see no difference when the sink of events throws, rejects or takes its time, and what is lost is counted', async () => {
    const sinks = [
      (): void => {
        throw new Error('the log is full');
      },
      (): Promise<void> => Promise.reject(new Error('the audit is down')),
      (): Promise<void> => new Promise(() => undefined),
    ];
    for (const onEvent of sinks) {
      const node = await startAuthNode(memoryStore(), { b2b: { onEvent }, bearer: { onEvent } });
      nodes.push(node);
      const pair = await node.login();
      expect((await node.get('/products', pair.access)).status).toBe(200);
      expect((await node.get('/products', 'a.b.c')).status).toBe(401);
      expect((await node.refresh(pair.refresh)).status).toBe(200);
      expect((await node.logout(pair.access)).status).toBe(200);
      expect((await node.get('/products', pair.access)).status).toBe(401);
    }
    expect(sinks.map((sink) => failedDeliveries(sink) > 4)).toEqual([true, true, false]);
  });
});
