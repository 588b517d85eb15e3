import { describe, expect, it } from 'vitest';
import { html, styleElement } from '../../src/core/html.ts';

describe('html', () => {
  it('escapes what stands in text and in attributes', () => {
    const name = `</p><script>alert('1')</script>"&\``;
    expect(html`<p title="${name}">${name}</p>`.source).toBe(`<p title="${ESCAPED}">${ESCAPED}</p>`);
  });

  it('lets through what is HTML already, lists of it, and numbers', () => {
    const items = ['a', '<b>'].map((each) => html`<i>${each}</i>`);
    expect(html`<p>${items}</p>`.source).toBe('<p><i>a</i><i>&#60;b&#62;</i></p>');
    expect(html`<p>${3}${[[html`<b>4</b>`, 5]]}</p>`.source).toBe('<p>3<b>4</b>5</p>');
  });

  it('writes nothing for null, undefined and false', () => {
    expect(html`<p>${null}${undefined}${false}</p>`.source).toBe('<p></p>');
  });

  it('takes no other object for HTML, whatever it looks like', () => {
    const forged = { source: '<script>', __proto__: { constructor: html`x`.constructor } } as never;
    expect(() => html`${forged}`).toThrow(TypeError);
  });

  it.each([
    ['a NUL', 'a\u0000b'],
    ['a carriage return', 'a\rb'],
    ['an override of direction', 'a\u202Eb'],
    ['an isolate', 'a\u2067b'],
    ['a mark of direction', 'a\u200Fb'],
    ['a line separator', 'a\u2028b'],
    ['half of a character', 'a\uD800b'],
  ])('replaces %s', (_, text) => {
    expect(html`${text}`.source).toBe('a\uFFFDb');
  });

  it('replaces controls, turns of direction and separators, and nothing else below U+3000', () => {
    const replaced: string[] = [];
    for (let code = 0; code < 0x3000; code++) {
      if (html`${String.fromCharCode(code)}`.source === '\uFFFD') replaced.push(code.toString(16));
    }
    const range = (from: number, to: number): string[] =>
      Array.from({ length: to - from + 1 }, (_, index) => (from + index).toString(16));
    expect(replaced).toEqual([
      ...range(0x00, 0x08),
      ...range(0x0b, 0x1f),
      ...range(0x7f, 0x9f),
      '61c',
      '200e',
      '200f',
      ...range(0x2028, 0x202e),
      ...range(0x2066, 0x2069),
    ]);
    expect(html`${'\uFEFFa\u202E\u202E'}`.source).toBe('\uFFFDa\uFFFD\uFFFD');
  });

  it('keeps letters of every script', () => {
    const text = 'Zo\u00EB \u0623\u062D\u0645\u062F \u6F22\u5B57 \u{1F600}\n\t';
    expect(html`${text}`.source).toBe(text);
  });
});

describe('styleElement', () => {
  it('writes the style as it is, and refuses what could end it', () => {
    expect(styleElement('a>b{content:"x"}').source).toBe('<style>a>b{content:"x"}</style>');
    expect(() => styleElement('</style><script>')).toThrow('a style sheet has no "<" in it');
  });
});

const ESCAPED = '&#60;/p&#62;&#60;script&#62;alert(&#39;1&#39;)&#60;/script&#62;&#34;&#38;&#96;';
