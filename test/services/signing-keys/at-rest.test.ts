import { describe, expect, it } from 'vitest';
import { ConfigError, StoreError } from '../../../src/core/errors.ts';
import type { Json } from '../../../src/core/store.ts';
import type { SigningKeys } from '../../../src/services/signing-keys.ts';
import {
  closeRingsAfterEach,
  DAY,
  HOUR,
  OTHER_SEALING,
  SEALING,
  tokenOf,
  verdict,
  verifierOf,
  workshop,
  type Workshop,
} from './workshop.ts';

closeRingsAfterEach();

type Row = Record<string, Json>;

/** The keys as they lie in the store. */
async function rows(shop: Workshop, ring = 'default'): Promise<Row[]> {
  const record = await shop.store.get<{ format: number; keys: Row[] }>('signing-key', ring);
  return structuredClone(record?.data.keys ?? []);
}

async function overwrite(shop: Workshop, keys: Json, ring = 'default'): Promise<void> {
  await shop.store.put('signing-key', ring, { format: 1, keys });
}

/** What a start over this store comes to. */
async function start(ring: SigningKeys): Promise<unknown> {
  return ring.ready().then(
    () => 'started',
    (thrown: unknown) => thrown,
  );
}

describe('signing keys at rest', () => {
  it.each(['HS256', 'HS512', 'ES256', 'ES512', 'RS256'] as const)('are sealed, for %s', async (algorithm) => {
    const shop = workshop();
    const ring = shop.ring({ algorithm, rsaBits: 2048 });
    await ring.ready();
    await ring.prepareNext();
    const text = JSON.stringify(await shop.store.get('signing-key', 'default'));
    const raw = JSON.stringify(await rows(shop)).replace(/"sealed":"([^"]+)"/g, (_, sealed: string) =>
      Buffer.from(sealed, 'base64url').toString('latin1'),
    );
    for (const { sign } of ring.keys) {
      if (sign === null) throw new Error('a key of the ring cannot sign');
      const bytes = sign.type === 'secret' ? sign.export() : sign.export({ type: 'pkcs8', format: 'der' });
      const { k, d, p } = sign.export({ format: 'jwk' });
      const secrets = [k ?? '', d ?? '', p ?? ''].filter((secret) => secret !== '');
      expect(secrets.length).toBeGreaterThan(0);
      for (const secret of [
        ...secrets,
        bytes.toString('base64'),
        bytes.toString('base64url'),
        bytes.toString('hex'),
      ]) {
        expect(text).not.toContain(secret);
      }
      expect(raw).not.toContain(bytes.subarray(-24).toString('latin1'));
    }
  });

  it('have a kid that tells nothing of the key', async () => {
    const shop = workshop();
    const ring = shop.ring({ algorithm: 'HS256' });
    await ring.ready();
    const [row] = await rows(shop);
    await overwrite(shop, [{ ...row, kid: 'another' }]);
    // The kid is random and bound to the sealed key, so that the same key under another kid is no key.
    expect(await start(shop.ring())).toMatchObject({ code: 'key_invalid' });
  });

  it.each<[string, (rows: Row[]) => Json]>([
    [
      'with the sealed parts of two keys swapped',
      ([a, b]) => [
        { ...a, sealed: b?.['sealed'] ?? '' },
        { ...b, sealed: a?.['sealed'] ?? '' },
      ],
    ],
    ['under another kid', ([a, b]) => [{ ...a, kid: b?.['kid'] ?? '' }]],
    ['for another algorithm', ([a]) => [{ ...a, algorithm: 'HS256' }]],
    ['for another hash', ([a]) => [{ ...a, algorithm: 'ES384' }]],
    ['with a bit changed', ([a]) => [{ ...a, sealed: changed(sealedOf(a)) }]],
    ['with a part cut off', ([a]) => [{ ...a, sealed: sealedOf(a).slice(0, -4) }]],
    ['without the sealed part', ([a]) => [{ ...a, sealed: '' }]],
  ])('do not start %s', async (_, change) => {
    const shop = workshop();
    const ring = shop.ring();
    await ring.ready();
    await ring.prepareNext();
    await overwrite(shop, change(await rows(shop)));
    const thrown = await start(shop.ring());
    expect(thrown).toBeInstanceOf(ConfigError);
    expect(thrown).toMatchObject({ code: 'key_invalid' });
  });

  it('do not start with a shorter hash than they were made for', async () => {
    const shop = workshop();
    await shop.ring({ algorithm: 'HS512' }).ready();
    const [row] = await rows(shop);
    await overwrite(shop, [{ ...row, algorithm: 'HS256' }]);
    expect(await start(shop.ring())).toMatchObject({
      code: 'key_invalid',
      message: expect.stringContaining('signingKeys.sealing') as string,
    });
  });

  it('do not start as those of another ring', async () => {
    const shop = workshop();
    await shop.ring({ name: 'one' }).ready();
    await overwrite(shop, await rows(shop, 'one'), 'two');
    expect(await start(shop.ring({ name: 'two' }))).toMatchObject({ code: 'key_invalid' });
  });

  it.each<[string, Json]>([
    ['a text', 'keys'],
    ['nothing', null],
    ['another format', { format: 2, keys: [] }],
    ['keys without times', { format: 1, keys: [{ kid: 'a', algorithm: 'ES256', sealed: 'b' }] }],
    ['an unknown algorithm', { format: 1, keys: [{ ...wellFormed(), algorithm: 'none' }] }],
    ['a retired key that is never forgotten', { format: 1, keys: [{ ...wellFormed(), retiredAt: 2 }] }],
    ['a time that is a text', { format: 1, keys: [{ ...wellFormed(), publishedAt: '1' }] }],
  ])('are not guessed from a record that holds %s', async (_, data) => {
    const shop = workshop();
    await shop.store.put('signing-key', 'default', data);
    const thrown = await start(shop.ring());
    expect(thrown).toBeInstanceOf(StoreError);
    expect((await shop.store.get('signing-key', 'default'))?.data).toEqual(data);
  });

  it('do not start under another sealing key, and say which option mends it', async () => {
    const shop = workshop();
    await shop.ring().ready();
    const thrown = await start(shop.ring({ sealing: OTHER_SEALING }));
    expect(thrown).toMatchObject({
      code: 'key_invalid',
      message: expect.stringContaining('sealing.others') as string,
    });
  });

  it('move to a new sealing key: readable all the while, sealed anew by the next rotation', async () => {
    const shop = workshop();
    const before = shop.ring();
    await before.ready();
    const token = tokenOf(before, shop.clock);
    const during = shop.ring({ sealing: { ...OTHER_SEALING, others: [SEALING.primary] } });
    await during.ready();
    expect(await verdict(verifierOf(during, shop.clock), token)).toBe('ada');

    // Nothing is due but the sealing.
    expect(await during.rotateIfDue({ everySeconds: DAY })).toMatchObject({ outcome: 'unchanged' });
    const after = shop.ring({ sealing: OTHER_SEALING });
    await after.ready();
    expect(await verdict(verifierOf(after, shop.clock), token)).toBe('ada');
    expect(await start(shop.ring())).toMatchObject({ code: 'key_invalid' });

    const { version } = (await shop.store.get('signing-key', 'default')) ?? {};
    await after.rotateIfDue({ everySeconds: DAY });
    expect((await shop.store.get('signing-key', 'default'))?.version).toBe(version);
  });

  it('come back when their record is lost while a node knows them', async () => {
    const shop = workshop();
    const ring = shop.ring();
    await ring.ready();
    await ring.prepareNext();
    const token = tokenOf(ring, shop.clock);
    const stored = await rows(shop);
    await shop.store.delete('signing-key', 'default');
    shop.clock.advance(120);
    await ring.fresh?.();
    expect(await rows(shop)).toEqual(stored);
    const other = shop.ring();
    await other.ready();
    expect(await verdict(verifierOf(other, shop.clock), token)).toBe('ada');
  });

  it('are changed by no node whose clock is wrong, which could forget keys that others need', async () => {
    const shop = workshop();
    const ring = shop.ring();
    await ring.ready();
    await ring.prepareNext();
    const wrong = shop.ring({ clock: { now: () => shop.clock.now() + HOUR * 1000 } });
    await wrong.ready();
    const refusal = await wrong.promote().catch((thrown: unknown) => thrown);
    expect(refusal).toBeInstanceOf(StoreError);
    expect(String(refusal)).toContain('3600 seconds');
    expect((await rows(shop)).map(({ activatedAt }) => activatedAt === null)).toEqual([false, true]);
    const near = shop.ring({ clock: { now: () => shop.clock.now() + 59_000 } });
    await near.ready();
    shop.clock.advance(HOUR);
    expect(await near.promote()).toMatchObject({ outcome: 'promoted' });
  });
});

function sealedOf(row: Row | undefined): string {
  const sealed = row?.['sealed'];
  if (typeof sealed !== 'string') throw new Error('the row holds no sealed key');
  return sealed;
}

function changed(sealed: string): string {
  const bytes = Buffer.from(sealed, 'base64url');
  bytes.writeUInt8(bytes.readUInt8(40) ^ 1, 40);
  return bytes.toString('base64url');
}

function wellFormed(): Row {
  return {
    kid: 'a',
    algorithm: 'ES256',
    sealed: 'b',
    publishedAt: 1,
    activatedAt: 1,
    retiredAt: null,
    forgetAt: null,
  };
}
