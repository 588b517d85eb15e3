import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { open } from '../../src/middleware/authenticate.ts';
import { ipAllowlist } from '../../src/middleware/ip-allowlist.ts';
import { guard as nodeGuard } from '../../src/node.ts';
import { send } from '../support/http-client.ts';

const PROXY = '127.0.0.2';
const STRANGER = '127.0.0.3';

describe('ipAllowlist on a dual-stack socket', () => {
  it('IP-06 judges IPv4 peers, which the socket writes as IPv6, by their IPv4 address', async () => {
    const peers: (string | undefined)[] = [];
    const api = nodeGuard(open('test'), ipAllowlist({ networks: [PROXY, '::/0'] }));
    const server = createServer((request, response) => {
      peers.push(request.socket.remoteAddress);
      api(request, response, () => response.end('in'));
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '::ffff:127.0.0.1', resolve);
    });
    try {
      const { port } = server.address() as AddressInfo;
      const allowed = await send(port, { localAddress: PROXY });
      const refused = await send(port, { localAddress: STRANGER });
      expect(peers).toEqual([`::ffff:${PROXY}`, `::ffff:${STRANGER}`]);
      expect([allowed.status, refused.status]).toEqual([200, 403]);
    } finally {
      server.close();
      server.closeAllConnections();
    }
  });
});
