import { b2bSystem } from 'portcullis/b2b';
import type { Mounted } from '../api.ts';
import { CATEGORIES, PRODUCTS } from '../data.ts';
import { b2bDemonstration } from '../demonstrations/b2b.ts';
import type { Host } from '../host.ts';
import { ok } from '../routes.ts';
import { directoryOf, type UserRow } from '../users.ts';

/** The B2B API at `/auth/*`, and the products and categories for its clients, from the addresses that they allow. */
export function b2b(host: Host): Mounted {
  const { store, secret, environment } = host;
  const system = b2bSystem({
    store,
    directory: directoryOf(host, isB2bUser),
    keys: secret,
    trustedProxies: environment.trustedProxies,
    ...environment.lifetimes,
  });
  const chain = [system.authenticate(), system.ipAllowlist()] as const;

  return {
    system,
    routes: [
      { path: '/api/v1/products', chain, answer: () => ok({ success: true, data: PRODUCTS }) },
      { path: '/api/v1/categories', chain, answer: () => ok({ success: true, data: CATEGORIES }) },
    ],
    async endSessions(user, reason) {
      // Sessions of the B2B API are the client's.
      if (isB2bUser(user)) await system.sessions.revokeAll(String(user.clientId), { reason });
    },
    demonstration: b2bDemonstration,
    close: () => system.close(),
  };
}

function isB2bUser(user: UserRow): user is UserRow & { readonly clientId: number } {
  return user.clientId !== undefined;
}
