import { systemClock, type Clock } from '../../core/clock.ts';
import { ConfigError } from '../../core/errors.ts';
import { flag, implementing, listOf, optional, text, wrong, type Reader } from '../../core/options.ts';
import type { SealingKeys } from '../../core/sealing.ts';
import type { Store } from '../../core/store.ts';
import { authorizationStates, type AuthorizationStates } from '../../providers/authorization-states.ts';
import { isEndpointUrl } from '../../providers/endpoint-url.ts';
import {
  providerTransport,
  type ProviderTransport,
  type TransportOptions,
} from '../../providers/transport.ts';
import { interactions, type Interactions } from '../interactions.ts';

/** What every strategy for sign-in at a provider is given. */
export interface SocialStrategyOptions {
  /** From the provider's console. */
  readonly clientId: string;
  /** From the provider's console; it is sent to the provider's token endpoint and nowhere else. */
  readonly clientSecret: string;
  /**
   * Where the provider sends browsers back to, absolute and exactly as the console has it. It is never made of a
   * request, whose `Host` anybody can write.
   */
  readonly callbackUrl: string;
  /** Where the state of a sign-in is kept for ten minutes, for all processes. */
  readonly store: Store;
  /** Seal the cookie that binds a sign-in to its browser. */
  readonly sealing: SealingKeys;
  /** Passport's name of the strategy; by default the provider's. */
  readonly name?: string | undefined;
  /** What is asked for. */
  readonly scopes?: readonly string[] | undefined;
  /** Time limit, size limit and proxy of the calls to the provider. */
  readonly transport?: TransportOptions | undefined;
  /** Lets `callbackUrl` be `http://` on localhost, for development; the cookie is then not `Secure`. Default false. */
  readonly dangerouslyAllowPlainHttp?: boolean | undefined;
  readonly clock?: Clock | undefined;
}

/** The options of {@link SocialStrategyOptions} with every default in place. */
export interface SocialStrategyConfig extends Pick<
  SocialStrategyOptions,
  'clientId' | 'clientSecret' | 'callbackUrl' | 'store' | 'sealing'
> {
  readonly name: string;
  readonly scopes: readonly string[];
  readonly transport: TransportOptions;
  readonly dangerouslyAllowPlainHttp: boolean;
  readonly clock: Clock;
}

/** Readers of the shared options, for a strategy to add its own to. */
export function socialOptionReaders(defaults: {
  readonly name: string;
  readonly scopes: readonly string[];
}): { readonly [K in keyof SocialStrategyConfig]: Reader<SocialStrategyConfig[K]> } {
  return {
    clientId: text,
    clientSecret: text,
    callbackUrl,
    store: implementing<Store>('a store, such as memoryStore()', 'get', 'put', 'use'),
    sealing: given as Reader<SealingKeys>,
    name: optional(text, defaults.name),
    scopes: optional(listOf(text), defaults.scopes),
    transport: optional(given as Reader<TransportOptions>, {}),
    dangerouslyAllowPlainHttp: optional(flag, false),
    clock: optional(implementing<Clock>('a clock', 'now'), systemClock),
  };
}

/** What of a sign-in does not depend on the provider. */
export interface SocialStrategyParts {
  readonly transport: ProviderTransport;
  readonly states: AuthorizationStates;
  readonly interactions: Interactions;
}

/** @throws {@link ConfigError} for the options that are read here: `transport`, `sealing`, the scheme of `callbackUrl`. */
export function socialStrategyParts(owner: string, config: SocialStrategyConfig): SocialStrategyParts {
  const { callbackUrl: url, store, sealing, clock, dangerouslyAllowPlainHttp } = config;
  if (url.startsWith('http:') && !dangerouslyAllowPlainHttp) {
    throw new ConfigError(
      'option_invalid',
      `${owner}.callbackUrl must begin with https://. Only on localhost may it be http://, for development, with ` +
        'dangerouslyAllowPlainHttp: true.',
    );
  }
  const { origin } = new URL(url);
  return {
    transport: providerTransport(`${owner}.transport`, config.transport),
    states: authorizationStates(store, clock),
    interactions: interactions(owner, { store, sealing, origin, clock, dangerouslyAllowPlainHttp }),
  };
}

/** An option that is read by what it goes to. */
function given(value: unknown): unknown {
  return value;
}

const callbackUrl: Reader<string> = (value, path) => {
  if (typeof value === 'string' && isEndpointUrl(value) && new URL(value).search === '') return value;
  throw wrong(path, 'an absolute https address without a query, as in the console of the provider', value);
};
