import { randomBytes } from 'node:crypto';
import { afterEach } from 'vitest';
import { isAuthError } from '../../../src/core/errors.ts';
import type { ConnectionEvent } from '../../../src/core/events.ts';
import type { Store } from '../../../src/core/store.ts';
import {
  connections,
  googleAds,
  metaAds,
  type Completion,
  type ConnectionRecord,
  type Connections,
  type ConnectionsOptions,
  type ProviderAnswerToUser,
} from '../../../src/services/connections.ts';
import { memoryStore } from '../../../src/stores/memory.ts';
import {
  adsProvider,
  CLIENT_ID,
  CLIENT_SECRET,
  type AdsProvider,
  type Consent,
} from '../../support/ads-provider.ts';
import { movableClock, type MovableClock } from '../../support/movable-clock.ts';

export const KEY = randomBytes(32);
export const CALLBACK = 'https://api.example/api/v1/connections/google-ads/callback/';
export const ADA = { user: 'ada', workspace: 'w1', browser: "ada's browser" } as const;

/** Connections over a store, a provider on loopback, and everything that a test moves. */
export interface Scene {
  readonly service: Connections;
  readonly store: Store;
  readonly clock: MovableClock;
  readonly provider: AdsProvider;
  readonly events: ConnectionEvent[];
  /** Users and the workspaces that they are members of. */
  readonly members: Map<string, string>;
  /** Another process over the same store. */
  readonly another: (options?: Partial<ConnectionsOptions>) => Connections;
  /** Begins, consents and gives what the browser is sent back with. */
  readonly consented: (kind?: string, as?: Who, consent?: Consent) => Promise<ProviderAnswerToUser>;
  /** Goes all the way and expects to succeed. */
  readonly connect: (kind?: string, as?: Who, consent?: Consent) => Promise<ConnectionRecord>;
}

export interface Who {
  readonly user: string;
  readonly workspace: string;
  readonly browser: string;
}

export async function scene(
  options: Partial<ConnectionsOptions> & { readonly clock?: MovableClock } = {},
): Promise<Scene> {
  const clock = options.clock ?? movableClock();
  const provider = await adsProvider(clock);
  closing.push(() => provider.close());
  const store = options.store ?? memoryStore({ clock });
  const events: ConnectionEvent[] = [];
  const members = new Map([
    ['ada', 'w1'],
    ['bob', 'w1'],
    ['eve', 'w2'],
  ]);

  function another(more: Partial<ConnectionsOptions> = {}): Connections {
    return connections({
      store,
      clock,
      sealing: { primary: KEY },
      providers: providersAt(provider.url),
      isMember: (user, workspace) => members.get(user) === workspace,
      transport: { timeoutMs: PATIENCE_MS },
      onEvent: (event) => events.push(event),
      ...options,
      ...more,
    });
  }
  const service = another();

  const consented: Scene['consented'] = async (kind = 'google-ads', as = ADA, consent = {}) => {
    const callbackUrl = CALLBACK.replace('google-ads', kind);
    const started = await service.start({ kind, ...as, callbackUrl, returnTo: 'https://app.example/done' });
    if (isAuthError(started)) throw new Error(`not started: ${started.code}`);
    return answerOf(kind, as.browser, provider.consent(started.authorizationUrl, consent));
  };

  return {
    service,
    store,
    clock,
    provider,
    events,
    members,
    another,
    consented,
    async connect(kind, as, consent) {
      const completion = await service.complete(await consented(kind, as, consent));
      if (completion.outcome === 'refused') throw new Error(`not connected: ${completion.error.code}`);
      return completion.connection;
    },
  };
}

/** Long enough for a crowded machine; only whoever waits for silence waits less. */
const PATIENCE_MS = 10_000;

/** The options of a scene in which a provider misbehaves in this way. */
export function patientFor(misbehaviour: string): Pick<ConnectionsOptions, 'transport'> {
  return { transport: { timeoutMs: misbehaviour === 'silence' ? 1_000 : PATIENCE_MS } };
}

/** What a browser brings to the callback. */
function answerOf(kind: string, browser: string | null, address: string): ProviderAnswerToUser {
  const { searchParams } = new URL(address);
  const [state, code, error] = ['state', 'code', 'error'].map((name) => searchParams.get(name));
  return {
    kind,
    browser,
    callbackUrl: CALLBACK.replace('google-ads', kind),
    state: state ?? null,
    code: code ?? null,
    error: error ?? null,
  };
}

export function providersAt(url: string): ConnectionsOptions['providers'] {
  const client = { clientId: CLIENT_ID, clientSecret: CLIENT_SECRET };
  return [
    googleAds({
      ...client,
      endpoints: {
        authorizationUrl: `${url}/authorize`,
        tokenUrl: `${url}/token`,
        revocationUrl: `${url}/revoke`,
      },
    }),
    metaAds({
      ...client,
      graphVersion: 'v24.0',
      endpoints: { authorizationUrl: `${url}/dialog/oauth`, graphUrl: url },
    }),
  ];
}

/** The code of a refusal, or what it became instead. */
export function refusalOf(completion: Completion): readonly [code: string, returnTo: string | null] {
  return completion.outcome === 'refused'
    ? [completion.error.code, completion.returnTo]
    : ['connected', completion.returnTo];
}

/** Stops what the tests of a file start; a test file calls it once. */
export function closeScenesAfterEach(): void {
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });
}

const closing: (() => Promise<void>)[] = [];
