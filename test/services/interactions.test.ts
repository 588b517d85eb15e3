import { describe, expect, it } from 'vitest';
import { isAuthError } from '../../src/core/errors.ts';
import {
  type BrowserState,
  type Interactions,
  interactions,
  type InteractionsOptions,
} from '../../src/services/interactions.ts';
import { memoryStore } from '../../src/stores/memory.ts';
import { exchangeWith, type FakeHeaders } from '../support/fake-exchange.ts';
import { movableClock } from '../support/movable-clock.ts';
import { complaint } from '../support/complaint.ts';

const KEY = 'mSI0bxWm0xvV0jYHyaZr8hqEtkI4mGSkB1FSb7jUUpw=';
const OTHER_KEY = 'Zm9hdb1zU8GpVXC0F7d3f3M5QkZDdXBwQ1J5b3pRS0U=';
const ORIGIN = 'https://accounts.example.com';

function setUp(more: Partial<InteractionsOptions> = {}) {
  const clock = movableClock();
  const store = memoryStore({ clock });
  const pages = interactions('pages', { store, clock, sealing: { primary: KEY }, origin: ORIGIN, ...more });
  return { clock, store, pages };
}

function open(pages: Interactions, headers: FakeHeaders = {}): BrowserState {
  const state = pages.open(exchangeWith(headers));
  if (isAuthError(state)) throw new Error(state.code);
  return state;
}

/** What the browser sends back: the cookie's name and value. */
function sentBack({ cookie }: BrowserState): string {
  return cookie[1].split(';')[0] as string;
}

describe('the interaction cookie', () => {
  it('SE-20 is __Host-, HttpOnly, Secure, SameSite=Lax, for every path and ten minutes', () => {
    const [name, line] = open(setUp().pages).cookie;
    expect(name).toBe('Set-Cookie');
    expect(line).toMatch(
      /^__Host-portcullis-interaction=[\w-]+; Path=\/; Max-Age=600; HttpOnly; SameSite=Lax; Secure$/,
    );
  });

  it('brings back what was put into it, and nothing of it can be read', () => {
    const { pages } = setUp();
    const state = open(pages).with('one', { user: 'ada' }).with('two', [2]).without('two');
    const cookie = sentBack(state);
    const again = open(pages, { cookie: `a=1; ${cookie}; b=2` });
    expect([again.find('one'), again.find('two'), again.find('three')]).toEqual([
      { user: 'ada' },
      null,
      null,
    ]);
    expect(Buffer.from(cookie.split('=')[1] as string, 'base64url').toString('latin1')).not.toContain('ada');
  });

  it('SE-20 is refused when it comes twice, in one line or in two, also with the same value', () => {
    const { pages } = setUp();
    const cookie = sentBack(open(pages).with('one', 1));
    const other = sentBack(open(pages));
    for (const lines of [
      `${cookie}; ${other}`,
      [cookie, other],
      `${cookie};${cookie}`,
      `${cookie};a=1; ${other} `,
    ]) {
      const state = pages.open(exchangeWith({ cookie: lines }));
      expect(isAuthError(state) && state.code).toBe('interaction_invalid');
    }
  });

  it.each<[string, (cookie: string) => string]>([
    ['without its prefix', (cookie) => cookie.replace('__Host-', '')],
    ['with another prefix', (cookie) => cookie.replace('__Host-', '__Secure-')],
    ['with a prefix in other letters', (cookie) => cookie.replace('__Host-', '__host-')],
    [
      'with a changed character',
      (cookie) => cookie.replace(/=(.)/, (_, first) => (first === 'B' ? '=C' : '=B')),
    ],
    ['cut off', (cookie) => cookie.slice(0, -1)],
    ['padded', (cookie) => `${cookie}=`],
    ['in quotes', (cookie) => cookie.replace(/=(.*)/, '="$1"')],
    ['without a value', (cookie) => cookie.replace(/=.*/, '=')],
  ])('SE-20 counts for nothing %s', (_, change) => {
    const { pages } = setUp();
    const cookie = sentBack(open(pages).with('one', 1));
    expect(open(pages, { cookie }).find('one')).toBe(1);
    expect(open(pages, { cookie: change(cookie) }).find('one')).toBeNull();
  });

  it('counts for nothing under another key, and still opens under a former one', () => {
    const cookie = sentBack(open(setUp().pages).with('one', 1));
    const withKeys = (sealing: InteractionsOptions['sealing']) =>
      open(setUp({ sealing }).pages, { cookie }).find('one');
    expect(withKeys({ primary: OTHER_KEY })).toBeNull();
    expect(withKeys({ primary: OTHER_KEY, others: [KEY] })).toBe(1);
  });

  it('SE-20 ends after ten minutes, and an interaction of it earlier where that was said', () => {
    const { pages, clock } = setUp();
    const cookie = sentBack(open(pages).with('long', 1).with('short', 1, 60).with('too long', 1, 9_999));
    const found = () => ['long', 'short', 'too long'].map((name) => open(pages, { cookie }).find(name));
    clock.advance(59);
    expect(found()).toEqual([1, 1, 1]);
    clock.advance(1);
    expect(found()).toEqual([1, null, 1]);
    clock.advance(539);
    expect(found()).toEqual([1, null, 1]);
    clock.advance(1);
    expect(found()).toEqual([null, null, null]);
  });

  it('does not prolong an interaction by being sent again', () => {
    const { pages, clock } = setUp();
    const first = sentBack(open(pages).with('one', 1));
    clock.advance(599);
    const second = sentBack(open(pages, { cookie: first }).with('two', 2));
    clock.advance(1);
    const state = open(pages, { cookie: second });
    expect([state.find('one'), state.find('two')]).toEqual([null, 2]);
  });

  it('stays below what browsers keep, by letting the oldest interactions go', () => {
    const { pages } = setUp();
    let state = open(pages);
    for (let n = 0; n < 40; n++) state = state.with(`tab ${n}`, 'x'.repeat(200));
    expect(state.cookie[1].length).toBeLessThan(4_096);
    expect([state.find('tab 0'), state.find('tab 39')]).toEqual([null, 'x'.repeat(200)]);
    expect(() => state.with('large', 'x'.repeat(3_000))).toThrow(RangeError);
  });
});

describe('form tokens', () => {
  it('SE-20 belong to one browser and one interaction', () => {
    const { pages } = setUp();
    const [mine, other] = [open(pages), open(pages)];
    const token = mine.formToken('one');
    const later = open(pages, { cookie: sentBack(mine.with('one', 1)) });
    expect(later.isFormToken('one', token)).toBe(true);
    expect(later.isFormToken('two', token)).toBe(false);
    expect(other.isFormToken('one', token)).toBe(false);
    expect(open(pages).isFormToken('one', token)).toBe(false);
    for (const nothing of ['', undefined, null, [token], {}, `${token} `, token.toUpperCase()]) {
      expect(later.isFormToken('one', nothing)).toBe(false);
    }
  });

  it('are void once the secret is renewed, and interactions stay', () => {
    const { pages } = setUp();
    const before = open(pages).with('one', 1);
    const after = before.renewed();
    expect(after.isFormToken('one', before.formToken('one'))).toBe(false);
    expect(after.isFormToken('one', after.formToken('one'))).toBe(true);
    expect(after.find('one')).toBe(1);
  });

  it('are void when the cookie has ended', () => {
    const { pages, clock } = setUp();
    const state = open(pages);
    const cookie = sentBack(state);
    clock.advance(600);
    expect(open(pages, { cookie }).isFormToken('one', state.formToken('one'))).toBe(false);
  });
});

describe('isSentFromPage', () => {
  it.each<[string, FakeHeaders, boolean]>([
    ['our origin', { origin: ORIGIN }, true],
    ['a browser that says nothing', {}, true],
    ['the same origin without Origin', { 'sec-fetch-site': 'same-origin' }, true],
    ['another origin', { origin: 'https://evil.example' }, false],
    ['our host by http', { origin: 'http://accounts.example.com' }, false],
    ['our host on another port', { origin: `${ORIGIN}:8443` }, false],
    ['an origin that begins like ours', { origin: `${ORIGIN}.evil.example` }, false],
    ['an opaque origin', { origin: 'null' }, false],
    ['two origins', { origin: [ORIGIN, ORIGIN] }, false],
    ['another site', { 'sec-fetch-site': 'cross-site' }, false],
    ['a neighbour', { 'sec-fetch-site': 'same-site' }, false],
    ['a person at the address bar', { 'sec-fetch-site': 'none' }, false],
  ])('%s', (_, headers, expected) => {
    expect(setUp().pages.isSentFromPage(exchangeWith(headers))).toBe(expected);
  });
});

describe('useOnce', () => {
  it('is true once, however many ask at the same time, and for ten minutes', async () => {
    const { pages, clock } = setUp();
    const all = await Promise.all(Array.from({ length: 20 }, () => pages.useOnce('answer 1')));
    expect(all.filter(Boolean)).toHaveLength(1);
    clock.advance(599);
    expect([await pages.useOnce('answer 1'), await pages.useOnce('answer 2')]).toEqual([false, true]);
  });
});

describe('the options', () => {
  it('let plain http be used on loopback alone, where it is asked for, with a cookie of another name', () => {
    const origin = 'http://127.0.0.1:3000';
    const [, line] = open(setUp({ origin, dangerouslyAllowPlainHttp: true }).pages).cookie;
    expect(line).toMatch(/^portcullis-interaction=[\w-]+; Path=\/; Max-Age=600; HttpOnly; SameSite=Lax$/);
    for (const each of ['http://localhost:1', 'http://[::1]', 'http://127.9.9.9']) {
      expect(() => setUp({ origin: each, dangerouslyAllowPlainHttp: true })).not.toThrow();
      expect(complaint(() => setUp({ origin: each }))).toMatch(/^option_invalid: /);
    }
    for (const each of ['http://accounts.example.com', 'http://10.0.0.1', 'http://localhost.evil.example']) {
      expect(complaint(() => setUp({ origin: each, dangerouslyAllowPlainHttp: true }))).toBe(
        'option_invalid: pages.origin must begin with https://. Only on localhost may it be http://, for development, with ' +
          'dangerouslyAllowPlainHttp: true.',
      );
    }
  });

  it('never let the option weaken https', () => {
    const [, line] = open(setUp({ dangerouslyAllowPlainHttp: true }).pages).cookie;
    expect(line).toContain('__Host-');
    expect(line).toContain('; Secure');
  });

  it.each([
    'https://accounts.example.com/',
    'https://Accounts.example.com',
    'accounts.example.com',
    'data:x',
    7,
  ])('refuse %s for an origin', (origin) => {
    expect(complaint(() => setUp({ origin: origin as string }))).toMatch(/^option_invalid: /);
  });
});
