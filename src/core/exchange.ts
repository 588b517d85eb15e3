/** The neutral view of one HTTP request, the same from every framework. */
export interface Exchange {
  /** As sent; methods are case-sensitive (RFC 9110 section 9.1). */
  readonly method: string;
  /** The path as the client sent it, without the query, before any framework cut a mount prefix off it. */
  readonly path: string;
  /** The path below the prefix that the framework mounted the package under. */
  readonly mountedPath: string;
  /** The raw query without `?`; empty when there is none. */
  readonly query: string;
  /** The address of the peer on the socket, as the socket says it; never taken from a header. */
  readonly peerAddress: string | undefined;
  /** The framework's or server's own request, for a host's callbacks. */
  readonly native: unknown;
  /**
   * The values of a header, one for each line as it was received, so that a repeated header cannot hide behind the
   * first one.
   *
   * @param name The header's name in lower case.
   */
  headerLines(name: string): readonly string[];
  /**
   * The body, read once and bounded. When the framework has parsed it already, its result is used.
   *
   * @param limitBytes The most that is read.
   */
  body(limitBytes: number): Promise<BodyReading>;
}

/** What became of reading a request's body. */
export type BodyReading =
  /** The raw bytes, nothing parsed yet. */
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array; readonly contentType: string | undefined }
  /** A framework's parser has run; this is what it left. */
  | { readonly kind: 'parsed'; readonly value: unknown; readonly contentType: string | undefined }
  | { readonly kind: 'too_large' }
  /** The stream broke, or its encoding cannot be undone. */
  | { readonly kind: 'unreadable' };
