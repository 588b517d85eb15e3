/** A piece of HTML that is safe to send: everything in it was written by us or escaped. Only {@link html} makes one. */
export type Html = SafeHtml;

/** What may stand between the pieces of a template; nothing is written for `null`, `undefined` and `false`. */
export type HtmlPart = string | number | Html | null | undefined | false | readonly HtmlPart[];

/**
 * Writes HTML. Every part is escaped unless it is {@link Html} itself, so that a part may stand as text and between the
 * quotes of an attribute; never as a name, in an unquoted value, in a URL's scheme, or in a style or script.
 *
 * Control characters, and those that turn the direction of writing, become U+FFFD: a name must not be able to make the
 * text behind it read as something else.
 *
 * @example
 * ```ts
 * html`<p title="${title}">${text}</p>`.source;
 * ```
 */
export function html(pieces: TemplateStringsArray, ...parts: readonly HtmlPart[]): Html {
  return make(pieces.reduce((written, piece, index) => `${written}${write(parts[index - 1])}${piece}`));
}

/**
 * A style element. Its text is ours alone: it is neither escaped nor made of what somebody else wrote.
 *
 * @throws RangeError for text that would end the element.
 */
export function styleElement(css: string): Html {
  if (css.includes('<')) throw new RangeError('a style sheet has no "<" in it');
  return make(`<style>${css}</style>`);
}

/** Not exported, so that no text and no object from outside becomes HTML on the way. */
class SafeHtml {
  readonly source: string;

  constructor(source: string) {
    this.source = source;
  }
}

function make(source: string): Html {
  return new SafeHtml(source);
}

function write(part: HtmlPart): string {
  if (part === null || part === undefined || part === false) return '';
  if (part instanceof SafeHtml) return part.source;
  if (typeof part === 'object') return part.map(write).join('');
  return escape(String(part));
}

function escape(text: string): string {
  return text
    .replaceAll(MISLEADING, '\uFFFD')
    .replaceAll(/[&<>"'`]/g, (character: string) => `&#${character.codePointAt(0)};`);
}

/** Halves of characters; C0 and C1 controls but tab and line feed; marks, embeddings, overrides and isolates of direction; separators. */
const MISLEADING =
  // oxlint-disable-next-line no-control-regex -- these are what must not get through
  /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069\uFEFF]|\p{Surrogate}/gu;
