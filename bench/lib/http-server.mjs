// Starts a server of one framework with one guard in a process of its own; run by itself, this file is that server.
import { AsyncLocalStorage } from 'node:async_hooks';
import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';

/** @param {string} framework @param {string} guardName @returns {Promise<{ url: string, stop: () => Promise<void> }>} */
export async function startServer(framework, guardName) {
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), framework, guardName], {
    stdio: ['ignore', 'pipe', 2],
  });
  const url = await new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`bench: the server of ${framework} ended with ${code}`)));
    child.stdout.once('data', (line) => resolve(String(line).trim()));
  });
  child.removeAllListeners('exit');
  return {
    url,
    stop: () =>
      new Promise((resolve) => {
        child.once('exit', () => resolve());
        child.kill();
      }),
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await serve(process.argv[2], process.argv[3]);

async function serve(framework, guardName) {
  const listener = await listenerOf(framework, guardName);
  const server = createServer((request, response) => void listener(request, response)).listen(
    0,
    '127.0.0.1',
    () => {
      process.stdout.write(`http://127.0.0.1:${server.address().port}/\n`);
    },
  );
}

async function listenerOf(framework, guardName) {
  const { createSecretKey } = await import('node:crypto');
  const { jwtGuardByHand } = await import('./by-hand.mjs');
  const { passportJwt, strategyOf } = await import('../jwt.mjs');
  const { furtherGuards } = await import('../chain.mjs');
  const { authenticate } = await import('../../dist/src/middleware/authenticate.js');
  const key = createSecretKey(Buffer.from('a secret of the bench that is long enough to be one'));
  const chain = () => [
    authenticate(strategyOf('HS256', { verify: key })),
    ...(guardName === 'portcullis, full chain' ? furtherGuards() : []),
  ];
  const isOurs = guardName.startsWith('portcullis');
  const inContext = guardName === 'portcullis, in an AsyncLocalStorage by hand' ? contextByHand() : undefined;
  const byHand = jwtGuardByHand(key, 'HS256');

  if (framework === 'node:http') {
    const { guard } = await import('../../dist/src/node.js');
    const ours = isOurs ? guard(...chain()) : undefined;
    const answer = (response) => response.setHeader('Content-Type', 'text/plain').end('hello');
    return (request, response) => {
      if (guardName === 'no guard') answer(response);
      else if (ours === undefined) byHand(request, response, () => answer(response));
      else if (inContext === undefined) ours(request, response, () => answer(response));
      else ours(request, response, () => inContext(() => answer(response)));
    };
  }
  if (framework === 'Express 5') {
    const { default: express } = await import('express');
    const { guard } = await import('../../dist/src/express.js');
    const app = express().disable('x-powered-by').disable('etag');
    const guards = {
      'no guard': (_request, _response, next) => next(),
      'passport-jwt, KeyObject': passportJwt(key, 'HS256'),
      'hand-written guard, cached': byHand,
    };
    if (inContext !== undefined) app.use((_request, _response, next) => inContext(next));
    app.get('/', isOurs ? guard(...chain()) : guards[guardName], (_request, response) => {
      response.type('text/plain').send('hello');
    });
    return app;
  }
  const { default: Koa } = await import('koa');
  const { guard } = await import('../../dist/src/koa.js');
  const app = new Koa();
  if (isOurs) app.use(guard(...chain()));
  else if (guardName !== 'no guard') {
    app.use((context, next) => {
      let passed = false;
      byHand(
        context.req,
        {
          end: () => undefined,
          set statusCode(code) {
            context.status = code;
          },
        },
        () => (passed = true),
      );
      return passed ? next() : undefined;
    });
  }
  if (inContext !== undefined) app.use((_context, next) => inContext(next));
  app.use((context) => {
    context.body = 'hello';
  });
  return app.callback();
}

/** Runs a handler as `workspaceScope` does, and nothing else: what Node itself asks for that. */
function contextByHand() {
  const contexts = new AsyncLocalStorage();
  return (handler) => contexts.run({ workspace: 'w1' }, handler);
}
