import type { Environment } from './environment.ts';

/**
 * The URL under which browsers and clients know this host, without a path: `PUBLIC_URL`, or where the server listens. It
 * is never made of a request, and plain HTTP is for this machine alone.
 *
 * @param url Where the server listens; `null` in the tool, where nobody is told a URL.
 */
export function ownUrl({ publicUrl, port }: Environment, url: string | null): string {
  if (publicUrl !== null) return publicUrl;
  const isLoopback = url !== null && /^http:\/\/(?:127\.0\.0\.1|\[::1\]|localhost):/.test(url);
  return isLoopback ? url : `http://localhost:${port}`;
}
