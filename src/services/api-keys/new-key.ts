import {
  integer,
  line,
  listOf,
  nullable,
  optional,
  parseOptions,
  text,
  wrong,
  type PartialOrUndefined,
  type Reader,
} from '../../core/options.ts';
import { scopesOption } from '../../core/scopes.ts';
import { networkOption } from '../../network/network-option.ts';
import type { ApiKeyRateLimit } from './document.ts';

/** What a key is made with. Times are milliseconds since the Unix epoch. */
export interface NewApiKey {
  /** The workspace that the key belongs to, for good. It never comes from the request of somebody unauthenticated. */
  readonly workspace: string;
  /** What people call it: at most 50 characters on one line. */
  readonly name: string;
  /** More about it, for people: at most 200 characters on one line. */
  readonly label?: string | null | undefined;
  /** What it may do; nothing by default (`scope-token` of RFC 6749 section 3.3 each). */
  readonly scopes?: readonly string[] | undefined;
  /** Addresses or CIDR networks that requests must come from; by default they may come from everywhere. */
  readonly networks?: readonly string[] | null | undefined;
  /** From this moment on it is refused; never by default. */
  readonly expiresAt?: number | null | undefined;
  /** How many requests it may make in a window; as many as it likes by default. */
  readonly rateLimit?: ApiKeyRateLimit | null | undefined;
}

/** What of a key can be changed; what is left out stays as it is. */
export type ApiKeyChanges = PartialOrUndefined<Omit<NewApiKey, 'workspace'>>;

/** The members that {@link readChanges} found, each in the form in which it is kept. */
export interface ReadChanges {
  readonly name?: string;
  readonly label?: string | null;
  readonly scopes?: readonly string[];
  readonly networks?: readonly string[] | null;
  readonly expiresAt?: number | null;
  readonly rateLimit?: ApiKeyRateLimit | null;
}

/** @throws {@link ConfigError} `option_missing`, `option_unknown`, `option_invalid`. */
export function readNewKey(
  key: NewApiKey,
  now: number,
): Required<ReadChanges> & { readonly workspace: string } {
  const { workspace, name, ...rest } = parseOptions('apiKeys.create', key, {
    workspace: text,
    ...CHANGES,
    name: line(MOST_NAME_CHARACTERS),
    // Whoever gives seconds instead of milliseconds would get a key that is dead from the beginning.
    expiresAt: optional(nullable(integer(now + 1))),
  });
  return {
    workspace,
    name,
    label: rest.label ?? null,
    scopes: rest.scopes ?? [],
    networks: rest.networks ?? null,
    expiresAt: rest.expiresAt ?? null,
    rateLimit: rest.rateLimit ?? null,
  };
}

/** @throws {@link ConfigError} `option_unknown`, `option_invalid`. */
export function readChanges(changes: ApiKeyChanges): ReadChanges {
  const parsed = parseOptions('apiKeys.update', changes, CHANGES);
  return Object.fromEntries(Object.entries(parsed).filter(([, value]) => value !== undefined));
}

const MOST_NAME_CHARACTERS = 50;
const MOST_LABEL_CHARACTERS = 200;

/** An empty list is refused: it could be meant for nobody as well as for everybody, which is `null`. */
const networks: Reader<readonly string[]> = (value, path) => [...new Set(listOf(network)(value, path))];

const network: Reader<string> = (value, path) => {
  const read = networkOption(value, path);
  if (read.warnings.includes('mapped_prefix_short')) {
    throw wrong(path, 'the IPv4 network: this one is mapped to IPv6 with a prefix below 96', value);
  }
  return read.text;
};

const rateLimit: Reader<ApiKeyRateLimit> = (value, path) =>
  parseOptions(path, value, { limit: integer(1), windowSeconds: integer(1, 31_536_000) });

const CHANGES = {
  name: optional(line(MOST_NAME_CHARACTERS)),
  label: optional(nullable(line(MOST_LABEL_CHARACTERS))),
  scopes: optional(scopesOption),
  networks: optional(nullable(networks)),
  expiresAt: optional(nullable(integer(0))),
  rateLimit: optional(nullable(rateLimit)),
};
