import express from 'express';
import request from 'supertest';
import { describe, expect, it } from 'vitest';
import type { EntryGuard } from '../../src/core/decision.ts';
import type { Principal } from '../../src/core/principal.ts';
import { errorEnvelope, guard, mount } from '../../src/express.ts';

/** Lets everybody pass, but only after a turn of the event loop, so that nobody is left on the stack to catch. */
const late: EntryGuard<Principal> = {
  name: 'late',
  schemes: [],
  async enterChain() {
    await new Promise((resolve) => setImmediate(resolve));
    return { kind: 'allow', principal: { kind: 'user', id: '7' } };
  },
  describe: () => ({ guard: 'late' }),
};

const FAILED = {
  error: { name: 'InternalServerError', code: 'INTERNAL_SERVER_ERROR', message: 'Internal server error' },
};

describe('what fails in Express after a wait', () => {
  it('reaches the application when the principal cannot be written to the request', async () => {
    const app = express();
    app.use((req, _res, next) => {
      Object.defineProperty(req, 'user', { value: 'held', writable: false });
      next();
    });
    app.get('/', guard(late), (_req, res) => void res.send('let through'));
    app.use(errorEnvelope({ onEvent: () => undefined }));
    const answer = await request(app).get('/').timeout(5_000);
    expect([answer.status, answer.body]).toEqual([500, FAILED]);
  });

  it('reaches the application when something that is mounted rejects', async () => {
    const app = express();
    app.use(mount({ handle: () => Promise.reject(new Error('the mounted part is broken')) }));
    app.use(errorEnvelope({ onEvent: () => undefined }));
    const answer = await request(app).get('/').timeout(5_000);
    expect([answer.status, answer.body]).toEqual([500, FAILED]);
  });
});
