// The page of a public entry.
import ts from 'typescript-6';
import { commentOf } from './comments.mjs';
import { checker, exportsOf, resolved } from './program.mjs';
import { memberSignature, signatureOf } from './signatures.mjs';

/** What is public and has no comment, filled while pages are made. @type {string[]} */
export const uncommented = [];

/** Where each symbol is described: on the page of the first entry that has it. @type {Map<ts.Symbol, string>} */
const described = new Map();

/** @param {string} entry */
export function fileName(entry) {
  return `${entry.replaceAll('/', '-')}.md`;
}

/** @param {{ name: string, source: string }} entry */
export function pageOf({ name, source }) {
  const symbols = exportsOf(source).toSorted((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1));
  const own = symbols.filter((symbol) => (described.get(resolved(symbol)) ?? name) === name);
  for (const symbol of own) described.set(resolved(symbol), name);
  const elsewhere = symbols
    .filter((symbol) => !own.includes(symbol))
    .map((symbol) => {
      const page = /** @type {string} */ (described.get(resolved(symbol)));
      return `[\`${symbol.name}\`](${fileName(page)}#${symbol.name.toLowerCase()})`;
    });
  return [
    `# ${name}`,
    `\`import { … } from '${name}'\`; the source is [${source}](../../../${source}).`,
    ...own.map((symbol) => section(name, symbol)),
    ...(elsewhere.length === 0 ? [] : [`## Also exported here`, `${elsewhere.join(', ')}.`]),
  ].join('\n\n');
}

/** What can be called comes first, then what can be constructed, then other values, then types. @param {ts.Symbol} symbol */
function rank(symbol) {
  const { flags } = resolved(symbol);
  const order = [ts.SymbolFlags.Function, ts.SymbolFlags.Class, ts.SymbolFlags.Value, ~0];
  return order.findIndex((kind) => flags & kind);
}

/** @param {string} page @param {ts.Symbol} symbol */
function section(page, symbol) {
  const target = resolved(symbol);
  const comment = commentOf(target);
  const declarations = target.declarations ?? [];
  if (comment === '' && !declarations.some(speaksByItsMembers)) uncommented.push(`${page}: ${symbol.name}`);
  return [
    `## ${symbol.name}`,
    comment,
    `\`\`\`text\n${declarations.map(signatureOf).filter(Boolean).join('\n')}\n\`\`\``,
    ...declarations.flatMap((declaration) => membersOf(page, symbol.name, declaration)),
  ].join('\n\n');
}

/** Whether every member has a comment, as with options, so that the whole needs none. @param {ts.Declaration} declaration */
function speaksByItsMembers(declaration) {
  return (
    ts.isInterfaceDeclaration(declaration) &&
    declaration.members.every(
      (member) => member.name !== undefined && (speaksForItself(member) || commentOfMember(member) !== ''),
    )
  );
}

/** The members of an interface or a class, each with its comment. @param {ts.Declaration} declaration */
function membersOf(page, owner, declaration) {
  if (!ts.isInterfaceDeclaration(declaration) && !ts.isClassDeclaration(declaration)) return [];
  const lines = declaration.members.filter(isPublic).map((member) => {
    const comment = commentOfMember(member);
    if (comment === '' && owner.endsWith('Options') && !speaksForItself(member))
      uncommented.push(`${page}: ${owner}.${member.name.getText()}`);
    const head = memberSignature(member).replaceAll('`', "'");
    return `- \`${head}\`${comment === '' ? '' : `\n\n  ${comment.replaceAll('\n', '\n  ')}`}`;
  });
  return lines.length === 0 ? [] : [lines.join('\n')];
}

/** @param {ts.ClassElement | ts.TypeElement} member */
function isPublic(member) {
  if (member.name === undefined || ts.isPrivateIdentifier(member.name)) return false;
  const modifiers = ts.canHaveModifiers(member) ? (ts.getModifiers(member) ?? []) : [];
  return !modifiers.some(
    ({ kind }) => kind === ts.SyntaxKind.PrivateKeyword || kind === ts.SyntaxKind.OverrideKeyword,
  );
}

/**
 * Every system takes a clock, always for the same reason; and a member that must be `undefined` only keeps two shapes of
 * options apart.
 * @param {ts.ClassElement | ts.TypeElement} member
 */
function speaksForItself(member) {
  return member.name?.getText() === 'clock' || member.type?.kind === ts.SyntaxKind.UndefinedKeyword;
}

/** @param {ts.ClassElement | ts.TypeElement} member */
function commentOfMember(member) {
  const symbol = member.name && checker.getSymbolAtLocation(member.name);
  return symbol === undefined ? '' : commentOf(symbol);
}
