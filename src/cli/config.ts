import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { AuthError } from '../core/errors.ts';
import type { Store } from '../core/store.ts';
import type { Allowlists } from '../services/allowlists.ts';
import type { ApiKeys } from '../services/api-keys.ts';
import type { Connections } from '../services/connections.ts';
import type { ImpersonateOptions } from '../services/impersonation.ts';
import type { OAuthClients } from '../services/oauth-clients.ts';
import type { Sessions } from '../services/sessions/contract.ts';
import type { KeyInput } from '../tokens/key-material.ts';
import { UsageError } from './usage-error.ts';

/** What `portcullis.config.js` exports as its default or as `config`: the very objects that the application uses. */
export interface CliConfig {
  readonly store: Store;
  readonly apiKeys?: ApiKeys | undefined;
  readonly allowlists?: Allowlists | undefined;
  readonly connections?: Connections | undefined;
  /** The applications of the OAuth server. */
  readonly oauthClients?: OAuthClients | undefined;
  /** The systems whose sessions are administered. */
  readonly systems?: readonly AdministeredSystem[] | undefined;
  /** The proxies that the application trusts, so that `doctor` can judge them. */
  readonly trustedProxies?: readonly string[] | undefined;
  /** The secrets of the application by their names, so that `doctor` can judge their strength; nothing tells them. */
  readonly secrets?: Readonly<Record<string, KeyInput>> | undefined;
  /** Called when the command is done; the store is closed after it. */
  readonly close?: (() => Promise<void>) | undefined;
}

/** The part of a system that the tool works with. */
export interface AdministeredSystem {
  readonly name: string;
  readonly sessions: Sessions;
  impersonate?(
    actorSessionId: string,
    targetId: string,
    options: ImpersonateOptions,
  ): Promise<object | AuthError>;
  close(): Promise<void>;
}

const DEFAULT_CONFIG = 'portcullis.config.js';

/** Loads the configuration that the application shares with the tool. */
export async function loadConfig(path: string | undefined): Promise<CliConfig> {
  const file = resolve(path ?? DEFAULT_CONFIG);
  if (!existsSync(file)) {
    throw new UsageError(
      path === undefined
        ? `there is no ${DEFAULT_CONFIG} here; name the file with --config PATH`
        : `the file of --config does not exist: ${path}`,
    );
  }
  const loaded = (await import(pathToFileURL(file).href)) as { default?: unknown; config?: unknown };
  const config = loaded.default ?? loaded.config;
  if (typeof config !== 'object' || config === null || !('store' in config)) {
    throw new UsageError(
      `${path ?? DEFAULT_CONFIG} must export an object with a store, as its default or as "config"`,
    );
  }
  return config as CliConfig;
}
