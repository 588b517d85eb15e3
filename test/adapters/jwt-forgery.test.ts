import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { KeyObject } from 'node:crypto';
import { expect, it } from 'vitest';
import type { JwtAlgorithm } from '../../src/tokens/algorithms.ts';
import { onEachFramework, stopHostsAfterEach } from '../support/frameworks.ts';
import { ecKeyPair, forge, raw, rsaKeyPair, segment, TEST_SECRET } from '../support/jwt-forge.ts';
import { expectAllRefused, hs256, PAYLOAD, startJwtHost } from './jwt-bench.ts';

stopHostsAfterEach();

const rsa = rsaKeyPair();
const p256 = ecKeyPair('P-256');
const p384 = ecKeyPair('P-384');
const p521 = ecKeyPair('P-521');

onEachFramework('a guard with a JWT strategy', (framework) => {
  const signers: Readonly<
    Record<JwtAlgorithm, { readonly sign: KeyObject | string; readonly verify: KeyObject | string }>
  > = {
    HS256: { sign: TEST_SECRET, verify: TEST_SECRET },
    HS384: { sign: TEST_SECRET, verify: TEST_SECRET },
    HS512: { sign: TEST_SECRET, verify: TEST_SECRET },
    RS256: { sign: rsa.privateKey, verify: rsa.publicPem },
    RS384: { sign: rsa.privateKey, verify: rsa.publicPem },
    RS512: { sign: rsa.privateKey, verify: rsa.publicKey },
    PS256: { sign: rsa.privateKey, verify: rsa.publicPem },
    PS384: { sign: rsa.privateKey, verify: rsa.publicKey },
    PS512: { sign: rsa.privateKey, verify: rsa.publicPem },
    ES256: { sign: p256.privateKey, verify: p256.publicPem },
    ES384: { sign: p384.privateKey, verify: p384.publicPem },
    ES512: { sign: p521.privateKey, verify: p521.publicPem },
  };

  it.each(Object.keys(signers) as JwtAlgorithm[])(
    'JWT-01 JWT-02 accepts %s, and no token with a part of it changed or signed by another algorithm',
    async (algorithm) => {
      const { sign, verify } = signers[algorithm];
      const host = await startJwtHost(framework, { algorithm, keys: verify });
      const good = forge({ payload: PAYLOAD, key: sign, algorithm });
      const [header, payload, mark] = good.split('.') as [string, string, string];
      const other = segment({ ...PAYLOAD, sub: 'admin' });
      const tampered = [
        `${header}.${other}.${mark}`,
        `${segment({ alg: algorithm })}.${payload}.${mark}`,
        `${segment({ alg: algorithm, typ: 'JWT', extra: 1 })}.${payload}.${mark}`,
        `${header}.${payload}.${Buffer.from(Buffer.from(mark, 'base64url').toReversed()).toString('base64url')}`,
        `${header}.${payload}.${Buffer.from(mark, 'base64url').subarray(1).toString('base64url')}`,
        `${header}.${payload}.${mark}AAAA`,
        `${header}.${payload}.`,
        `${header}.${payload}`,
        `${payload}.${header}.${mark}`,
      ];
      const others = (Object.keys(signers) as JwtAlgorithm[])
        .filter((each) => each !== algorithm)
        .map((each) => forge({ payload: PAYLOAD, key: signers[each].sign, algorithm: each }));
      await expectAllRefused(host, [...tampered, ...others], good);
    },
  );

  it('JWT-02 refuses 13 spellings of no algorithm and of the right one', async () => {
    const host = await startJwtHost(framework);
    const spellings = [
      'none',
      'None',
      'NONE',
      'nOnE',
      'none ',
      'hs256',
      'Hs256',
      'HS256 ',
      ' HS256',
      'HS-256',
      'HMACSHA256',
      '',
      'HS256\u0000',
    ];
    const signed = spellings.map((alg) =>
      forge({ header: { alg, typ: 'JWT' }, payload: PAYLOAD, key: TEST_SECRET, algorithm: 'HS256' }),
    );
    const unsigned = spellings.map((alg) => `${segment({ alg, typ: 'JWT' })}.${segment(PAYLOAD)}.`);
    expect(spellings).toHaveLength(13);
    await expectAllRefused(host, [...signed, ...unsigned], hs256());
  });

  it('JWT-02 refuses an algorithm that is no text, is missing, or stands twice', async () => {
    const host = await startJwtHost(framework);
    const headers = [
      { typ: 'JWT' },
      ...[null, 256, true, ['HS256'], { 0: 'HS256' }].map((alg) => ({ alg, typ: 'JWT' })),
      raw('{"alg":"HS256","typ":"JWT","alg":"none"}'),
    ];
    const tokens = headers.map((header) =>
      forge({ header, payload: PAYLOAD, key: TEST_SECRET, algorithm: 'HS256' }),
    );
    await expectAllRefused(host, tokens, hs256());
  });

  it('JWT-03 refuses HMACs made with any text of the public key', async () => {
    const host = await startJwtHost(framework, { algorithm: 'RS256', keys: rsa.publicPem });
    const jwk = rsa.publicKey.export({ format: 'jwk' });
    const texts: (string | Buffer)[] = [
      rsa.publicPem,
      rsa.publicPem.trimEnd(),
      rsa.publicPem.replaceAll('\n', '\r\n'),
      rsa.publicPem.replaceAll(/-----.*-----|\n/g, ''),
      ` ${rsa.publicPem}`,
      rsa.publicKey.export({ type: 'pkcs1', format: 'pem' }),
      rsa.publicKey.export({ type: 'spki', format: 'der' }),
      rsa.publicKey.export({ type: 'pkcs1', format: 'der' }),
      JSON.stringify(jwk),
      JSON.stringify({ kty: jwk.kty, n: jwk.n, e: jwk.e }, null, 2),
      Buffer.from(jwk.n ?? '', 'base64url'),
      '',
    ];
    const tokens = texts.flatMap((key) =>
      ['HS256', 'HS384', 'HS512'].flatMap((algorithm) => [
        forge({ payload: PAYLOAD, key, algorithm }),
        // The header says what is configured, the signature is an HMAC.
        forge({ header: { alg: 'RS256', typ: 'JWT' }, payload: PAYLOAD, key, algorithm }),
      ]),
    );
    await expectAllRefused(
      host,
      tokens,
      forge({ payload: PAYLOAD, key: rsa.privateKey, algorithm: 'RS256' }),
    );
  });

  it('JWT-04 refuses a known kid under another algorithm, and a known key under another kid', async () => {
    const host = await startJwtHost(framework, {
      keys: [
        { key: TEST_SECRET, kid: 'h' },
        { key: rsa.publicPem, kid: 'r', algorithm: 'RS256' },
        { key: p256.publicPem, kid: 'e', algorithm: 'ES256' },
      ],
    });
    const token = (
      alg: string,
      kid: string | undefined,
      key: string | KeyObject,
      algorithm: string = alg,
    ): string => forge({ header: { alg, typ: 'JWT', kid }, payload: PAYLOAD, key, algorithm });
    const tokens = [
      token('HS256', 'r', TEST_SECRET),
      token('HS256', 'r', rsa.publicPem),
      token('HS256', 'e', p256.publicPem),
      token('HS512', 'h', TEST_SECRET),
      token('RS256', 'h', rsa.privateKey),
      token('RS256', 'e', rsa.privateKey),
      token('RS512', 'r', rsa.privateKey),
      token('PS256', 'r', rsa.privateKey),
      token('ES256', 'r', p256.privateKey),
      token('HS256', undefined, TEST_SECRET),
      token('RS256', undefined, rsa.privateKey),
    ];
    await expectAllRefused(host, tokens, token('RS256', 'r', rsa.privateKey));
    await expectAllRefused(host, [], token('ES256', 'e', p256.privateKey));
    await expectAllRefused(host, [], token('HS256', 'h', TEST_SECRET));
  });

  it('JWT-05 takes keys from configuration only, and asks no address that a token names', async () => {
    const visits: string[] = [];
    const listener = createServer((request, response) => {
      visits.push(request.url ?? '');
      response.end(JSON.stringify({ keys: [attacker.publicKey.export({ format: 'jwk' })] }));
    });
    await new Promise<void>((resolve) => {
      listener.listen(0, '127.0.0.1', resolve);
    });
    const attacker = rsaKeyPair();
    const address = `http://127.0.0.1:${(listener.address() as AddressInfo).port}`;
    const jwk = attacker.publicKey.export({ format: 'jwk' });
    const members = [
      { jku: `${address}/jku`, kid: 'a' },
      { jku: `${address}/jku` },
      { x5u: `${address}/x5u` },
      { jwk },
      { jwk: { ...jwk, kid: 'a' }, kid: 'a' },
      { x5c: [attacker.publicKey.export({ type: 'spki', format: 'der' }).toString('base64')] },
      { x5t: 'AAAA', 'x5t#S256': 'AAAA', jku: `${address}/both`, jwk },
      { iss: address, jku: `${address}/.well-known/jwks.json` },
    ];
    const host = await startJwtHost(framework, { algorithm: 'RS256', keys: rsa.publicPem });
    const header = (more: object): object => ({ alg: 'RS256', typ: 'JWT', ...more });
    const forged = members.map((more) =>
      forge({ header: header(more), payload: PAYLOAD, key: attacker.privateKey, algorithm: 'RS256' }),
    );
    // The same members in a token of the right key are not looked at either.
    const good = forge({
      header: header({ jku: `${address}/good`, jwk }),
      payload: PAYLOAD,
      key: rsa.privateKey,
      algorithm: 'RS256',
    });
    await expectAllRefused(host, forged, good);
    await new Promise((resolve) => {
      listener.close(resolve);
    });
    expect(visits).toEqual([]);
  });

  it('JWT-06 takes the kid for data: no path, no query, no name of a prototype, no other type', async () => {
    const host = await startJwtHost(framework, { keys: { key: TEST_SECRET, kid: 'good' } });
    const kids: unknown[] = [
      '../../../../../../dev/null',
      '/dev/null',
      '/proc/self/environ',
      'file:///dev/null',
      'http://127.0.0.1:1/',
      "' OR '1'='1",
      "x' UNION SELECT 'AAAA'--",
      '"; DROP TABLE keys; --',
      '$(id)',
      '{{7*7}}',
      '${7*7}',
      'good\u0000',
      'good ',
      ' good',
      'GOOD',
      '',
      '__proto__',
      'constructor',
      'prototype',
      'toString',
      '0',
      'null',
      'undefined',
      'k'.repeat(256),
      'k'.repeat(257),
      null,
      0,
      7,
      true,
      false,
      [],
      ['good'],
      {},
      { toString: 'good' },
      { $ne: null },
      { $gt: '' },
    ];
    const keys = ['', TEST_SECRET];
    const tokens = kids.flatMap((kid) =>
      keys.map((key) =>
        forge({ header: { alg: 'HS256', typ: 'JWT', kid }, payload: PAYLOAD, key, algorithm: 'HS256' }),
      ),
    );
    const good = forge({
      header: { alg: 'HS256', typ: 'JWT', kid: 'good' },
      payload: PAYLOAD,
      key: TEST_SECRET,
      algorithm: 'HS256',
    });
    await expectAllRefused(host, tokens, good);
  });

  it.each<[JwtAlgorithm, number]>([
    ['HS256', 32],
    ['HS512', 64],
    ['RS256', 256],
    ['PS256', 256],
    ['ES256', 64],
    ['ES384', 96],
    ['ES512', 132],
  ])('JWT-19 refuses signatures of zeros, of ones and of nothing for %s', async (algorithm, bytes) => {
    const { sign, verify } = signers[algorithm];
    const host = await startJwtHost(framework, { algorithm, keys: verify });
    const input = `${segment({ alg: algorithm, typ: 'JWT' })}.${segment(PAYLOAD)}`;
    const order = Buffer.from('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551', 'hex');
    const marks = [
      Buffer.alloc(bytes),
      Buffer.alloc(bytes, 0xff),
      Buffer.alloc(bytes - 1),
      Buffer.alloc(bytes + 1),
      Buffer.alloc(1),
      Buffer.alloc(0),
      Buffer.concat([Buffer.alloc(bytes / 2 - 1), Buffer.of(1), Buffer.alloc(bytes / 2 - 1), Buffer.of(1)]),
      Buffer.concat([order, order]),
      Buffer.from('3006020100020100', 'hex'),
      Buffer.from('3006020101020101', 'hex'),
    ];
    const tokens = marks.map((mark) => `${input}.${mark.toString('base64url')}`);
    await expectAllRefused(host, tokens, forge({ payload: PAYLOAD, key: sign, algorithm }));
  });
});
