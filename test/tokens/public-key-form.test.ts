import { describe, expect, it } from 'vitest';
import { keyFormOf } from '../../src/tokens/public-key-form.ts';
import { ecKeyPair, rsaKeyPair } from '../support/jwt-forge.ts';

const rsa = rsaKeyPair();
const ec = ecKeyPair('P-256');
const DER = {
  SPKI: rsa.publicKey.export({ type: 'spki', format: 'der' }),
  'PKCS #1, public': rsa.publicKey.export({ type: 'pkcs1', format: 'der' }),
  'PKCS #1, private': rsa.privateKey.export({ type: 'pkcs1', format: 'der' }),
  'PKCS #8': ec.privateKey.export({ type: 'pkcs8', format: 'der' }),
  'SEC 1': ec.privateKey.export({ type: 'sec1', format: 'der' }),
};

function formOf(text: string | Buffer): string | null {
  return keyFormOf(Buffer.from(text as string));
}

describe('keyFormOf', () => {
  it.each([rsa.publicPem, ec.privatePem, `x\n${ec.publicPem}`, '-----BEGIN X509 CERTIFICATE-----'])(
    'JWT-03 knows a PEM key: %.30s',
    (text) => {
      expect(formOf(text)).toBe('a PEM key');
    },
  );

  it.each([
    'ssh-rsa AAAAB3NzaC1yc2E',
    'ssh-ed25519  AAAAC3NzaC1lZDI1NTE5',
    ' \n\tecdsa-sha2-nistp256\tAAAAE2VjZHNh somebody@example',
    'sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1l',
  ])('JWT-03 knows an SSH key: %j', (text) => {
    expect(formOf(text)).toBe('an SSH key');
  });

  it.each(['{"kty":"RSA"}', ' \n{ "e": "AQAB", "kty" : "RSA" }', '{"keys":[]}', '{"keys" \n: []}'])(
    'JWT-03 knows a JWK: %j',
    (text) => {
      expect(formOf(text)).toBe('a JWK');
    },
  );

  it.each(Object.entries(DER))('JWT-03 knows DER, as bytes and in base64: %s', (_, der) => {
    expect(formOf(der)).toBe('a DER key');
    expect(formOf(der.toString('base64'))).toBe('a DER key in base64');
    expect(formOf(der.toString('base64url'))).toBe('a DER key in base64');
    expect(formOf(`\n${der.toString('base64').replaceAll(/.{64}/g, '$&\r\n')} `)).toBe('a DER key in base64');
  });

  it.each([
    ['nothing', ''],
    ['words', 'a secret that begins with a plain letter'],
    ['dashes alone', '-----BEGIN-----'],
    ['a heading in lower case', '-----BEGIN public key-----'],
    ['a kind of SSH key in other text', 'my ssh-rsa AAAAB3NzaC1yc2E'],
    ['a kind of SSH key without a name', 'ssh- AAAAB3NzaC1yc2E'],
    ['an SSH key without a blank', 'ssh-rsaAAAAB3NzaC1yc2E'],
    ['another beginning of an SSH key', 'ssh-rsa BBBBB3NzaC1yc2E'],
    ['a brace that is not the first', 'x{"kty":"RSA"}'],
    ['an object of other members', '{"kid":"k1"}'],
    ['a member in another place', '"kty": no object, but a secret'],
    ['a word that is no member', '{"kty" is only a word here}'],
    ['the first byte of DER', '0 is the first byte of every DER key'],
    ['DER that is cut off', DER.SPKI.subarray(0, -1)],
    ['base64 of something else', Buffer.from('only a long text of printable letters').toString('base64')],
    ['base64 with something in front', `!${DER.SPKI.toString('base64')}`],
    ['base64 with something behind', `${DER.SPKI.toString('base64')}!`],
  ])('takes for no key: %s', (_, text) => {
    expect(formOf(text)).toBeNull();
  });
});
