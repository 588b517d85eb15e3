import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Validator } from '@seriousme/openapi-schema-validator';
import { afterAll, describe, expect, it } from 'vitest';
import { runCli } from '../../../src/cli/run.ts';
import { opaqueOnExpress, shopOnExpress } from './applications.ts';

const folder = mkdtempSync(join(tmpdir(), 'portcullis-routes-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const entry = join(folder, 'app.mjs');
(globalThis as Record<string, unknown>)['shopOfTest'] = shopOnExpress(5);
(globalThis as Record<string, unknown>)['opaqueOfTest'] = opaqueOnExpress();
writeFileSync(
  entry,
  [
    'export const app = globalThis.shopOfTest;',
    'export const make = () => app;',
    'export const opaque = globalThis.opaqueOfTest;',
  ].join('\n'),
);

async function routes(...args: string[]): Promise<{ exit: number; out: string; error: string }> {
  const out: string[] = [];
  const error: string[] = [];
  const exit = await runCli(['routes', ...args], {
    out: (text) => out.push(text),
    error: (text) => error.push(text),
  });
  return { exit, out: out.join('\n'), error: error.join('\n') };
}

describe('portcullis routes', () => {
  it('prints a table in which an unguarded route stands out, and says how to mend it', async () => {
    const { exit, out } = await routes(entry);
    expect({ exit, out: out.split('\n') }).toEqual({
      exit: 0,
      out: [
        'method  path              credentials                       addresses   scopes       workspace  limits',
        'GET     /health           open: a probe has no credentials  -           -            -          -',
        'GET     /forgotten        UNGUARDED                         -           -            -          -',
        'POST    /auth/login       by login                          -           -            -          -',
        'GET     /api/orders/:id   Bearer, Bearer                    -           orders:read  -          -',
        'POST    /api/orders/      Bearer                            -           -            -          -',
        'GET     /reports          Bearer (optional)                 10.0.0.0/8  -            -          -',
        '*       /anything         UNGUARDED                         -           -            -          -',
        'GET     /inner/forgotten  UNGUARDED                         -           -            -          -',
        '',
        "3 routes have no guard. Put guard(authenticate(...)) in front, or guard(open('why it is public')).",
      ],
    });
  });

  it('fails on unguarded routes when it is asked to', async () => {
    expect((await routes(entry, '--fail-on-unguarded')).exit).toBe(1);
  });

  it('takes what a factory makes', async () => {
    expect((await routes(entry, '--export', 'make')).exit).toBe(0);
  });

  it('gives scripts the whole description of each guard', async () => {
    const { out } = await routes(entry, '--json');
    expect((JSON.parse(out) as unknown[])[5]).toEqual({
      method: 'GET',
      path: '/reports',
      system: null,
      unseen: null,
      guards: [
        {
          guard: 'authenticate',
          credentials: [
            { strategy: 'jwt-bearer', headers: ['authorization'], scheme: 'Bearer', shape: 'jwt' },
          ],
          optional: true,
        },
        { guard: 'ip_allowlist', networks: ['10.0.0.0/8'] },
      ],
    });
  });

  it.each([
    [['missing.js'], 'portcullis: there is no file missing.js'],
    [
      [entry, '--export', 'other'],
      `portcullis: ${entry} exports no other; name what it exports with --export NAME`,
    ],
    [[], 'portcullis: name the ENTRY'],
  ])('is wrongly called as %j', async (args, error) => {
    expect(await routes(...args)).toEqual({ exit: 2, out: '', error });
  });

  it('writes a snapshot, and shows what a change adds and takes away', async () => {
    const file = join(folder, 'routes.txt');
    expect(await routes(entry, '--snapshot', file)).toEqual({
      exit: 0,
      out: `${file}: 8 routes written`,
      error: '',
    });
    expect((await routes(entry, '--snapshot', file)).out).toBe(`${file}: unchanged`);
    const written = readFileSync(file, 'utf8');
    writeFileSync(file, written.replace('GET /forgotten UNGUARDED\n', 'GET /gone UNGUARDED\n'));
    expect(await routes(entry, '--snapshot', file)).toEqual({
      exit: 1,
      out: '- GET /gone UNGUARDED\n+ GET /forgotten UNGUARDED\n\nIf this is meant, write it down with --update.',
      error: '',
    });
    await routes(entry, '--snapshot', file, '--update');
    expect(readFileSync(file, 'utf8')).toBe(written);
  });
});

describe('portcullis routes of what cannot be looked into', () => {
  const opaque = [entry, '--export', 'opaque'];
  const declared = [...opaque, '--pass-through', 'openToAll', '--pass-through', 'the system without a table'];

  it('names it in the table, and says how to mend it', async () => {
    const { exit, out } = await routes(...opaque);
    expect({ exit, out: out.split('\n') }).toEqual({
      exit: 0,
      out: [
        'method  path         credentials                         addresses  scopes  workspace  limits',
        '*       /files/*     unseen: openToAll                   -          -       -          -',
        '*       /orders/:id  Bearer                              -          -       -          -',
        'GET     /orders/:id  UNGUARDED                           -          -       -          -',
        '*       /legacy/*    Bearer, unseen: behindGuard         -          -       -          -',
        '*       /*           unseen: the system without a table  -          -       -          -',
        '',
        "1 route has no guard. Put guard(authenticate(...)) in front, or guard(open('why it is public')).",
        '2 lines are of what cannot be looked into and may answer unguarded. Put a guard in front, or, if it ' +
          'only passes requests on, name it with --pass-through FUNCTION.',
      ],
    });
  });

  it('gives scripts what it is', async () => {
    const { out } = await routes(...opaque, '--json');
    expect((JSON.parse(out) as unknown[])[0]).toEqual({
      method: '*',
      path: '/files/*',
      guards: [],
      system: null,
      unseen: 'openToAll',
    });
  });

  it.each([[[]], [['--json']], [['--openapi']], [['--snapshot', join(folder, 'opaque.txt')]]])(
    'fails with %j when it is asked to, until it is declared',
    async (mode) => {
      expect((await routes(...opaque, ...mode)).exit).toBe(0);
      expect((await routes(...opaque, ...mode, '--fail-on-unguarded')).exit).toBe(1);
    },
  );

  it('is left out once it is said to pass requests on', async () => {
    const { out } = await routes(...declared, '--json');
    expect((JSON.parse(out) as { path: string }[]).map(({ path }) => path)).toEqual([
      '/orders/:id',
      '/orders/:id',
      '/legacy/*',
    ]);
  });

  it('shows in a snapshot what comes and goes, as often as it does', async () => {
    const file = join(folder, 'comes.txt');
    await routes(...opaque, '--snapshot', file);
    const written = readFileSync(file, 'utf8');
    expect(written.split('\n').slice(0, 2)).toEqual([
      '* /* UNGUARDED unseen "the system without a table"',
      '* /files/* UNGUARDED unseen "openToAll"',
    ]);
    writeFileSync(file, `${written}* /files/* UNGUARDED unseen "openToAll"\n`);
    expect((await routes(...opaque, '--snapshot', file)).out).toContain(
      '- * /files/* UNGUARDED unseen "openToAll"\n',
    );
  });

  it('stands in an OpenAPI document beside the routes, and what answers first counts for the route', async () => {
    const { out } = await routes(...opaque, '--openapi');
    const fragment = JSON.parse(out) as { paths: Record<string, Record<string, object>>; info?: object };
    expect(fragment).toMatchObject({
      paths: {
        '/orders/{id}': {
          get: { security: [{ 'jwt-bearer': [] }] },
          delete: { security: [{ 'jwt-bearer': [] }] },
        },
      },
      'x-unseen': [
        { method: '*', path: '/files/*', what: 'openToAll', guarded: false },
        { method: '*', path: '/legacy/*', what: 'behindGuard', guarded: true },
        { method: '*', path: '/*', what: 'the system without a table', guarded: false },
      ],
    });
    const document = { ...fragment, info: { title: 'Shop', version: '1' } };
    expect((await new Validator().validate(document)).valid).toBe(true);
    const file = join(folder, 'stale.json');
    writeFileSync(file, JSON.stringify(document));
    const merged = JSON.parse((await routes(entry, '--openapi', '--into', file)).out) as object;
    expect(merged).not.toHaveProperty('x-unseen');
  });
});

describe('portcullis routes --openapi', () => {
  const host = {
    openapi: '3.1.0',
    info: { title: 'Shop', version: '1' },
    paths: {
      '/api/orders/{id}': {
        parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'string' } }],
        get: { summary: 'One order', responses: { 200: { description: 'The order.' } } },
      },
      '/elsewhere': { get: { responses: { 200: { description: 'Not of this application.' } } } },
    },
  };

  it('is a fragment that a validator accepts once the host has named its document', async () => {
    const { out } = await routes(entry, '--openapi');
    const fragment = JSON.parse(out) as Record<string, unknown>;
    const { valid, errors } = await new Validator().validate({ ...fragment, info: host.info });
    expect({ valid, errors }).toEqual({ valid: true, errors: undefined });
  });

  it('puts requirements and refusals into the document of a host, and leaves the rest alone', async () => {
    const file = join(folder, 'openapi.json');
    writeFileSync(file, JSON.stringify(host));
    const { out } = await routes(entry, '--openapi', '--into', file);
    const merged = JSON.parse(out) as Record<string, unknown>;
    expect(merged).toEqual({
      ...host,
      paths: {
        '/api/orders/{id}': {
          parameters: host.paths['/api/orders/{id}'].parameters,
          get: {
            summary: 'One order',
            security: [{ 'jwt-bearer': [] }],
            responses: {
              200: { description: 'The order.' },
              401: { description: 'The credential is missing or is refused.' },
              403: { description: 'The credential is good, and may not do this.' },
              default: { description: 'The answer of the route.' },
            },
          },
        },
        '/elsewhere': host.paths['/elsewhere'],
      },
      components: {
        securitySchemes: { 'jwt-bearer': { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
      },
    });
    expect((await new Validator().validate(merged)).valid).toBe(true);
  });
});
