import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** Stands between a client and a server on the loopback, and does to them what networks do. */
export interface TcpProxy {
  readonly port: number;
  /** How long each piece of data is under way, in each direction. */
  latencyMs: number;
  /** How many pieces of data went from clients to the server. */
  readonly sent: number;
  /** How many connections are open. */
  readonly open: number;
  /** Nothing gets through, and nobody is told: connections stay open, and new ones are taken. What was sent meanwhile is lost. */
  swallow(): void;
  /** New data gets through again, on new connections; the old ones stay deaf. */
  deliver(): void;
  /** Ends every connection, politely or with a reset. */
  cut(how: 'end' | 'reset'): void;
  stop(): Promise<void>;
}

export async function startTcpProxy(targetPort: number): Promise<TcpProxy> {
  const pairs = new Set<readonly [Socket, Socket]>();
  let isDeaf = false;
  let sent = 0;

  const server = createServer((client) => {
    const upstream = connect(targetPort, '127.0.0.1');
    const pair = [client, upstream] as const;
    pairs.add(pair);
    let isLost = isDeaf;
    const deafen = (): void => {
      isLost = true;
    };
    lost.set(pair, deafen);
    for (const [from, to] of [pair, pair.toReversed() as [Socket, Socket]]) {
      from.setNoDelay(true);
      from.on('error', () => to.destroy());
      from.on('close', () => {
        pairs.delete(pair);
        to.destroy();
      });
      from.on('data', (data) => {
        if (isLost) return;
        if (from === client) sent += 1;
        const pass = (): void => {
          if (!isLost && !to.destroyed) to.write(data);
        };
        if (proxy.latencyMs > 0) setTimeout(pass, proxy.latencyMs);
        else pass();
      });
    }
  });
  const lost = new WeakMap<readonly [Socket, Socket], () => void>();

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const proxy: TcpProxy = {
    port: (server.address() as AddressInfo).port,
    latencyMs: 0,
    get sent() {
      return sent;
    },
    get open() {
      return pairs.size;
    },
    swallow() {
      isDeaf = true;
      for (const pair of pairs) lost.get(pair)?.();
    },
    deliver() {
      isDeaf = false;
    },
    cut(how) {
      for (const [client, upstream] of pairs) {
        if (how === 'reset') client.resetAndDestroy();
        else client.destroy();
        upstream.destroy();
      }
    },
    async stop() {
      proxy.cut('end');
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return proxy;
}
