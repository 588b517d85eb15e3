/**
 * A request as an Express application gets it, with strings that were never hashed, as they come off the wire.
 *
 * @param {string} authorization
 */
export function requestWith(authorization) {
  const fresh = Buffer.from(authorization).toString('latin1');
  return {
    method: 'GET',
    url: '/products',
    originalUrl: '/products',
    headers: { host: 'api.example.com', 'user-agent': 'bench', accept: '*/*', authorization: fresh },
    rawHeaders: ['Host', 'api.example.com', 'User-Agent', 'bench', 'Accept', '*/*', 'Authorization', fresh],
    socket: { remoteAddress: '127.0.0.1' },
  };
}

/** A response that notes how the request was answered. */
export function responseStub() {
  return {
    statusCode: 200,
    headersSent: false,
    writableEnded: false,
    getHeader: () => undefined,
    setHeader: () => undefined,
    removeHeader: () => undefined,
    end() {
      this.writableEnded = true;
    },
  };
}
