import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { describe, expect, it } from 'vitest';
import { StoreError } from '../../../src/core/errors.ts';
import { allowlists } from '../../../src/services/allowlists.ts';
import { oneNode } from './fixture.ts';

const LIST = 'client:1';

describe('every edit', () => {
  it('is told once, when it is in the store, to the sink and to the channel', async () => {
    const { lists, clock, engine, events } = oneNode();
    const published: unknown[] = [];
    const listener = (event: unknown): number => published.push(event);
    subscribe('portcullis:allowlist', listener);
    try {
      await lists.add(LIST, { network: '10.0.0.1', author: 'ada' });
      clock.advance(1);
      await lists.remove(LIST, '10.0.0.1', { author: 'bob' });
      await lists.add(LIST, { network: '10.0.0.2' });
      await lists.clear(LIST, { author: 'eve' });
      await lists.clear(LIST);
    } finally {
      unsubscribe('portcullis:allowlist', listener);
    }

    const at = clock.now();
    const common = { type: 'allowlist', list: LIST };
    expect(events).toEqual([
      { ...common, action: 'added', network: '10.0.0.1/32', author: 'ada', at: at - 1_000 },
      { ...common, action: 'removed', network: '10.0.0.1/32', author: 'bob', at },
      { ...common, action: 'added', network: '10.0.0.2/32', at },
      { ...common, action: 'cleared', author: 'eve', at },
    ]);
    expect(published).toEqual(events);
    expect((await engine.get('allowlist', LIST))?.data).toEqual({
      configured: false,
      mode: 'enforce',
      entries: [],
    });
  });

  it('stands, whatever the sink throws or rejects with', async () => {
    const { store, feed, clock } = oneNode();
    const throwing = allowlists({
      store,
      feed,
      clock,
      onEvent: () => {
        throw new Error('sink');
      },
    });
    const rejecting = allowlists({ store, feed, clock, onEvent: () => Promise.reject(new Error('sink')) });
    expect(await throwing.add(LIST, { network: '10.0.0.1' })).toMatchObject({ ok: true });
    expect(await rejecting.add(LIST, { network: '10.0.0.2' })).toMatchObject({ ok: true });
  });

  it('refuses an author that is no line of text, and changes nothing', async () => {
    const { lists } = oneNode();
    await lists.add(LIST, { network: '10.0.0.1' });
    const refusal = { ok: false, code: 'author_invalid' };
    expect(await lists.remove(LIST, '10.0.0.1', { author: '' })).toMatchObject(refusal);
    expect(await lists.clear(LIST, { author: 'a\nb' })).toMatchObject(refusal);
    expect((await lists.list(LIST)).entries.length).toBe(1);
  });

  it('throws for what is no subject', async () => {
    const { lists } = oneNode();
    const edits = [
      lists.add('', { network: '10.0.0.1' }),
      lists.addMany('client', [{ network: '10.0.0.1' }]),
      lists.remove('client:', '10.0.0.1'),
      lists.clear(undefined as never),
      lists.list('x'),
    ];
    const outcomes = await Promise.allSettled(edits);
    expect(outcomes.map((outcome) => (outcome as PromiseRejectedResult).reason as unknown)).toEqual(
      edits.map(() => expect.any(TypeError) as unknown),
    );
  });

  it('writes back what it does not know of a record', async () => {
    const { lists, engine } = oneNode();
    const entry = { id: 'e', network: '10.0.0.1/32', createdAt: 0, since: 'later' };
    await engine.put('allowlist', LIST, {
      configured: true,
      mode: 'observe',
      entries: [entry],
      more: { a: 1 },
    });
    await lists.add(LIST, { network: '10.0.0.2' });
    expect((await engine.get('allowlist', LIST))?.data).toMatchObject({
      mode: 'observe',
      more: { a: 1 },
      entries: [entry, { network: '10.0.0.2/32' }],
    });
  });

  it('never writes over a record that it cannot read', async () => {
    const { lists, engine, events } = oneNode();
    await engine.put('allowlist', LIST, { entries: 'x' });
    await expect(lists.clear(LIST)).rejects.toThrow(StoreError);
    expect((await engine.get('allowlist', LIST))?.data).toEqual({ entries: 'x' });
    expect(events).toEqual([]);
  });
});
