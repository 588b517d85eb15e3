import { expect, it } from 'vitest';
import { onEachFramework, stopHostsAfterEach } from '../support/frameworks.ts';
import { forge, segment, signature, TEST_SECRET } from '../support/jwt-forge.ts';
import { expectAllRefused, hs256, PAYLOAD, startJwtHost } from './jwt-bench.ts';

stopHostsAfterEach();

onEachFramework('a guard with a JWT strategy', (framework) => {
  it('JWT-13 refuses every crit and every b64, although the right key signed', async () => {
    const host = await startJwtHost(framework);
    const members = [
      { crit: ['x'], x: 1 },
      { crit: [] },
      { crit: ['b64'] },
      { crit: ['b64'], b64: false },
      { crit: ['b64'], b64: true },
      { crit: ['exp'], exp: 1 },
      { crit: 'exp' },
      { crit: null },
      { crit: {} },
      { crit: [null] },
      { crit: true },
      { b64: false },
      { b64: true },
    ];
    const tokens = members.map((more) =>
      forge({
        header: { alg: 'HS256', typ: 'JWT', ...more },
        payload: PAYLOAD,
        key: TEST_SECRET,
        algorithm: 'HS256',
      }),
    );
    // RFC 7797: the payload stands as it is in what is signed.
    const header = segment({ alg: 'HS256', typ: 'JWT', b64: false, crit: ['b64'] });
    const detached = `${header}.${segment(PAYLOAD)}.${signature(`${header}.${JSON.stringify(PAYLOAD)}`, TEST_SECRET, 'HS256')}`;
    await expectAllRefused(host, [...tokens, detached], hs256());
  });

  it('JWT-14 refuses every other spelling of a good token', async () => {
    const host = await startJwtHost(framework);
    const good = hs256();
    const [header, payload, mark] = good.split('.') as [string, string, string];
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const sameBytes = alphabet
      .split('')
      .map((last) => mark.slice(0, -1) + last)
      .filter(
        (text) => text !== mark && Buffer.from(text, 'base64url').equals(Buffer.from(mark, 'base64url')),
      );
    expect(sameBytes).toHaveLength(3);
    const spellings = [
      ...sameBytes.map((text) => `${header}.${payload}.${text}`),
      `${good}=`,
      `${good}==`,
      `${header}=.${payload}.${mark}`,
      `${header}.${payload}=.${mark}`,
      `${good}.`,
      `.${good}`,
      `${good}%3D`,
      `"${good}"`,
      `'${good}'`,
      `${header}..${payload}.${mark}`,
      `${header}.${payload}.${mark}.${mark}`,
      `${header}.${payload}.${mark.replaceAll('-', '+').replaceAll('_', '/')}/`,
      `{"protected":"${header}"}`,
    ];
    await expectAllRefused(host, spellings, good);
  });

  it('JWT-14 refuses the JSON serialisation and tokens with blanks in them', async () => {
    const host = await startJwtHost(framework);
    const good = hs256();
    const [header, payload, mark] = good.split('.') as [string, string, string];
    const texts = [
      JSON.stringify({ payload, protected: header, signature: mark }),
      JSON.stringify({ payload, signatures: [{ protected: header, signature: mark }] }),
      `${header}. ${payload}.${mark}`,
      `${header}.${payload}\t.${mark}`,
    ];
    const answers = await Promise.all(texts.map((text) => host.get(`Bearer ${text}`)));
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 401]);
  });

  it('JWT-16 refuses tokens of five parts, however they call themselves', async () => {
    const host = await startJwtHost(framework);
    const headers = [
      { alg: 'dir', enc: 'A256GCM' },
      { alg: 'PBES2-HS256+A128KW', enc: 'A128GCM', p2c: 2_147_483_647, p2s: 'AAAA' },
      { alg: 'RSA-OAEP', enc: 'A128GCM', zip: 'DEF' },
      { alg: 'HS256', typ: 'JWT' },
      { alg: 'none', enc: 'none' },
    ];
    const tokens = headers.flatMap((header) => [
      `${segment(header)}..AAAA.AAAA.AAAA`,
      `${segment(header)}.AAAA.AAAA.AAAA.AAAA`,
      `${segment(header)}.${segment(PAYLOAD)}.AAAA.AAAA.${signature('x', TEST_SECRET, 'HS256')}`,
    ]);
    await expectAllRefused(host, tokens, hs256());
  });
});
