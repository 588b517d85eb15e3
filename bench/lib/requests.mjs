/**
 * A request as an application gets it, with strings that were never hashed, as they come off the wire.
 *
 * @param {string} value
 * @param {string} [header]
 */
export function requestWith(value, header = 'Authorization') {
  const fresh = Buffer.from(value).toString('latin1');
  return {
    method: 'GET',
    url: '/products',
    originalUrl: '/products',
    headers: { host: 'api.example.com', 'user-agent': 'bench', accept: '*/*', [header.toLowerCase()]: fresh },
    rawHeaders: ['Host', 'api.example.com', 'User-Agent', 'bench', 'Accept', '*/*', header, fresh],
    socket: { remoteAddress: '10.1.2.3' },
  };
}

/** A response that notes how the request was answered. */
export function responseStub() {
  return {
    statusCode: 200,
    headersSent: false,
    writableEnded: false,
    getHeader: () => undefined,
    setHeader() {
      return this;
    },
    removeHeader: () => undefined,
    status(code) {
      this.statusCode = code;
      return this;
    },
    end() {
      this.writableEnded = true;
    },
  };
}

/** Counts the requests that were let pass; an error is a refusal. */
export function gate() {
  const state = { passed: 0, refused: 0 };
  /** @param {unknown} [error] */
  const next = (error) => {
    if (error === undefined) state.passed += 1;
    else state.refused += 1;
  };
  return { state, next };
}
