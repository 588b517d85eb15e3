/** `portcullis/testing`: credentials for tests, users in memory, and providers on loopback that fit the strategies. */
import { apiKeys } from 'portcullis/api-keys';
import { memoryStore } from 'portcullis/stores/memory';
import type { FacebookStrategy } from 'portcullis/strategies/facebook';
import type { GoogleStrategy } from 'portcullis/strategies/google';
import {
  createApiKey,
  fakeDirectory,
  mintToken,
  startFacebook,
  startGoogle,
  type FakeUser,
  type LoopbackFacebook,
  type LoopbackGoogle,
} from 'portcullis/testing';
import { expectTypeOf } from 'vitest';

/* Credentials. */
const keys = apiKeys({ store: memoryStore(), productPrefix: 'acme' });
expectTypeOf(createApiKey(keys, { scopes: ['orders:read'] })).resolves.toEqualTypeOf<string>();
expectTypeOf(
  mintToken({ keys: 'a secret', subject: 'ada', claims: { aud: undefined } }),
).toEqualTypeOf<string>();

/* Users, whom a test may change while requests come in. */
const directory = fakeDirectory([{ email: 'ada@example.com', clientId: 7 }]);
expectTypeOf(directory.users).toEqualTypeOf<FakeUser[]>();
for (const user of directory.users) user.active = false;
directory.allowsSignUp = true;

/* Providers, whose addresses are the options of the strategies. */
const google = await startGoogle({
  accounts: [{ id: '1', email: 'ada@example.com', emailVerified: 'true' }],
});
const facebook = await startFacebook({ graphVersion: 'v24.0' });
expectTypeOf(google).toEqualTypeOf<LoopbackGoogle>();
expectTypeOf(facebook).toEqualTypeOf<LoopbackFacebook>();
expectTypeOf(google.endpoints).toExtend<ConstructorParameters<typeof GoogleStrategy>[0]['endpoints']>();
expectTypeOf(facebook.endpoints).toExtend<ConstructorParameters<typeof FacebookStrategy>[0]['endpoints']>();
expectTypeOf(google.consent('https://id.example', { deny: true })).toEqualTypeOf<string>();
google.break('/token', 'silence', 2);
google.break('/token', { status: 418, body: {} });

/* What is wrong does not compile. */
// @ts-expect-error -- a token is for somebody
mintToken({ keys: 'a secret' });
// @ts-expect-error -- nobody signs with this algorithm
mintToken({ keys: 'a secret', subject: 'ada', algorithm: 'none' });
// @ts-expect-error -- nobody lives for a text of seconds
mintToken({ keys: 'a secret', subject: 'ada', expiresInSeconds: '300' });
// @ts-expect-error -- a user has a login name
fakeDirectory([{ id: '1' }]);
// @ts-expect-error -- a key has no such member
void createApiKey(keys, { role: 'admin' });
// @ts-expect-error -- the service is needed, not the store
void createApiKey(memoryStore());
// @ts-expect-error -- no provider breaks like this
google.break('/token', 'slowness');
// @ts-expect-error -- a person has an identifier
void startGoogle({ accounts: [{ email: 'ada@example.com' }] });
// @ts-expect-error -- facebook verifies no addresses
void startFacebook({ accounts: [{ id: '1', emailVerified: true }] });
