import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { expectTokens } from '../systems/oauth/expectations.ts';
import { databaseFile, openDatabase, removeStoresAfterEach } from '../systems/b2b/stores.ts';
import { startStage, stopStagesAfterEach, VERIFIER } from '../systems/oauth/stage.ts';
import { movableClock } from '../support/movable-clock.ts';
import { tracesIn, type Secret } from './traces.ts';

removeStoresAfterEach();
stopStagesAfterEach();

describe.each(['jwt', 'opaque'] as const)('The OAuth server with %s access tokens', (accessTokens) => {
  it('leaves no secret in its store or in its events', async () => {
    const clock = movableClock();
    const path = databaseFile();
    const stage = await startStage(undefined, { accessTokens, clock, store: openDatabase(path, clock) });
    const { app, native } = stage;
    const secrets: Secret[] = [
      { what: 'a client secret', value: app.secret },
      { what: 'a code verifier', value: VERIFIER },
    ];
    const note = (what: string, value: string | undefined): string => {
      secrets.push({ what, value: String(value) });
      return String(value);
    };

    const code = note('a code', await stage.code(app));
    const first = expectTokens(await stage.redeem(app, code));
    const second = expectTokens(await stage.refresh(app, note('a refresh token', first.refresh)));
    note('an access token', first.access);
    note('an access token', second.access);
    note('a refresh token', second.refresh);
    const { deviceCode, userCode } = await stage.device(native);
    note('a device code', deviceCode);
    note('a user code', userCode);
    await stage.enter(userCode, 'approve');
    const device = expectTokens(await stage.poll(native, deviceCode));
    note('a refresh token of a device', device.refresh);
    const own = expectTokens(
      await stage.token({ grant_type: 'client_credentials', scope: 'rest_api:read', ...app.credentials }),
    );
    note('an access token of an application', own.access);
    await stage.post('/v1/oauth/introspect', { ...app.credentials, token: own.access });
    await stage.post('/v1/oauth/revoke', { ...app.credentials, token: own.access });
    const rotated = await stage.system.clients.rotateSecret(app.id, { overlapSeconds: 60 });
    note('a client secret', rotated?.clientSecret ?? undefined);
    await stage.token({
      grant_type: 'refresh_token',
      ...app.credentials,
      client_secret: note('a wrong secret', 'mistyped-by-somebody'),
    });
    await stage.redeem(app, code);

    const kept = [path, `${path}-wal`].filter((file) => existsSync(file)).map((file) => readFileSync(file));
    const told = Buffer.from(JSON.stringify(stage.events));
    expect(kept.reduce((sum, bytes) => sum + bytes.length, 0)).toBeGreaterThan(10_000);
    expect(stage.events.length).toBeGreaterThan(8);
    expect([...kept, told].flatMap((bytes) => tracesIn(bytes, secrets))).toEqual([]);
  });
});
