import { createServer } from 'node:http';
import express from 'express';
import Koa from 'koa';
import request from 'supertest';
import { describe, expect, it } from 'vitest';
import type { EntryGuard } from '../../src/core/decision.ts';
import type { Principal } from '../../src/core/principal.ts';
import { guard as expressGuard } from '../../src/express.ts';
import { guard as koaGuard } from '../../src/koa.ts';
import { workspaceScope, type WorkspaceScopeOptions } from '../../src/middleware/workspace-scope.ts';
import { guard as nodeGuard } from '../../src/node.ts';
import { currentWorkspace } from '../../src/services/workspaces.ts';

/** Whoever the header `who` names, so that the tests choose the principal. */
const entry: EntryGuard<Principal> = {
  name: 'test_entry',
  schemes: ['Bearer'],
  enterChain(exchange) {
    const id = exchange.headerLines('who')[0] ?? 'nobody';
    return {
      kind: 'allow',
      principal: { kind: 'user', id, workspace: id === 'homeless' ? null : `ws-${id}` },
    };
  },
  describe: () => ({ guard: 'test_entry' }),
};

const FORBIDDEN = { error: { name: 'ForbiddenError', code: 'FORBIDDEN', message: 'Permission denied' } };

async function later(): Promise<string> {
  await new Promise((resolve) => setImmediate(resolve));
  return currentWorkspace();
}

function hosts(options?: WorkspaceScopeOptions): Record<string, Parameters<typeof request>[0]> {
  const app = express();
  app.get('/', expressGuard(entry, workspaceScope(options)), async (_req, res) => {
    res.json(await later());
  });
  const koa = new Koa();
  koa.use(koaGuard(entry, workspaceScope(options)));
  koa.use(async (context) => {
    context.body = JSON.stringify(await later());
    context.type = 'application/json';
  });
  const api = nodeGuard(entry, workspaceScope(options));
  const server = createServer((req, res) =>
    api(req, res, async () => {
      res.setHeader('Content-Type', 'application/json');
      res.end(JSON.stringify(await later()));
    }),
  );
  return { express: app, koa: koa.callback(), 'node:http': server };
}

describe.each(['express', 'koa', 'node:http'])('workspaceScope on %s', (framework) => {
  const plain = hosts()[framework] as Parameters<typeof request>[0];
  const members: Record<string, readonly string[]> = { alice: ['ws-alice', 'ws-shared'], bob: ['ws-bob'] };
  const selecting = hosts({
    select: { header: 'X-Workspace-Id', workspacesOf: async (principal) => members[principal.id] ?? [] },
  })[framework] as Parameters<typeof request>[0];

  it("TN-01 runs the handler in the principal's workspace, also after an await", async () => {
    const answers = await Promise.all(
      ['alice', 'bob', 'carol'].map((who) => request(plain).get('/').set('who', who)),
    );
    expect(answers.map((answer) => answer.body as unknown)).toEqual(['ws-alice', 'ws-bob', 'ws-carol']);
  });

  it('TN-01 refuses a principal without a workspace', async () => {
    const answer = await request(plain).get('/').set('who', 'homeless');
    expect([answer.status, answer.body]).toEqual([403, FORBIDDEN]);
  });

  it('TN-02 does not listen to the request unless selection was asked for', async () => {
    const answer = await request(plain).get('/').set('who', 'alice').set('X-Workspace-Id', 'ws-bob');
    expect(answer.body).toBe('ws-alice');
  });

  it("TN-02 selects among the principal's own workspaces, and stays in the own one without the header", async () => {
    const chosen = await request(selecting).get('/').set('who', 'alice').set('X-Workspace-Id', 'ws-shared');
    const own = await request(selecting).get('/').set('who', 'alice');
    expect([chosen.body, own.body]).toEqual(['ws-shared', 'ws-alice']);
  });

  it.each([
    ['of another', 'ws-bob'],
    ['unknown', 'ws-nowhere'],
    ['comma-joined', 'ws-alice, ws-shared'],
    ['empty', ''],
    ['in other case', 'WS-ALICE'],
    ['a prototype name', '__proto__'],
    ['a prefix', 'ws-shar'],
    ['with a trailing NUL-like escape', 'ws-shared%00'],
  ])('TN-02 refuses a selected workspace that is %s', async (_what, value) => {
    const answer = await request(selecting).get('/').set('who', 'alice').set('X-Workspace-Id', value);
    expect([answer.status, answer.body]).toEqual([403, FORBIDDEN]);
  });

  it('TN-02 refuses a header that stands twice, also with one value', async () => {
    const answer = await request(selecting)
      .get('/')
      .set('who', 'alice')
      .set('X-Workspace-Id', ['ws-shared', 'ws-shared'] as unknown as string);
    expect([answer.status, answer.body]).toEqual([403, FORBIDDEN]);
  });

  it('TN-02 asks for the membership on each request', async () => {
    members['bob'] = ['ws-bob', 'ws-shared'];
    const before = await request(selecting).get('/').set('who', 'bob').set('X-Workspace-Id', 'ws-shared');
    members['bob'] = ['ws-bob'];
    const after = await request(selecting).get('/').set('who', 'bob').set('X-Workspace-Id', 'ws-shared');
    expect([before.status, after.status]).toEqual([200, 403]);
  });
});
