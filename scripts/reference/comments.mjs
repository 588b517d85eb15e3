// The comment of a symbol, as Markdown.
import ts from 'typescript-6';
import { checker } from './program.mjs';

const TAGS = { returns: 'Returns', throws: 'Throws', see: 'See' };

/** The comment with its tags; empty when there is none. @param {ts.Symbol} symbol */
export function commentOf(symbol) {
  const text = ts.displayPartsToString(symbol.getDocumentationComment(checker));
  const tags = joinedTags(symbol).map(({ name, words }) => {
    const [, subject, rest] = name === 'param' ? (/^(\S+)\s*(?:-\s*)?([^]*)$/.exec(words) ?? []) : [];
    if (subject !== undefined) return `- **${subject}**: ${rest}`;
    return `- **${TAGS[name] ?? name}**: ${words.replace(/^\{(\w+)\}/, '`$1`')}`;
  });
  return plain([text, tags.join('\n')].filter((part) => part !== '').join('\n\n'));
}

/**
 * The tags of a comment. The compiler takes the braces behind `@throws` for a type, and cuts the link in them off as a tag
 * of its own: `{` and `ConfigError} and the rest`.
 * @param {ts.Symbol} symbol
 */
function joinedTags(symbol) {
  /** @type {{ name: string, words: string }[]} */
  const tags = [];
  for (const { name, text } of symbol.getJsDocTags(checker)) {
    const words = ts.displayPartsToString(text).trim();
    const last = tags.at(-1);
    if (name === 'link' && last?.words === '{') last.words = words.replace(/^([^}]*)\}/, '`$1`');
    else tags.push({ name, words });
  }
  return tags;
}

/** Links of comments become code, and lines that were broken for the source become paragraphs. @param {string} text */
function plain(text) {
  return text
    .replaceAll(/\{@link\s+([^}|\s]+)[^}]*\}/g, '`$1`')
    .replaceAll(/(?<![\n:])\n(?![\n-])/g, ' ')
    .trim();
}
