import { describe, expect, it } from 'vitest';
import { parseCurl } from './curl.ts';

describe('parseCurl', () => {
  it('reads a GET with quoted headers and variables', () => {
    const line = `curl -i -s -H 'A: $X' -H "Authorization: Bearer $TOKEN" 'http://[::1]:3000/a?b=c'`;
    expect(parseCurl(line, { TOKEN: 'abc' })).toEqual({
      method: 'GET',
      url: new URL('http://[::1]:3000/a?b=c'),
      headers: { A: '$X', Authorization: 'Bearer abc' },
      body: undefined,
    });
  });

  it('reads a body, which makes it a POST, and a method', () => {
    expect(parseCurl(`curl -d '{"a":1}' http://a/b`)).toMatchObject({ method: 'POST', body: '{"a":1}' });
    expect(parseCurl(`curl -X DELETE http://a/b`)).toMatchObject({ method: 'DELETE', body: undefined });
  });

  it('reads a form of several parts, and a user with a password, as curl sends them', () => {
    const type = { 'Content-Type': 'application/x-www-form-urlencoded' };
    expect(parseCurl('curl -u ada:pw -d a=1 -d b=2 http://a/b')).toMatchObject({
      headers: { Authorization: 'Basic YWRhOnB3', ...type },
      body: 'a=1&b=2',
    });
    expect(parseCurl(`curl -H 'content-type: application/json' -d '{}' http://a`).headers).toEqual({
      'content-type': 'application/json',
    });
  });

  it('reads a command over several lines', () => {
    expect(parseCurl('curl -i \\\n  http://a/b').url.href).toBe('http://a/b');
  });

  it.each([
    ['curl --insecure http://a', 'unknown option --insecure'],
    ['curl -H "A: $NAME" http://a', '$NAME has no value'],
    ['curl -i', 'no URL'],
    ['wget http://a', 'not a curl command'],
  ])('refuses %s', (line, message) => {
    expect(() => parseCurl(line)).toThrow(message);
  });
});
