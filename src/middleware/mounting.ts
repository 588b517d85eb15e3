import { ConfigError } from '../core/errors.ts';
import type { Exchange } from '../core/exchange.ts';
import { chain, type MaybePromise } from '../core/maybe-promise.ts';
import { implementing, optional, parseOptions, text, type Reader } from '../core/options.ts';
import type { Reply } from '../core/reply.ts';

/** Something that answers some paths and leaves the others alone; every system is one. */
export interface Mountable {
  /** What it is called when it cannot be mounted. */
  readonly name?: string | undefined;
  /** The paths that it answers, and with which method where that is known; without it, any path may be one. */
  readonly endpoints?: readonly { readonly method?: string | undefined; readonly path: string }[] | undefined;
  /** Below these it answers every path, known or not. */
  readonly prefixes?: readonly string[] | undefined;
  handle(exchange: Exchange, path: string): MaybePromise<Reply | null>;
}

/** One endpoint that a mounted system answers, for listings of routes. */
export interface MountedEndpoint {
  readonly system: string;
  /** `null` when the system answers every method. */
  readonly method: string | null;
  /** `/*` stands for those of a system that does not say which paths it answers. */
  readonly path: string;
}

/** Answers requests for what is mounted, and says what that is. */
export interface Answering {
  /** The answer, or `null` when the request is the host's. */
  (exchange: Exchange): MaybePromise<Reply | null>;
  readonly endpoints: readonly MountedEndpoint[];
}

export interface MountOptions {
  /** The path in front of the systems' own, such as `/bearer`; none by default. */
  readonly prefix?: string | undefined;
}

/** One or more systems, and perhaps options at the end. */
export type MountArguments =
  | [Mountable, ...Mountable[]]
  | [Mountable, MountOptions | undefined]
  | [Mountable, ...Mountable[], MountOptions];

/**
 * Reads the arguments of an adapter's `mount` and gives the function that answers a request, or `null` when it is the
 * host's.
 *
 * @throws {@link ConfigError} `systems_overlap` for two systems that would answer the same path; `option_invalid` for
 *   something that cannot be mounted or a prefix of another form.
 */
export function answering(args: MountArguments): Answering {
  const { mountables, options } = split(args);
  const { prefix } = parseOptions('mount', options, { prefix: optional(readPrefix('mount.prefix'), '') });
  const systems = mountables.map((each, index) => {
    const system = readMountable(each, `mount: ${ORDINALS[index] ?? `the ${index + 1}th`} argument`);
    return prefix === '' ? system : under(prefix, system);
  });
  refuseClashes(systems);

  function answerFrom(index: number, exchange: Exchange): MaybePromise<Reply | null> {
    const system = systems[index];
    if (system === undefined) return null;
    const answer = system.handle(exchange, exchange.mountedPath);
    return chain(answer, (reply) => reply ?? answerFrom(index + 1, exchange));
  }
  return Object.assign((exchange: Exchange) => answerFrom(0, exchange), {
    endpoints: systems.flatMap(({ name = 'a system', endpoints = UNKNOWN_ENDPOINTS }) =>
      endpoints.map(({ method = null, path }) => ({ system: name, method, path })),
    ),
  });
}

/**
 * A system as it is mounted under a path of its own beside others, as in `mount(b2b, under('/bearer', bearer))`.
 *
 * @param prefix Begins with a slash and ends without one.
 * @throws {@link ConfigError} `option_invalid`.
 */
export function under(prefix: string, system: Mountable): Mountable {
  const front = readPrefix('under(prefix)')(prefix, 'under(prefix)');
  const { name, endpoints, prefixes = [] } = readMountable(system, 'under: the second argument');
  return {
    name,
    endpoints: endpoints?.map(({ method, path }) => ({ method, path: front + path })),
    prefixes: prefixes.map((path) => front + path),
    handle: (exchange, path) =>
      path.startsWith(`${front}/`) ? system.handle(exchange, path.slice(front.length)) : null,
  };
}

/** Stands in listings for what a system answers that has no table. */
const UNKNOWN_ENDPOINTS: NonNullable<Mountable['endpoints']> = [{ path: '/*' }];

const ORDINALS = ['the first', 'the second', 'the third'];
const readMountable: Reader<Mountable> = implementing('a system, such as b2bSystem({ … })', 'handle');

function split(args: readonly unknown[]): {
  readonly mountables: readonly unknown[];
  readonly options: unknown;
} {
  const last = args.at(-1);
  if (args.length === 0) return { mountables: [undefined], options: {} };
  const isOptions = args.length > 1 && (last === undefined || !isSystemLike(last));
  return isOptions
    ? { mountables: args.slice(0, -1), options: last === undefined ? {} : last }
    : { mountables: args, options: {} };
}

function isSystemLike(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'handle' in value;
}

function readPrefix(path: string): Reader<string> {
  return (value, owner) => {
    const prefix = text(value, owner);
    if (PREFIX.test(prefix)) return prefix;
    throw new ConfigError(
      'option_invalid',
      `${path} must begin with a slash and end without one, as in "/bearer".`,
    );
  };
}

const PREFIX = /^(?:\/[^/?#]+)+$/;

function refuseClashes(systems: readonly Mountable[]): void {
  for (const [index, one] of systems.entries()) {
    for (const other of systems.slice(index + 1)) {
      const path = pathOfBoth(one, other);
      if (path === undefined) continue;
      throw new ConfigError(
        'systems_overlap',
        `mount: "${one.name ?? 'a system'}" and "${other.name ?? 'a system'}" would both answer ${path}. ` +
          "Give one of them a path of its own, as in under('/path', system).",
      );
    }
  }
}

/** A path that both answer: whichever comes first would hide it from the other. */
function pathOfBoth(one: Mountable, other: Mountable): string | undefined {
  const paths = pathsOf(one).filter((path) => answers(other, path));
  return paths[0] ?? pathsOf(other).find((path) => answers(one, path));
}

function pathsOf({ endpoints = [], prefixes = [] }: Mountable): readonly string[] {
  return [...endpoints.map(({ path }) => path), ...prefixes];
}

function answers({ endpoints = [], prefixes = [] }: Mountable, path: string): boolean {
  return (
    endpoints.some((endpoint) => endpoint.path === path) ||
    prefixes.some((prefix) => path === prefix || path.startsWith(`${prefix}/`))
  );
}
