/**
 * A host that passes on what its own configuration may or may not say, under exactOptionalPropertyTypes.
 * `test/pins/optional-members.test.ts` holds every member of every option to it; here is what it looks like.
 */
import { allow, StoreError, type Recognition } from 'portcullis';
import { apiKeys, type ApiKeyChanges } from 'portcullis/api-keys';
import { authenticate, open } from 'portcullis/authenticate';
import { problem } from 'portcullis/dialects/problem';
import { errorEnvelope, guard, mount } from 'portcullis/express';
import { ipAllowlist } from 'portcullis/ip-allowlist';
import { loginLimits } from 'portcullis/login-limits';
import type { OAuthClientChanges } from 'portcullis/oauth-clients';
import { rateLimit } from 'portcullis/rate-limit';
import { memoryStore } from 'portcullis/stores/memory';
import { sqliteStore } from 'portcullis/stores/sqlite';
import { startSweeper } from 'portcullis/stores/sweeper';
import { ApiKeyStrategy } from 'portcullis/strategies/api-key';
import { FacebookStrategy } from 'portcullis/strategies/facebook';
import { GoogleStrategy } from 'portcullis/strategies/google';
import { JwtBearerStrategy } from 'portcullis/strategies/jwt-bearer';
import { createApiKey, mintToken } from 'portcullis/testing';
import { workspaceScope } from 'portcullis/workspace-scope';
import { expectTypeOf } from 'vitest';

/** Settings of a host, of which each may be missing. */
declare const settings: {
  readonly text?: string;
  readonly count?: number;
  readonly yes?: boolean;
  readonly list?: readonly string[];
};
const { text, count, yes, list } = settings;
expectTypeOf(text).toEqualTypeOf<string | undefined>();

const store = memoryStore({ clock: undefined });
sqliteStore({ path: ':memory:', busyTimeoutMs: count, migrate: undefined });
startSweeper(store, { intervalMs: count, jitterPercent: count, onError: undefined });

const jwt = new JwtBearerStrategy({
  algorithm: 'RS256',
  keys: 'a key',
  issuer: 'https://id.example',
  audience: 'shop',
  name: text,
  headers: list,
  exactSchemeCase: yes,
  requiredClaims: list,
  expiryLeewaySeconds: count,
  principal: undefined,
  findUser: undefined,
  accountCheck: undefined,
  revoked: undefined,
});
const keys = apiKeys({ store, productPrefix: 'acme', clock: undefined });
const chain = authenticate(jwt, new ApiKeyStrategy({ keys, name: text }), { optional: yes });
guard(
  chain,
  ipAllowlist({ networks: '10.0.0.0/8', trustedProxies: list, onUntrustedForward: undefined }),
  rateLimit({ name: 'search', limit: 10, windowSeconds: 60, store, by: undefined, limiter: undefined }),
  workspaceScope({ select: undefined }),
  { property: text, dialect: problem({ realm: text }), deadlineMs: count, requestId: undefined },
);
errorEnvelope({ dialect: undefined, onEvent: undefined });
mount({ name: text, prefixes: list, endpoints: undefined, handle: () => null }, { prefix: text });
loginLimits({ store, clock: undefined });

/* The addresses of a provider come from the environment one by one. */
const provider = { clientId: 'id', clientSecret: 'secret', callbackUrl: 'https://app.example/back' };
declare const social: ConstructorParameters<typeof GoogleStrategy>[0];
void new GoogleStrategy({ ...social, ...provider, endpoints: { tokenUrl: text, issuer: text } });
declare const facebook: ConstructorParameters<typeof FacebookStrategy>[0];
void new FacebookStrategy({ ...facebook, login: yes, endpoints: { graphUrl: text } });

/* Changes, where what is undefined stays as it is. */
const keyChanges: ApiKeyChanges = { name: text, label: text, scopes: list, expiresAt: count };
const clientChanges: OAuthClientChanges = { name: text, owner: text, scopes: list, serviceAccount: yes };
void keys.update('id', keyChanges);
void createApiKey(keys, { name: text, workspace: text, scopes: list });
mintToken({ keys: 'a key', subject: 'ada', issuer: text, audience: list, expiresInSeconds: count });
void new StoreError('the engine is down', { retryAfterSeconds: count, cause: undefined });

/* What a host's own strategy or guard answers. */
const recognised: Recognition<{ readonly id: string }> = {
  kind: 'authenticated',
  principal: { id: '1' },
  headers: undefined,
};
allow(null, undefined);

/* What must be said may not be undefined. */
// @ts-expect-error -- a store is needed
apiKeys({ store: undefined, productPrefix: 'acme' });
// @ts-expect-error -- so is the reason of a public route
open(text);
// @ts-expect-error -- an issuer is named, or null
void new JwtBearerStrategy({ algorithm: 'RS256', keys: 'a key', issuer: text, audience: null });
// @ts-expect-error -- networks are named
ipAllowlist({ networks: text });

export { clientChanges, recognised };
