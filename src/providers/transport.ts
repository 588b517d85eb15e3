import { StoreError } from '../core/errors.ts';
import { callback, integer, optional, parseOptions } from '../core/options.ts';
import { isEndpointUrl } from './endpoint-url.ts';

/** The parts of the Fetch API that are used, so that any implementation fits: Node's own, or one behind a proxy. */
export type ProviderFetch = (
  url: string,
  init: {
    readonly method: string;
    readonly headers: Record<string, string>;
    readonly body?: string;
    readonly redirect: 'manual';
    readonly signal: AbortSignal;
  },
) => Promise<{
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly body: AsyncIterable<Uint8Array> | null;
}>;

export interface TransportOptions {
  /** The longest that one call may take, from its beginning to the last byte of the answer; default 4,000. */
  readonly timeoutMs?: number | undefined;
  /** The most that is read of an answer, after decompression; default 262,144. */
  readonly maxBytes?: number | undefined;
  /**
   * What requests are sent with; by default Node's own `fetch`. Behind a proxy: that of the package `undici` with a
   * `ProxyAgent`, or Node's own under `NODE_USE_ENV_PROXY=1`.
   */
  readonly fetch?: ProviderFetch | undefined;
}

/** One call of a provider. Secrets go into `bearer` or `form`; addresses end up in the logs of whoever passes them on. */
export interface ProviderRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly url: string;
  /** What is added to the address's query; never a token or a secret. */
  readonly query?: Readonly<Record<string, string>> | undefined;
  /** The fields of a form body. */
  readonly form?: Readonly<Record<string, string>> | undefined;
  /** Goes into `Authorization: Bearer`. */
  readonly bearer?: string | undefined;
  /** Whether the answer's body is read and thrown away, as of a revocation; by default it must be JSON. */
  readonly ignoreBody?: boolean | undefined;
}

export interface ProviderAnswer {
  /** From 200 to 499; a redirect, a 429 and a 5xx are outages. */
  readonly status: number;
  /** The body when it is a JSON object; `null` when it is any other JSON, which no provider means to say. */
  readonly body: ProviderObject | null;
}

export type ProviderObject = Readonly<Record<string, unknown>>;

/** What went wrong on the way. */
export type ProviderFault =
  | 'timeout'
  | 'unreachable'
  /** It answered with a redirect, which is never followed: it could lead into the host's own network. */
  | 'redirected'
  /** It answered 429 or 5xx. */
  | 'failing'
  | 'too_large'
  /** The answer is cut off, is no UTF-8, no JSON, or does not call itself JSON. */
  | 'unreadable';

/**
 * A provider did not answer, or not with what its interface promises. It is an outage like that of a store and becomes
 * 503: nothing is known about whoever wanted to sign in. The message names the host and no more of the address.
 */
export class ProviderOutage extends StoreError {
  readonly fault: ProviderFault;
  /** What a framework's own error handler answers with, where the package's does not (RFC 9110 section 15.6). */
  readonly status: 502 | 504;

  constructor(fault: ProviderFault, message: string, options?: ErrorOptions) {
    super(message, options);
    this.fault = fault;
    this.status = fault === 'timeout' ? 504 : 502;
  }
}

/** Calls providers. */
export interface ProviderTransport {
  /** Sends one request. Rejects with {@link ProviderOutage} for everything but a whole JSON answer; never tries again. */
  send(request: ProviderRequest): Promise<ProviderAnswer>;
}

/**
 * Builds the transport that every call to a provider takes: bounded in time and in size, without redirects, strict about
 * UTF-8 and the content type, over TLS unless the address is loopback.
 *
 * @param owner The option that `options` stand in, for messages.
 * @throws {@link ConfigError} `option_unknown`, `option_invalid`.
 */
export function providerTransport(owner: string, options: TransportOptions = {}): ProviderTransport {
  const { timeoutMs, maxBytes, ...parsed } = parseOptions(owner, options, {
    timeoutMs: optional(integer(1, 60_000), 4_000),
    maxBytes: optional(integer(1, 16_777_216), 262_144),
    fetch: optional(callback<ProviderFetch>()),
  });
  // Looked up at each call, so that an instrumented or replaced global one is used.
  const send: ProviderFetch = parsed.fetch ?? ((url, init) => globalThis.fetch(url, init));

  async function exchange(request: ProviderRequest, host: string, signal: AbortSignal) {
    const response = await send(addressOf(request), {
      method: request.method,
      headers: headersOf(request),
      ...(request.form === undefined ? {} : { body: new URLSearchParams(request.form).toString() }),
      redirect: 'manual',
      signal,
    });
    const { status, headers } = response;
    // A browser-like implementation hides a redirect behind the status 0.
    if (status === 0 || (status >= 300 && status < 400)) {
      throw new ProviderOutage('redirected', `${host} answered with a redirect, which is not followed`);
    }
    if (status < 200 || status === 429 || status >= 500) {
      throw new ProviderOutage('failing', `${host} answered with status ${status}`);
    }
    const bytes = await readBounded(response.body, maxBytes, host);
    if (request.ignoreBody === true) return { status, body: null };
    if (!isJson(headers.get('content-type'))) {
      throw new ProviderOutage('unreadable', `${host} answered with a body that does not call itself JSON`);
    }
    return { status, body: parseObject(bytes, host) };
  }

  return {
    async send(request) {
      if (!isEndpointUrl(request.url))
        throw new TypeError('a provider is only called by https, or on loopback');
      const { host } = new URL(request.url);
      const controller = new AbortController();
      let timer: NodeJS.Timeout | undefined;
      // Beside the signal, since an implementation that is handed in may pay no attention to it.
      const timeout = new Promise<never>((_, reject) => {
        timer = setTimeout(() => {
          reject(new ProviderOutage('timeout', `${host} did not answer within ${timeoutMs} milliseconds`));
        }, timeoutMs);
      });
      try {
        return await Promise.race([exchange(request, host, controller.signal), timeout]);
      } catch (cause) {
        if (cause instanceof ProviderOutage) throw cause;
        throw new ProviderOutage('unreachable', `${host} cannot be reached, or cut its answer off`, {
          cause,
        });
      } finally {
        clearTimeout(timer);
        // Whatever of the answer was not read is not waited for.
        controller.abort();
      }
    },
  };
}

function addressOf({ url, query = {} }: ProviderRequest): string {
  const address = new URL(url);
  for (const [name, value] of Object.entries(query)) address.searchParams.set(name, value);
  return address.href;
}

function headersOf({ form, bearer }: ProviderRequest): Record<string, string> {
  return {
    Accept: 'application/json',
    'User-Agent': 'portcullis',
    ...(form === undefined ? {} : { 'Content-Type': 'application/x-www-form-urlencoded;charset=UTF-8' }),
    ...(bearer === undefined ? {} : { Authorization: `Bearer ${bearer}` }),
  };
}

async function readBounded(
  body: AsyncIterable<Uint8Array> | null,
  maxBytes: number,
  host: string,
): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body ?? []) {
    length += chunk.byteLength;
    if (length > maxBytes) {
      throw new ProviderOutage('too_large', `${host} answered with more than ${maxBytes} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** `text/javascript` is what the Graph API has called its JSON. */
function isJson(contentType: string | null): boolean {
  const [mediaType = ''] = (contentType ?? '').split(';', 1);
  return /^(?:application\/(?:[\w.-]+\+)?json|text\/javascript)$/.test(mediaType.trim().toLowerCase());
}

function parseObject(bytes: Uint8Array, host: string): ProviderObject | null {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as unknown;
  } catch {
    // Without the cause, whose message quotes from the answer, and so perhaps from a token.
    throw new ProviderOutage('unreadable', `${host} answered with what is no JSON in UTF-8`);
  }
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as ProviderObject)
    : null;
}
