import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { spawn } from 'node:child_process';
import { interleave } from './lib/measure.mjs';

const LOGINS = 20;
const IDLE = 'idle';
const BUSY = `${LOGINS} logins under way`;

/** How late a protected GET is while passwords are hashed. @returns {Promise<import('./lib/report.mjs').Row[]>} */
export async function loginRows() {
  const server = await startServer();
  try {
    const token = await server.login();
    const results = await interleave([IDLE, BUSY], (name) => tailOf(server, token, name === BUSY), 9);
    return [
      {
        group: 'login',
        row: 'p99 of a protected GET, passwords hashed with Argon2id',
        floor: IDLE,
        unit: 'ms',
        results,
        targets: [{ candidate: BUSY, atMost: 3 }],
      },
    ];
  } finally {
    server.stop();
  }
}

/** The 99th percentile of GETs that are sent one after the other until the logins are done, and at least 300. */
async function tailOf(server, token, busy) {
  const state = { loggingIn: busy };
  const logins = busy
    ? Promise.all(Array.from({ length: LOGINS }, () => server.login())).finally(() => {
        state.loggingIn = false;
      })
    : Promise.resolve();
  const times = [];
  while (state.loggingIn || times.length < 300) {
    const started = performance.now();
    const response = await fetch(`${server.url}/protected`, {
      headers: { authorization: `Bearer ${token}` },
    });
    await response.arrayBuffer();
    if (response.status !== 200) throw new Error('bench: a valid token was refused');
    times.push(performance.now() - started);
  }
  await logins;
  return times.toSorted((a, b) => a - b)[Math.floor(times.length * 0.99)];
}

async function startServer() {
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), 'serve'], {
    stdio: ['ignore', 'pipe', 2],
  });
  const url = await new Promise((resolve) =>
    child.stdout.once('data', (line) => resolve(String(line).trim())),
  );
  return {
    url,
    stop: () => child.kill(),
    async login() {
      const response = await fetch(`${url}/api/v1/jwt/create/`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ email: 'ada@example.com', password: 'a password of the bench' }),
      });
      const body = await response.json();
      if (response.status !== 200) throw new Error(`bench: the login was refused with ${response.status}`);
      return body.access;
    },
  };
}

if (process.argv[2] === 'serve') {
  const { guard, mount } = await import('../dist/src/node.js');
  const { argon2Passwords } = await import('../dist/src/services/passwords/argon2.js');
  const { memoryStore } = await import('../dist/src/stores/memory.js');
  const { jwtPairSystem } = await import('../dist/src/systems/jwt-pair/system.js');
  const passwords = argon2Passwords();
  const kept = await passwords.hash('a password of the bench');
  const ada = { id: '1', active: true, workspace: 'w1' };
  const system = jwtPairSystem({
    store: memoryStore(),
    keys: 'a secret of the bench that is long enough to be one',
    directory: {
      findLogin: (name) => (name === 'ada@example.com' ? ada : null),
      verifyPassword: (user, password) => passwords.verify(user === null ? null : kept, password),
      findUser: (id) => (id === '1' ? ada : null),
    },
    // So many logins of one name at once are what a limiter refuses.
    loginLimiter: null,
  });
  const door = guard(system.authenticate());
  const answer = mount(system);
  const server = createServer((request, response) => {
    void answer(request, response, () => door(request, response, () => response.end('hello')));
  });
  server.listen(0, '127.0.0.1', () => process.stdout.write(`http://127.0.0.1:${server.address().port}\n`));
}
