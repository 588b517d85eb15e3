import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readyLine } from '../../examples/api/announce.ts';
import { readEnvironment, type Framework } from '../../examples/api/environment.ts';
import type { Api } from '../../examples/api/api.ts';
import { seed, type Demo } from '../../examples/api/demo-data.ts';
import { openHost } from '../../examples/api/host.ts';
import { serve as onExpress } from '../../examples/api/servers/express.ts';
import { serve as onKoa } from '../../examples/api/servers/koa.ts';
import { serve as onNode } from '../../examples/api/servers/node.ts';
import { close, wire } from '../../examples/api/wiring.ts';
import {
  startFacebook,
  startGoogle,
  type LoopbackFacebook,
  type LoopbackGoogle,
} from '../../src/testing/kit.ts';

/** The example host, at a site of its own, and the two providers at another. */
export interface SocialBrowserStage {
  /** On `localhost`, while the providers are on `127.0.0.1`: for a browser these are two sites. */
  readonly origin: string;
  readonly google: LoopbackGoogle;
  readonly facebook: LoopbackFacebook;
  readonly demo: Demo;
  /** What `--json` prints. */
  readonly line: Readonly<Record<string, unknown>>;
  stop(): Promise<void>;
}

const SERVERS: Readonly<
  Record<Framework, (api: Api, frameworkPackage: string) => RequestListener | Promise<RequestListener>>
> = { express: onExpress, koa: onKoa, node: onNode };

export async function startSocialHost(
  framework: Framework,
  variables: Readonly<Record<string, string>> = {},
): Promise<SocialBrowserStage> {
  const [google, facebook] = await Promise.all([
    startGoogle({
      accounts: [
        { id: '1', email: 'ada@example.com', givenName: 'Ada', familyName: 'Lovelace' },
        { id: '2', email: 'ines@example.com', givenName: 'Ines', familyName: 'Park' },
      ],
    }),
    startFacebook({
      accounts: [{ id: '3', email: 'grace@example.com', firstName: 'Grace', lastName: 'Hopper' }],
    }),
  ]);
  const environment = readEnvironment({
    FRAMEWORK: framework,
    PORT: '0',
    STORE: 'memory:',
    ...google.environment,
    ...facebook.environment,
    FACEBOOK_LOGIN: '1',
    SOCIAL_SIGNUP: '1',
    ...variables,
  });
  const host = await openHost(environment);
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const origin = `http://localhost:${(server.address() as AddressInfo).port}`;
  const api = wire(host, origin);
  server.on('request', await SERVERS[framework](api, environment.frameworkPackage));
  const demo = await seed(host);

  return {
    origin,
    google,
    facebook,
    demo,
    line: JSON.parse(readyLine(origin, api, demo)) as Record<string, unknown>,
    async stop() {
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
      await Promise.all([close(api, host), google.stop(), facebook.stop()]);
    },
  };
}
