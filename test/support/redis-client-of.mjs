/**
 * A client of this library that was never connected, as a host makes it that knows nothing of queues and retries.
 *
 * @param {string} library
 * @param {string} url
 */
export async function redisClientOf(library, url) {
  const { Redis, createClient } = await import(library);
  return createClient === undefined ? new Redis(url, { lazyConnect: true }) : createClient({ url });
}
