import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Environment, SetupError } from './environment.ts';

/** How long requests that are under way may take to end when the program is asked to stop. */
const GRACE_MS = 5000;

/**
 * Begins to listen.
 *
 * @returns The URL under which this machine reaches the server.
 * @throws {@link SetupError} when the address cannot be had.
 */
export async function listen(server: Server, { host, port }: Environment): Promise<string> {
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    throw new SetupError(whyNot(error, host, port), { cause: error });
  }
  const { address, port: actual, family } = server.address() as AddressInfo;
  // The unspecified address means every interface; from here the server is at the loopback address of its family.
  const reachable = address === '0.0.0.0' ? '127.0.0.1' : address === '::' ? '::1' : address;
  return `http://${family === 'IPv6' ? `[${reachable}]` : reachable}:${actual}`;
}

/**
 * Lets the requests that are under way end when the program is asked to stop, and then calls `release`; a second signal
 * ends it at once.
 */
export function stopWhenAsked(server: Server, release: () => Promise<void>): void {
  function stop(): void {
    server.close(() => void release());
    setTimeout(() => server.closeAllConnections(), GRACE_MS).unref();
  }
  process.once('SIGTERM', stop).once('SIGINT', stop);
}

function whyNot(error: unknown, host: string, port: number): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE')
    return `Port ${port} on ${host} is in use; choose another with PORT, or PORT=0 for one that is free.`;
  if (code === 'EACCES') return `Port ${port} is not permitted to you; choose one above 1023 with PORT.`;
  if (['EADDRNOTAVAIL', 'ENOTFOUND', 'EAI_AGAIN'].includes(code ?? ''))
    return `HOST must be an address of this machine, not "${host}".`;
  return `Listening on ${host}, port ${port}, failed: ${message}.`;
}
