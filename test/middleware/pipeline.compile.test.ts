import { describe, expect, it } from 'vitest';
import { allow, deny, type EntryGuard, type Guard } from '../../src/core/decision.ts';
import { authError } from '../../src/core/errors.ts';
import type { Principal } from '../../src/core/principal.ts';
import { compilePipeline, type GuardOptions } from '../../src/middleware/pipeline.ts';
import { exchangeWith } from '../support/fake-exchange.ts';
import { noteWarnings } from '../support/process-warnings.ts';

import { ALICE, BOB, entry, run, step, yes, type Who } from './chains.ts';

noteWarnings();

describe('a principal that may only look', () => {
  const looking: Principal = { ...ALICE, readOnly: true };
  const methods = [
    'GET',
    'HEAD',
    'OPTIONS',
    'TRACE',
    'POST',
    'PUT',
    'PATCH',
    'DELETE',
    'get',
    'PROPPATCH',
    '',
  ];

  it.each([
    ['from the beginning', [entry(() => allow(looking))]],
    ['by a later guard', [yes, step('narrowing', () => allow(looking))]],
    ['by a guard that answers later', [yes, step('narrowing', async () => allow(looking))]],
  ])('passes with safe methods only, %s', async (_, chain) => {
    const passed: string[] = [];
    for (const method of methods) {
      const result = await compilePipeline<Who>(chain).run(exchangeWith({}, { method }));
      if (result.kind === 'pass') passed.push(method);
    }
    expect(passed).toEqual(['GET', 'HEAD', 'OPTIONS', 'TRACE']);
  });
});

describe('compilePipeline', () => {
  it('makes no promise as long as no guard does', () => {
    expect(run([yes, step('one', (who) => allow(who))]).result).not.toBeInstanceOf(Promise);
  });

  it('runs the handler inside the guards that surround it, the first outermost, and gives back what it returns', () => {
    const log: string[] = [];
    const around = (name: string): Guard<Who> => ({
      ...step(name, (who) => allow(who)),
      enter(principal, handler) {
        log.push(`${name} in as ${String(principal?.id)}`);
        const result = handler();
        log.push(`${name} out`);
        return result;
      },
    });
    const pipeline = compilePipeline<Who>([
      yes,
      around('a'),
      step('plain', (who) => allow(who)),
      around('b'),
    ]);
    const returned = pipeline.enter(BOB, () => (log.push('handler'), 42));
    expect(returned).toBe(42);
    expect(log).toEqual(['a in as bob', 'b in as bob', 'handler', 'b out', 'a out']);
  });

  it('describes its guards in order, as plain data', () => {
    const pipeline = compilePipeline<Who>([
      yes,
      step('one', (who) => allow(who)),
      step('two', (who) => allow(who)),
    ]);
    expect(pipeline.describe()).toEqual([{ guard: 'entry' }, { guard: 'one' }, { guard: 'two' }]);
  });

  it('answers what the handler threw in the dialect of the chain', () => {
    const dialect = {
      name: 'short',
      render: ({ code }: { code: string }) => ({ status: 418, headers: [], body: code }),
    };
    const pipeline = compilePipeline<Who>([yes, { dialect, onEvent: () => undefined }]);
    expect(pipeline.replyTo(new Error('x'), exchangeWith())).toEqual({
      status: 418,
      headers: [],
      body: 'internal_error',
    });
  });

  it('speaks the dialect of its options, otherwise that of its entry, otherwise the envelope', async () => {
    const saying = (body: string) => ({ name: body, render: () => ({ status: 400, headers: [], body }) });
    const no = (dialect?: ReturnType<typeof saying>): EntryGuard<Who> => ({
      ...entry(() => deny(authError('ip_denied'))),
      ...(dialect === undefined ? {} : { dialect }),
    });
    const body = async (chain: readonly unknown[], options: GuardOptions = {}): Promise<unknown> => {
      const result = await run(chain, options).result;
      return result.kind === 'reply' ? result.reply.body : result;
    };
    await expect(body([no(saying('entry'))], { dialect: saying('options') })).resolves.toBe('options');
    await expect(body([no(saying('entry'))])).resolves.toBe('entry');
    await expect(body([no()])).resolves.toContain('"IP address not authorized"');
  });
});
