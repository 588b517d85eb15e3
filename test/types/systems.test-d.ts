/** The four systems and the endpoints of connections: what each asks of a host, and whom its guards let in. */
import type { AuthError, Directory, EntryGuard, Guard, Principal, User } from 'portcullis';
import { isAuthError } from 'portcullis';
import { b2bSystem, type B2bOptions, type B2bPrincipal, type B2bUser } from 'portcullis/b2b';
import {
  bearerSessionSystem,
  type AccountsDirectory,
  type BearerSessionOptions,
  type BearerSessionPrincipal,
} from 'portcullis/bearer-session';
import { connectionsSystem, type ConnectionsSystemOptions } from 'portcullis/connections/endpoints';
import { guard, mount } from 'portcullis/express';
import { jwtPairSystem, type JwtPairOptions } from 'portcullis/jwt-pair';
import { guard as nodeGuard, mount as nodeMount, under } from 'portcullis/node';
import { oauthSystem, type OAuthOptions, type OAuthPrincipal } from 'portcullis/oauth';
import { requireScopes } from 'portcullis/require-scopes';
import { memoryStore } from 'portcullis/stores/memory';
import { fakeDirectory } from 'portcullis/testing';
import { expectTypeOf } from 'vitest';

declare const request: object;
const store = memoryStore();
const keys = 'a secret of many bytes that no test ever signs anything with';

/* B2B: users who sign in for a client. */
declare const clientsUsers: Directory<B2bUser>;
const b2b = b2bSystem({ store, keys, directory: clientsUsers });
expectTypeOf(b2b.authenticate()).toEqualTypeOf<EntryGuard<B2bPrincipal>>();
expectTypeOf(b2b.ipAllowlist()).toEqualTypeOf<Guard>();
const clients = guard(b2b.authenticate({ askStore: true }), b2b.ipAllowlist());
expectTypeOf(clients.of(request)).toEqualTypeOf<B2bPrincipal>();
expectTypeOf(clients.of(request).kind).toEqualTypeOf<'client'>();
expectTypeOf(clients.of(request).clientId).toEqualTypeOf<number>();
declare const users: Directory;
// @ts-expect-error -- its users name their client
b2bSystem({ store, keys, directory: users });
// @ts-expect-error -- tokens are signed
b2bSystem({ store, directory: clientsUsers });
// @ts-expect-error -- there is no such option
b2bSystem({ store, keys, directory: clientsUsers, accessTtl: 60 });
// @ts-expect-error -- a number is no key
b2bSystem({ store, keys: 42, directory: clientsUsers });

/* JWT pair: users of a workspace, and API keys beside them. */
const pair = jwtPairSystem({ store, keys, directory: users, rotate: true, compat: 'drf' });
expectTypeOf(pair.authenticate()).toEqualTypeOf<EntryGuard<Principal>>();
const impersonated = await pair.impersonate('session', 'user', { reason: 'a support case' });
if (isAuthError(impersonated)) expectTypeOf(impersonated).toEqualTypeOf<AuthError>();
else expectTypeOf(impersonated.access).toEqualTypeOf<string>();
// @ts-expect-error -- there is one way to be compatible
jwtPairSystem({ store, keys, directory: users, compat: 'rails' });
// @ts-expect-error -- an impersonation has a reason
void pair.impersonate('session', 'user', {});
// @ts-expect-error -- it may have been refused
void (await pair.impersonate('session', 'user', { reason: 'a support case' })).access;

/* Bearer sessions: users with accounts. */
declare const accounts: AccountsDirectory;
const sessions = bearerSessionSystem({ store, secret: keys, directory: accounts, expiredStatus: 403 });
expectTypeOf(sessions.authenticate()).toEqualTypeOf<EntryGuard<BearerSessionPrincipal>>();
expectTypeOf(guard(sessions.authenticate()).of(request).account).toEqualTypeOf<number>();
// @ts-expect-error -- its users have accounts
bearerSessionSystem({ store, secret: keys, directory: users });
// @ts-expect-error -- its tokens are opaque: a secret, and no keys
bearerSessionSystem({ store, keys, directory: accounts });
// @ts-expect-error -- an expired token is 401 or 403
bearerSessionSystem({ store, secret: keys, directory: accounts, expiredStatus: 400 });

/* OAuth: users, service accounts and applications. */
const oauthOptions = {
  store,
  keys,
  secret: keys,
  directory: users,
  issuer: 'https://id.example',
  pages: null,
  scopes: { 'orders:read': 'Read your orders' },
} satisfies OAuthOptions;
const oauth = oauthSystem(oauthOptions);
expectTypeOf(oauth.authenticate()).toEqualTypeOf<EntryGuard<OAuthPrincipal>>();
const application = nodeGuard(oauth.authenticate(), requireScopes('orders:read')).of(request);
expectTypeOf(application.kind).toEqualTypeOf<'user' | 'service_account' | 'client'>();
expectTypeOf(application.scopes).toEqualTypeOf<readonly string[]>();
// @ts-expect-error -- pages are given, or null is
oauthSystem({ ...oauthOptions, pages: undefined });
// @ts-expect-error -- a scope is told in words
oauthSystem({ ...oauthOptions, scopes: ['orders:read'] });
// @ts-expect-error -- there is no implicit grant
oauthSystem({ ...oauthOptions, grants: ['implicit'] });

/* Connections: beside any system whose parties are principals. */
declare const connected: Omit<ConnectionsSystemOptions, 'authenticate'>;
const connections = connectionsSystem({ ...connected, authenticate: pair.authenticate() });
expectTypeOf(connections.callbackUrlOf('google-ads')).toEqualTypeOf<string>();
// @ts-expect-error -- it does not sign anybody in by itself
connectionsSystem(connected);

/* Every one of them is mounted in the same way, with others and below a path. */
mount(b2b, pair, sessions, oauth, connections, { prefix: '/auth' });
nodeMount(under('/tenant', oauth), oauth.wellKnown);
// @ts-expect-error -- a guard is no system
mount(clients);

/* The directory of the tests is one of each but the accounts. */
const everybody = fakeDirectory();
expectTypeOf(everybody).toExtend<B2bOptions['directory']>();
expectTypeOf(everybody).toExtend<JwtPairOptions['directory']>();
expectTypeOf(everybody).toExtend<OAuthOptions['directory']>();
expectTypeOf(everybody).not.toExtend<BearerSessionOptions['directory']>();

/* Of a user the package wants an id and whether it is active; the rest is the host's. */
expectTypeOf<{ readonly id: string; readonly active: boolean; readonly salary: number }>().toExtend<User>();
const careless = { findLogin: () => null, verifyPassword: () => true, findUser: () => ({ id: 'u-1' }) };
// @ts-expect-error -- a user is active, or is not
jwtPairSystem({ store, keys, directory: careless });
