import { ConfigError } from '../core/errors.ts';
import type { Exchange } from '../core/exchange.ts';
import type { MaybePromise } from '../core/maybe-promise.ts';
import { implementing, optional, parseOptions, text } from '../core/options.ts';
import type { Reply } from '../core/reply.ts';

/** Something that answers some paths and leaves the others alone; every system is one. */
export interface Mountable {
  handle(exchange: Exchange, path: string): MaybePromise<Reply | null>;
}

export interface MountOptions {
  /** The path in front of the system's own, such as `/bearer`; none by default. */
  readonly prefix?: string | undefined;
}

/**
 * Reads the arguments of an adapter's `mount` and gives the function that answers a request, or `null` when it is the
 * host's.
 *
 * @throws {@link ConfigError} `option_invalid` for something that cannot be mounted or a prefix of another form.
 */
export function answering(
  mountable: Mountable,
  options: MountOptions = {},
): (exchange: Exchange) => MaybePromise<Reply | null> {
  const system = implementing<Mountable>('a system, such as b2bSystem({ … })', 'handle')(
    mountable,
    'mount: the first argument',
  );
  const { prefix } = parseOptions('mount', options, { prefix: optional(text, '') });
  if (prefix !== '' && !PREFIX.test(prefix)) {
    throw new ConfigError(
      'option_invalid',
      'mount.prefix must begin with a slash and end without one, as in "/bearer".',
    );
  }
  return function answer(exchange) {
    const path = exchange.mountedPath;
    if (prefix === '') return system.handle(exchange, path);
    return path.startsWith(`${prefix}/`) ? system.handle(exchange, path.slice(prefix.length)) : null;
  };
}

const PREFIX = /^(?:\/[^/?#]+)+$/;
