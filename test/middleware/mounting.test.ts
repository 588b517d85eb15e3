import type { RequestListener } from 'node:http';
import express from 'express';
import Koa from 'koa';
import { afterEach, describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/core/errors.ts';
import { mount as expressMount, under, type Mountable } from '../../src/express.ts';
import { mount as koaMount } from '../../src/koa.ts';
import { answering, type MountArguments } from '../../src/middleware/mounting.ts';
import { mount as nodeMount } from '../../src/node.ts';
import { memoryStore } from '../../src/stores/memory.ts';
import { b2bSystem } from '../../src/systems/b2b/system.ts';
import { bearerSessionSystem } from '../../src/systems/bearer-session/system.ts';
import { jwtPairSystem } from '../../src/systems/jwt-pair/system.ts';
import { listen, stopHostsAfterEach } from '../support/frameworks.ts';
import { TEST_SECRET } from '../support/jwt-forge.ts';
import { testDirectory as clients } from '../systems/b2b/directory.ts';
import { testDirectory } from '../systems/bearer-session/directory.ts';

stopHostsAfterEach();

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const system of open.splice(0)) await system.close();
});

function opened<S extends { close(): Promise<void> }>(system: S): S {
  open.push(system);
  return system;
}

/** The systems that there are, over one store and one directory. */
function systems() {
  const shared = { store: memoryStore(), directory: testDirectory() };
  return {
    b2b: opened(b2bSystem({ ...shared, directory: clients(), keys: TEST_SECRET })),
    bearer: opened(bearerSessionSystem({ ...shared, secret: TEST_SECRET })),
    pair: opened(jwtPairSystem({ ...shared, keys: TEST_SECRET })),
  };
}

const MOUNTS: readonly {
  readonly name: string;
  readonly mount: (...args: MountArguments) => RequestListener;
}[] = [
  {
    name: 'node:http',
    mount(...args) {
      const mounted = nodeMount(...args);
      return (request, response) => void mounted(request, response, () => response.end('host'));
    },
  },
  {
    name: 'Express 5',
    mount(...args) {
      const app = express();
      app.use(expressMount(...args));
      app.use((_request, response) => void response.end('host'));
      return app;
    },
  },
  {
    name: 'Koa 3',
    mount(...args) {
      const app = new Koa();
      app.use(koaMount(...args));
      app.use((context) => {
        context.body = 'host';
      });
      const handle = app.callback();
      return (request, response) => void handle(request, response);
    },
  },
];

describe.each(MOUNTS)('mount on $name', ({ mount }) => {
  it('refuses two systems on the same paths and names both', () => {
    const { b2b, bearer } = systems();
    const message =
      'mount: "b2b" and "bearer-session" would both answer /auth/login. ' +
      "Give one of them a path of its own, as in under('/path', system).";
    expect(() => mount(b2b, bearer)).toThrow(new ConfigError('systems_overlap', message));
    expect(() => mount(bearer, b2b)).toThrow(
      'mount: "bearer-session" and "b2b" would both answer /auth/login.',
    );
    expect(() => mount(b2b, bearer, { prefix: '/x' })).toThrow('would both answer /x/auth/login.');
    expect(() => mount(under('/x', b2b), under('/x', bearer))).toThrow('would both answer /x/auth/login.');
    expect(() => mount(b2b, b2b)).toThrow('mount: "b2b" and "b2b" would both answer');
  });

  it('answers each system under its own path, and leaves the rest to the host', async () => {
    const { b2b, bearer, pair } = systems();
    const host = await listen(mount(b2b, under('/bearer', bearer), pair));
    const shapes = [];
    for (const path of ['/auth/login', '/bearer/auth/login', '/api/v1/jwt/create/', '/bearer', '/']) {
      const answer = await host.send({ method: 'POST', path });
      shapes.push(answer.text === 'host' ? 'host' : Object.keys(answer.json() as object).join());
    }
    expect(shapes).toEqual(['error', 'success,error,message,missing', 'email,password', 'host', 'host']);
  });

  it('puts a prefix in front of all that it is given', async () => {
    const { b2b, pair } = systems();
    const host = await listen(mount(b2b, pair, { prefix: '/api' }));
    expect((await host.send({ path: '/api/auth/login' })).status).toBe(405);
    expect((await host.send({ path: '/api/api/v1/jwt/create' })).status).toBe(405);
    expect((await host.send({ path: '/auth/login' })).text).toBe('host');
  });
});

/** Something that can be mounted, with these endpoints and prefixes. */
function mountable(name: string, endpoints: readonly string[], prefixes: readonly string[] = []): Mountable {
  return { name, endpoints: endpoints.map((path) => ({ path })), prefixes, handle: () => null };
}

/** The path that two would both answer, or `null`. */
function clashOf(one: Mountable, other: Mountable): string | null {
  try {
    answering([one, other]);
    return null;
  } catch (thrown) {
    return /would both answer (\S+)\. /.exec((thrown as ConfigError).message)?.[1] ?? String(thrown);
  }
}

describe('mount', () => {
  it.each<[string, Mountable, Mountable, string | null]>([
    ['one path', mountable('a', ['/x']), mountable('b', ['/y', '/x']), '/x'],
    [
      'an endpoint below a prefix',
      mountable('a', [], ['/auth']),
      mountable('b', ['/auth/google']),
      '/auth/google',
    ],
    [
      'the same the other way',
      mountable('a', ['/auth/google']),
      mountable('b', [], ['/auth']),
      '/auth/google',
    ],
    ['an endpoint that is a prefix', mountable('a', ['/auth']), mountable('b', [], ['/auth']), '/auth'],
    ['a prefix below a prefix', mountable('a', [], ['/auth']), mountable('b', [], ['/auth/x']), '/auth/x'],
    [
      'paths that only begin alike',
      mountable('a', ['/auth'], ['/a']),
      mountable('b', ['/auth2'], ['/ab']),
      null,
    ],
    ['a path below an endpoint', mountable('a', ['/x']), mountable('b', ['/x/y']), null],
    ['a path in another case', mountable('a', ['/x']), mountable('b', ['/X']), null],
    ['nothing known', { handle: () => null }, mountable('b', ['/x'], ['/']), null],
  ])('%s', (_case, one, other, clash) => {
    expect(clashOf(one, other)).toBe(clash);
  });

  it('finds a clash among more than two', () => {
    const build = () => answering([mountable('a', ['/x']), mountable('b', ['/y']), mountable('c', ['/x'])]);
    expect(build).toThrow('mount: "a" and "c" would both answer /x.');
  });

  it.each<[string, readonly unknown[]]>([
    ['nothing', []],
    ['no system', [{}]],
    ['null', [null]],
    ['a second one that is none', [mountable('a', []), { handle: 7 }]],
    ['null for options', [mountable('a', []), null]],
    ['an unknown option', [mountable('a', []), { prefx: '/x' }]],
    ['options in front', [{ prefix: '/x' }, mountable('a', [])]],
    ...['x', '/', '/x/', '//x', '/x?', '/x#', ''].map((prefix): [string, readonly unknown[]] => [
      `the prefix "${prefix}"`,
      [mountable('a', []), { prefix }],
    ]),
  ])('refuses %s', (_case, args) => {
    expect(() => answering(args as unknown as MountArguments)).toThrow(ConfigError);
  });

  it.each(['x', '/', '/x/', '', undefined])('refuses to put a system under %j', (prefix) => {
    expect(() => under(prefix as string, mountable('a', []))).toThrow(ConfigError);
  });

  it('takes undefined for no options', () => {
    expect(answering([mountable('a', []), undefined])).toBeTypeOf('function');
  });

  it('mounts a key set beside any system', () => {
    const { b2b, bearer, pair } = systems();
    expect(
      answering([b2b, under('/bearer', bearer), pair, mountable('jwks', ['/.well-known/jwks.json'])]),
    ).toBeTypeOf('function');
  });
});
