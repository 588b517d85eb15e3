import type { DecisionEvent } from '../../../../src/core/events.ts';
import { envelope } from '../../../../src/dialects/envelope.ts';
import { endpointTable } from '../../../../src/systems/endpoints.ts';
import { oauthPages, type OAuthPagesOptions } from '../../../../src/systems/oauth/pages/pages.ts';
import { mount } from '../../../../src/node.ts';
import type { LoginLimiter } from '../../../../src/services/login.ts';
import { type Host, listen } from '../../../support/frameworks.ts';
import { movableClock, type MovableClock } from '../../../support/movable-clock.ts';
import { fakeInteraction, script, type Script } from './fake-interaction.ts';

const SEALING = { primary: 'mSI0bxWm0xvV0jYHyaZr8hqEtkI4mGSkB1FSb7jUUpw=' };

/** The pages over a scripted protocol, on a server. */
export interface PagesHost extends Host {
  readonly origin: string;
  readonly script: Script;
  readonly clock: MovableClock;
  readonly events: readonly DecisionEvent[];
}

export interface PagesHostOptions extends Partial<OAuthPagesOptions> {
  /** Where browsers reach the pages; the server itself, by plain http, by default. */
  readonly webAppUrl?: string | undefined;
  readonly limiter?: LoginLimiter | undefined;
}

export async function startPages({
  webAppUrl,
  limiter,
  ...options
}: PagesHostOptions = {}): Promise<PagesHost> {
  const clock = movableClock();
  const act = script();
  const events: DecisionEvent[] = [];
  let handler = mount({ handle: () => null });
  const host = await listen((request, response) => {
    handler(request, response, () => {
      response.statusCode = 404;
      response.end();
    });
  });
  const origin = webAppUrl ?? `http://127.0.0.1:${host.port}`;
  const pages = oauthPages({ sealing: SEALING, name: 'Acme', dangerouslyAllowPlainHttp: true, ...options });
  const endpoints = pages.endpoints(fakeInteraction(act, { webAppUrl: origin, clock, limiter }));
  const handle = endpointTable(endpoints, {
    dialect: envelope(),
    schemes: [],
    prefixes: ['/oauth'],
    clock,
    onEvent: (event) => events.push(event),
  });
  handler = mount({ name: 'pages', endpoints, handle });
  return { ...host, origin, script: act, clock, events };
}
