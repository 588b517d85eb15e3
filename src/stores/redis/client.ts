import { ConfigError } from '../../core/errors.ts';
import { type Reader, wrong } from '../../core/options.ts';

/**
 * The host's client: a `Redis` of `ioredis` or `iovalkey`, or what `createClient` of `redis` returns. It only lends its
 * address, credentials and TLS settings: the store opens connections of its own from it and sends nothing through it, so it
 * need not be connected.
 */
export type RedisClient = IoredisClient | NodeRedisClient;

/** What the store needs of a `Redis` of `ioredis` 5 or 6, or of `iovalkey`. */
export interface IoredisClient {
  readonly options: { readonly keyPrefix?: unknown };
  duplicate(override?: object): IoredisClient;
  call(command: string, ...args: string[]): Promise<unknown>;
  connect(): Promise<unknown>;
  disconnect(): void;
  on(event: 'error' | 'close', listener: (error?: unknown) => void): unknown;
}

/** What the store needs of a client of `redis` 5 or 6. */
export interface NodeRedisClient {
  readonly options?: { readonly socket?: object | undefined; readonly keyPrefix?: unknown } | undefined;
  readonly isReady: boolean;
  duplicate(overrides?: object): NodeRedisClient;
  sendCommand(args: string[]): Promise<unknown>;
  connect(): Promise<unknown>;
  destroy(): void;
  on(event: 'error' | 'end', listener: (error?: unknown) => void): unknown;
}

/** One connection, used until it fails once. */
export interface Wire {
  /** Rejects when the connection cannot be made. */
  open(): Promise<unknown>;
  send(args: readonly string[]): Promise<unknown>;
  /** Closes it at once; what it still waits for may reject later or never. */
  destroy(): void;
}

/** @param ended Called when the connection fails or ends, perhaps more than once. */
export type MakeWire = (connectTimeoutMs: number, ended: (error?: unknown) => void) => Wire;

/**
 * How connections are made from the host's client. All three clients would send what they could not send, or got no answer
 * to, once more when they are connected again: a rotation that takes place minutes after its caller was refused makes
 * the caller's next try look like theft. They also reconnect by rules of their own. Both is switched off here, whatever the
 * host's client does; `createLink` makes a new connection instead.
 */
export const redisClient: Reader<MakeWire> = (value, path) => {
  const client = value as (Partial<IoredisClient> & Partial<NodeRedisClient>) | null | undefined;
  if (typeof client?.duplicate !== 'function' || typeof client.connect !== 'function') {
    throw wrong(path, 'a client of ioredis, iovalkey or redis', value);
  }
  refuseMany(client, path);
  refusePrefix(client.options?.keyPrefix, path);
  if (typeof client.call === 'function') return ioredisWires(client as IoredisClient);
  if (typeof client.sendCommand === 'function') return nodeRedisWires(client as NodeRedisClient);
  throw wrong(path, 'a client of ioredis, iovalkey or redis', value);
};

function ioredisWires(client: IoredisClient): MakeWire {
  return (connectTimeoutMs, ended) => {
    const own = client.duplicate({
      lazyConnect: true,
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      retryStrategy: () => null,
      sentinelRetryStrategy: () => null,
      reconnectOnError: null,
      connectTimeout: connectTimeoutMs,
      disconnectTimeout: DISCONNECT_MS,
      // The store's own deadlines apply, and reading the feed waits for longer than any of these.
      commandTimeout: undefined,
      socketTimeout: undefined,
      blockingTimeout: undefined,
      enableAutoPipelining: false,
      readOnly: false,
      stringNumbers: false,
      monitor: false,
    });
    own.on('error', ended);
    own.on('close', () => ended());
    return {
      open: () => own.connect(),
      send: (args) => own.call(...(args as [string, ...string[]])),
      destroy: () => own.disconnect(),
    };
  };
}

function nodeRedisWires(client: NodeRedisClient): MakeWire {
  return (connectTimeoutMs, ended) => {
    const own = client.duplicate({
      disableOfflineQueue: true,
      pingInterval: 0,
      clientSideCache: undefined,
      maintNotifications: 'disabled',
      commandsQueueMaxLength: undefined,
      readonly: false,
      commandOptions: {},
      socket: {
        ...client.options?.socket,
        connectTimeout: connectTimeoutMs,
        socketTimeout: undefined,
        reconnectStrategy: false,
      },
    });
    own.on('error', ended);
    own.on('end', () => ended());
    return {
      open: () => own.connect(),
      send: (args) => own.sendCommand([...args]),
      destroy() {
        // It throws when it is closed already.
        try {
          own.destroy();
        } catch {
          // Closed is what it was to be.
        }
      },
    };
  };
}

/** How long a connection that is closed waits for the other end's goodbye. */
const DISCONNECT_MS = 100;

function refuseMany(client: object, path: string): void {
  const isOfMany = ['masters', 'getSentinelNode', 'totalClients'].some((member) => member in client);
  if (!isOfMany && (client as { readonly isCluster?: unknown }).isCluster !== true) return;
  throw new ConfigError(
    'option_invalid',
    `${path} must be a client of one primary, since each step of the store is one script over keys of one slot. ` +
      'Give a client of that node; a "Redis" of ioredis may find it through Sentinels.',
  );
}

function refusePrefix(keyPrefix: unknown, path: string): void {
  if (keyPrefix === undefined || keyPrefix === null || keyPrefix === '') return;
  const why = 'scripts name keys that a client does not see, so the client cannot put its prefix before them';
  throw new ConfigError(
    'option_conflict',
    `${path} has a keyPrefix; ${why}. Use the option "prefix" instead.`,
  );
}
