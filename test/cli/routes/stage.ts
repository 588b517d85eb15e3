import { createServer, type RequestListener } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { authenticate } from 'portcullis/authenticate';
import { guard as expressGuard } from 'portcullis/express';
import { guard as koaGuard } from 'portcullis/koa';
import { JwtBearerStrategy } from 'portcullis/strategies/jwt-bearer';
import { routesOf, type FoundRoute, type RoutesOptions } from 'portcullis/routes';
import { isGuarded } from '../../../src/cli/routes/found-route.ts';

export const EXPRESS = {
  4: createRequire(import.meta.url)('express4') as typeof express,
  5: express,
} as const;

const jwt = new JwtBearerStrategy({
  algorithm: 'HS256',
  keys: 'a secret of the tests that is long enough',
  issuer: null,
  audience: null,
});

/** Guards that refuse every request of these tests, which bring no credential. */
export const refuse = expressGuard(authenticate(jwt));
export const refuseOnKoa = koaGuard(authenticate(jwt));

/** Method, path, what is unseen, and the names of the guards: what a reader looks for first. */
export function inShort(routes: readonly FoundRoute[]): readonly string[] {
  return routes.map(({ method, path, guards, system, unseen }) =>
    [
      method,
      path,
      ...(unseen === null ? [] : [`unseen ${unseen}`]),
      ...(system === null ? [] : [`by ${system}`]),
      ...guards.map(({ guard }) => guard),
    ].join(' '),
  );
}

/** What `--fail-on-unguarded` would fail on. */
export function unguarded(app: unknown, options?: RoutesOptions): readonly string[] {
  return inShort(routesOf(app, options).filter((route) => !isGuarded(route)));
}

/** The statuses of requests without any credential. */
export async function statusesOf(
  listener: RequestListener,
  urls: readonly string[],
): Promise<readonly number[]> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  try {
    return await Promise.all(
      urls.map(async (url) => (await fetch(`http://127.0.0.1:${port}${url}`, { redirect: 'manual' })).status),
    );
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => {
      server.close(resolve);
    });
  }
}
