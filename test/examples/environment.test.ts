import { describe, expect, it } from 'vitest';
import { readEnvironment } from '../../examples/api/environment.ts';

describe('readEnvironment', () => {
  it('has a default for everything, and takes an empty variable for none', () => {
    const defaults = {
      framework: 'express',
      frameworkPackage: 'express',
      host: '127.0.0.1',
      port: 3000,
      publicUrl: null,
      store: { kind: 'sqlite', path: './.data/portcullis.db' },
      dataDirectory: '.data',
      secret: null,
      trustedProxies: [],
      auditLog: null,
      lifetimes: { accessSeconds: undefined, refreshSeconds: undefined, reuseGraceSeconds: undefined },
      providers: { google: null, facebook: null, signUp: false, redirectUris: [] },
      demo: true,
    };
    expect(readEnvironment({})).toEqual(defaults);
    expect(
      readEnvironment({ PORT: '', STORE: '', JWT_SECRET: '', ACCESS_SECONDS: '', TRUSTED_PROXIES: '' }),
    ).toEqual(defaults);
  });

  it('reads how people sign in by providers', () => {
    const { providers } = readEnvironment({
      GOOGLE_CLIENT_ID: 'a',
      GOOGLE_CLIENT_SECRET: 'b',
      GOOGLE_TOKEN_URL: 'http://127.0.0.1:9/token',
      GOOGLE_ISSUER: 'http://127.0.0.1:9',
      FACEBOOK_CLIENT_ID: 'c',
      FACEBOOK_CLIENT_SECRET: 'd',
      FACEBOOK_GRAPH_URL: 'http://127.0.0.1:9',
      FACEBOOK_GRAPH_VERSION: 'v25.0',
      FACEBOOK_LOGIN: '1',
      SOCIAL_SIGNUP: '1',
      SOCIAL_REDIRECT_URIS: 'https://app.example/a, https://app.example/b,',
    });
    expect(providers).toEqual({
      google: {
        clientId: 'a',
        clientSecret: 'b',
        endpoints: { tokenUrl: 'http://127.0.0.1:9/token', issuer: 'http://127.0.0.1:9' },
      },
      facebook: {
        clientId: 'c',
        clientSecret: 'd',
        graphVersion: 'v25.0',
        login: true,
        endpoints: { graphUrl: 'http://127.0.0.1:9' },
      },
      signUp: true,
      redirectUris: ['https://app.example/a', 'https://app.example/b'],
    });
  });

  it.each([
    [{ GOOGLE_CLIENT_ID: 'a' }, 'GOOGLE_CLIENT_ID and GOOGLE_CLIENT_SECRET belong together'],
    [{ FACEBOOK_CLIENT_SECRET: 'a' }, 'FACEBOOK_CLIENT_ID and FACEBOOK_CLIENT_SECRET belong together'],
    [{ SOCIAL_SIGNUP: 'yes' }, 'SOCIAL_SIGNUP must be 0 or 1, not "yes".'],
  ])('refuses half of a provider: %j', (variables, message) => {
    expect(() => readEnvironment(variables)).toThrow(message);
  });

  it('reads what it is given', () => {
    const environment = readEnvironment({
      FRAMEWORK: 'koa',
      KOA_MAJOR: '2',
      HOST: '::1',
      PORT: '0',
      PUBLIC_URL: 'https://api.example.com',
      STORE: 'memory:',
      DATA_DIR: '/var/lib/demo',
      JWT_SECRET: 'the secret of these tests and of nothing else',
      TRUSTED_PROXIES: '10.0.0.0/8, ::1,',
      ACCESS_SECONDS: '2',
      REFRESH_SECONDS: '30',
      REUSE_GRACE_SECONDS: '0',
      AUDIT_LOG: '/var/log/demo.jsonl',
    });
    expect(environment).toEqual({
      framework: 'koa',
      frameworkPackage: 'koa2',
      host: '::1',
      port: 0,
      publicUrl: 'https://api.example.com',
      store: { kind: 'memory' },
      dataDirectory: '/var/lib/demo',
      secret: 'the secret of these tests and of nothing else',
      trustedProxies: ['10.0.0.0/8', '::1'],
      auditLog: '/var/log/demo.jsonl',
      lifetimes: { accessSeconds: 2, refreshSeconds: 30, reuseGraceSeconds: 0 },
      providers: { google: null, facebook: null, signUp: false, redirectUris: [] },
      demo: true,
    });
    expect(readEnvironment({ EXPRESS_MAJOR: '4' }).frameworkPackage).toBe('express4');
    expect(readEnvironment({ STORE: 'sqlite:/var/app.db' }).store).toEqual({
      kind: 'sqlite',
      path: '/var/app.db',
    });
    const url = 'postgres://app:secret@db.example/app';
    expect(readEnvironment({ STORE: url }).store).toEqual({ kind: 'postgres', url });
    for (const other of ['redis://localhost', 'rediss://app:secret@cache.example:6380/1']) {
      expect(readEnvironment({ STORE: other }).store).toEqual({ kind: 'redis', url: other });
    }
  });

  const STORE_FORMS =
    'STORE must be memory:, sqlite: with the path of a file, or a URL of postgres: or redis:, not';
  const PORT_RANGE = 'PORT must be a whole number from 0 to 65535, not';
  it.each([
    [{ FRAMEWORK: 'fastify' }, 'FRAMEWORK must be express, koa or node, not "fastify".'],
    [{ EXPRESS_MAJOR: '3' }, 'EXPRESS_MAJOR must be 4 or 5, not "3".'],
    [{ FRAMEWORK: 'koa', KOA_MAJOR: '4' }, 'KOA_MAJOR must be 2 or 3, not "4".'],
    [{ PORT: 'http' }, `${PORT_RANGE} "http"; 0 picks one that is free.`],
    [{ PORT: '65536' }, `${PORT_RANGE} "65536"; 0 picks one that is free.`],
    [{ PORT: '-1' }, `${PORT_RANGE} "-1"; 0 picks one that is free.`],
    [{ STORE: 'mysql://u:hunter2@db/x' }, `${STORE_FORMS} mysql:.`],
    [{ STORE: 'redis:' }, `${STORE_FORMS} redis:.`],
    [{ STORE: 'postgres:app' }, `${STORE_FORMS} postgres:.`],
    [{ STORE: 'sqlite://db/x' }, `${STORE_FORMS} sqlite:.`],
    [{ STORE: 'app.db' }, `${STORE_FORMS} something else.`],
    [
      { JWT_SECRET: 'short' },
      'JWT_SECRET must have at least 32 bytes, not 5; "openssl rand -base64 32" makes one.',
    ],
    [{ ACCESS_SECONDS: '0' }, 'ACCESS_SECONDS must be a whole number from 1 to 86400, not "0".'],
    [{ REFRESH_SECONDS: '1.5' }, 'REFRESH_SECONDS must be a whole number from 1 to 31536000, not "1.5".'],
    [{ REUSE_GRACE_SECONDS: '301' }, 'REUSE_GRACE_SECONDS must be a whole number from 0 to 300, not "301".'],
  ])('refuses %o in one sentence', (variables, sentence) => {
    expect(() => readEnvironment(variables)).toThrow(sentence);
  });

  it.each(['127.0.0.1', '127.9.9.9', '::1', 'localhost'])('lets demonstration data be made on %s', (HOST) => {
    expect(readEnvironment({ HOST }).demo).toBe(true);
  });

  it.each(['0.0.0.0', '::', '192.0.2.1', '127.0.0.1.example'])('lets none be made on %s unasked', (HOST) => {
    expect(readEnvironment({ HOST }).demo).toBe(false);
    expect(readEnvironment({ HOST, DEMO: '1' }).demo).toBe(true);
  });
});
