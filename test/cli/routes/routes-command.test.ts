import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Validator } from '@seriousme/openapi-schema-validator';
import { afterAll, describe, expect, it } from 'vitest';
import { runCli } from '../../../src/cli/run.ts';
import { shopOnExpress } from './applications.ts';

const folder = mkdtempSync(join(tmpdir(), 'portcullis-routes-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const entry = join(folder, 'app.mjs');
(globalThis as Record<string, unknown>)['shopOfTest'] = shopOnExpress(5);
writeFileSync(entry, 'export const app = globalThis.shopOfTest;\nexport const make = () => app;\n');

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
        'method  path             credentials                       addresses   scopes       workspace  limits',
        'GET     /health          open: a probe has no credentials  -           -            -          -',
        'GET     /forgotten       UNGUARDED                         -           -            -          -',
        'POST    /auth/login      by login                          -           -            -          -',
        'GET     /api/orders/:id  Bearer, Bearer                    -           orders:read  -          -',
        'POST    /api/orders/     Bearer                            -           -            -          -',
        'GET     /reports         Bearer (optional)                 10.0.0.0/8  -            -          -',
        '*       /anything        UNGUARDED                         -           -            -          -',
        '*       /inner/*         UNGUARDED                         -           -            -          -',
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
