import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import type getRawBody from 'raw-body';
import type { BodyReading, Exchange } from '../core/exchange.ts';

/**
 * The parts of a request that the view reads: `node:http`'s own, what Express and Connect add to it, and what
 * koa-passport hands to strategies in place of it.
 */
export interface NativeRequest {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly originalUrl?: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders?: readonly string[] | undefined;
  readonly socket?: { readonly remoteAddress?: string | undefined } | null | undefined;
  readonly body?: unknown;
  /** The underlying request, where a framework hands out an object of its own. */
  readonly req?: NativeRequest | undefined;
}

/**
 * The {@link Exchange} of a native request. It reads from the request when it is asked and keeps nothing but the body.
 *
 * @param native The request as the framework hands it out; koa-passport's stand-in is unwrapped.
 * @param parsedBody Where the framework keeps the parsed body, when that is not the request itself.
 * @param originalUrl The request target before the framework cut anything off it, when the request does not keep it.
 */
export function exchangeOf(
  native: NativeRequest,
  parsedBody: { readonly body?: unknown } = native,
  originalUrl: string | undefined = native.originalUrl,
): Exchange {
  const underlying = native.rawHeaders === undefined ? native.req : undefined;
  return new NativeExchange(underlying ?? native, parsedBody, originalUrl);
}

class NativeExchange implements Exchange {
  readonly native: NativeRequest;
  private readonly holder: { readonly body?: unknown };
  private readonly target: string;
  private reading: Promise<BodyReading> | undefined;

  constructor(native: NativeRequest, holder: { readonly body?: unknown }, originalUrl: string | undefined) {
    this.native = native;
    this.holder = holder;
    this.target = originalUrl ?? native.originalUrl ?? native.url ?? '/';
  }

  get method(): string {
    return this.native.method ?? 'GET';
  }

  get path(): string {
    return pathOf(this.target);
  }

  get mountedPath(): string {
    return pathOf(this.native.url ?? '/');
  }

  get query(): string {
    const mark = this.target.indexOf('?');
    return mark === -1 ? '' : this.target.slice(mark + 1);
  }

  get peerAddress(): string | undefined {
    return this.native.socket?.remoteAddress;
  }

  headerLines(name: string): readonly string[] {
    // `headers` keeps only the first of several Authorization lines, so the raw list is what counts.
    const raw = this.native.rawHeaders;
    if (raw === undefined) return cookedLines(this.native.headers[name]);
    let lines: string[] | undefined;
    for (let i = 0; i < raw.length; i += 2) {
      const candidate = raw[i] as string;
      if (candidate.length !== name.length || candidate.toLowerCase() !== name) continue;
      if (lines === undefined) lines = [raw[i + 1] as string];
      else lines.push(raw[i + 1] as string);
    }
    return lines ?? NO_LINES;
  }

  body(limitBytes: number): Promise<BodyReading> {
    this.reading ??= this.readBody(limitBytes);
    return this.reading;
  }

  /** Whether the request has no body at all: parsers differ in what they leave then (RFC 9112 section 6.3). */
  private isBodiless(): boolean {
    const length = this.headerLines('content-length')[0];
    return (
      this.headerLines('transfer-encoding').length === 0 && (length === undefined || Number(length) === 0)
    );
  }

  private async readBody(limitBytes: number): Promise<BodyReading> {
    const stream = this.native as unknown as Readable;
    const contentType = this.headerLines('content-type')[0];
    if (this.isBodiless()) return { kind: 'bytes', bytes: NO_BYTES, contentType };
    const length = this.headerLines('content-length')[0];
    // Asked first, so that a parser in front of this one, whose own limit may be wider, makes no difference.
    if (length !== undefined && Number(length) > limitBytes) return { kind: 'too_large' };
    if (stream.readableDidRead || stream.readableEnded) {
      return { kind: 'parsed', value: this.holder.body, contentType };
    }
    const encoding = this.headerLines('content-encoding')[0]?.toLowerCase();
    // A compressed body can be far larger than what was counted on the wire, and no endpoint here needs one.
    if (encoding !== undefined && encoding !== 'identity') return { kind: 'unreadable' };
    const rawBody = await bodyReader();
    try {
      const bytes = await rawBody(stream, {
        limit: limitBytes,
        ...(length === undefined ? {} : { length }),
      });
      return { kind: 'bytes', bytes, contentType };
    } catch (error) {
      // What is left of the body is thrown away as it comes: a connection that still holds a part of it would hang, and
      // one that is cut off can lose the answer on its way. How long that may take is for the server's requestTimeout.
      stream.resume();
      return (error as { type?: unknown }).type === 'entity.too.large'
        ? { kind: 'too_large' }
        : { kind: 'unreadable' };
    }
  }
}

/** Loaded with the first body, since it brings as much code as a token's verification, and most guards read none. */
async function bodyReader(): Promise<typeof getRawBody> {
  loadedReader ??= (await import('raw-body')).default;
  return loadedReader;
}

let loadedReader: typeof getRawBody | undefined;

const NO_LINES: readonly string[] = [];
const NO_BYTES = new Uint8Array(0);

function cookedLines(value: string | string[] | undefined): readonly string[] {
  if (value === undefined) return NO_LINES;
  return typeof value === 'string' ? [value] : value;
}

/**
 * The path of a request target. The absolute form, which a server must accept (RFC 9112 section 3.2.2), means the same
 * as the path in it; its authority may hold a password and goes no further.
 */
function pathOf(target: string): string {
  const mark = target.indexOf('?');
  const path = mark === -1 ? target : target.slice(0, mark);
  if (path.startsWith('/')) return path;
  const authority = ABSOLUTE_FORM.exec(path)?.[0];
  return authority === undefined ? path : path.slice(authority.length) || '/';
}

const ABSOLUTE_FORM = /^[a-z][a-z0-9+.-]*:\/\/[^/]*/i;
