import { describe, expect, it } from 'vitest';
import { apiKeys } from '../../../../src/services/api-keys.ts';
import { expectRefusal, FORBIDDEN, NOT_PROVIDED } from '../expectations.ts';
import { PLAIN_HOSTS } from '../hosts.ts';
import { startStage, stopStagesAfterEach, type Stage } from '../stage.ts';

stopStagesAfterEach();

type Prepare = (stage: Stage, key: string, id: string) => string | Promise<string>;

/** The whole header that is sent, made of a key that would pass. */
const BAD: readonly (readonly [row: string, headerOf: Prepare])[] = [
  ['missing', () => 'Api-Key'],
  ['missing: a blank alone', () => 'Api-Key '],
  ['malformed: no dot', (_, key) => `Api-Key ${key.replace('.', '')}`],
  ['malformed: two spaces after the scheme', (_, key) => `Api-Key  ${key}`],
  ['malformed: a tab after the scheme', (_, key) => `Api-Key\t${key}`],
  ['malformed: a word after it', (_, key) => `Api-Key ${key} x`],
  ['malformed: quoted', (_, key) => `Api-Key "${key}"`],
  ['malformed: in another case', (_, key) => `Api-Key ${swapCase(key)}`],
  ['malformed: under another scheme word', (_, key) => `ApiKey ${key}`],
  ['comma-joined', (_, key) => `Api-Key ${key}, Api-Key ${key}`],
  ['unknown prefix', (_, key) => `Api-Key ZZZZZZZZ${key.slice(8)}`],
  ['wrong secret', (_, key) => `Api-Key ${key.slice(0, -1)}${key.endsWith('x') ? 'y' : 'x'}`],
  [
    'revoked',
    async (stage, key, id) => {
      await stage.keys.revoke(id);
      return `Api-Key ${key}`;
    },
  ],
  [
    'expired',
    async (stage, key, id) => {
      await stage.keys.update(id, { expiresAt: (stage.clock.seconds() + 60) * 1000 });
      stage.clock.advance(60);
      return `Api-Key ${key}`;
    },
  ],
];

describe.each(PLAIN_HOSTS)('Protected resources, static API key, on $name', (host) => {
  it('valid: principal is the key, with its workspace, no user', async () => {
    const stage = await startStage(host);
    const { key, id } = await issue(stage);
    expect(key).toMatch(/^[A-Za-z0-9]{8}\.[A-Za-z0-9]{32}$/);
    const answer = await stage.get(`Api-Key ${key}`);
    expect([answer.status, answer.json()]).toEqual([200, { kind: 'api_key', id, workspace: 'ws-1' }]);
    expect(stage.directory.calls).toEqual([]);
  });

  it('Scheme word case-insensitive, while Bearer’s is not', async () => {
    const stage = await startStage(host);
    const { key } = await issue(stage);
    for (const scheme of ['api-key', 'API-KEY', 'Api-Key', 'aPi-kEy']) {
      expect((await stage.get(`${scheme} ${key}`)).status).toBe(200);
    }
    const { access } = await stage.login();
    expectRefusal(await stage.get(`bearer ${access}`), NOT_PROVIDED);
  });

  it.each(BAD)('%s', async (_row, headerOf) => {
    const stage = await startStage(host);
    const { key, id } = await issue(stage);
    expect((await stage.get(`Api-Key ${key}`)).status).toBe(200);
    expectRefusal(await stage.get(await headerOf(stage, key, id)), NOT_PROVIDED);
  });

  it('valid key, action not allowed', async () => {
    const stage = await startStage(host);
    const { key } = await issue(stage);
    expectRefusal(await stage.get(`Api-Key ${key}`, '/api/v1/reports/'), FORBIDDEN);
    const { key: reporter } = await stage.keys.create({
      workspace: 'ws-1',
      name: 'reports',
      scopes: ['reports'],
    });
    expect((await stage.get(`Api-Key ${reporter}`, '/api/v1/reports/')).status).toBe(200);
  });

  it('Rotation: both work until the old one is revoked, which is effective on the next request', async () => {
    const stage = await startStage(host);
    const old = await issue(stage);
    const fresh = await issue(stage);
    stage.clock.advance(86_400 * 400);
    for (const { key } of [old, fresh]) expect((await stage.get(`Api-Key ${key}`)).status).toBe(200);
    await stage.keys.revoke(old.id);
    expectRefusal(await stage.get(`Api-Key ${old.key}`), NOT_PROVIDED);
    expect((await stage.get(`Api-Key ${fresh.key}`)).status).toBe(200);
  });

  it('keys of the package’s own format pass beside these', async () => {
    const stage = await startStage(host);
    const { store, clock } = stage;
    const checksummed = apiKeys({ store, clock, productPrefix: 'acme' });
    const { key } = await checksummed.create({ workspace: 'ws-2', name: 'another format' });
    await checksummed.close();
    expect(key).toMatch(/^acme_/);
    expect((await stage.get(`Api-Key ${key}`)).json()).toMatchObject({ workspace: 'ws-2' });
  });

  it('where no API keys are configured, the scheme is one like any other', async () => {
    const stage = await startStage(host, { apiKeys: undefined });
    const { key } = await issue(stage);
    expectRefusal(await stage.get(`Api-Key ${key}`), NOT_PROVIDED);
  });
});

async function issue(stage: Stage): Promise<{ readonly key: string; readonly id: string }> {
  const { key, record } = await stage.keys.create({ workspace: 'ws-1', name: 'a key' });
  return { key, id: record.id };
}

function swapCase(text: string): string {
  return text.replace(/[a-z]/gi, (letter) =>
    letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase(),
  );
}
