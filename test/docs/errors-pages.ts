import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript-6';
import { REASONS, type ReasonCode } from '../../src/core/reasons.ts';
import { PACKAGE_ROOT } from '../support/package-exports.ts';
import { alike, answersTo, REASON_CODES } from './errors-answers.ts';

const FOLDER = join(PACKAGE_ROOT, 'docs/reference/errors');

/** The page of all outages, whose class has no codes. */
export const STORE_ERROR = 'store_error';

/** The codes of `ConfigError`: the members of a type, which exists in the source only. */
export const CONFIG_ERROR_CODES: readonly string[] = membersOf('ConfigErrorCode');

/** The codes that there must be a page for. */
export const ALL_CODES: readonly string[] = [...REASON_CODES, ...CONFIG_ERROR_CODES, STORE_ERROR];

export function fileOf(code: string): string {
  return join(FOLDER, `${code}.md`);
}

/** The codes that there is a page for. */
export function codesOfPages(): readonly string[] {
  return readdirSync(FOLDER).map((name) => name.replace(/\.md$/, ''));
}

/**
 * The page as it is to be: what the sources say of a reason, its status, its meaning and its answers, is brought up to
 * date. Everything else stays as it is on the page; one that is missing begins as headings, for whoever writes it.
 */
export function pageOf(code: string): string {
  const page = existsSync(fileOf(code)) ? readFileSync(fileOf(code), 'utf8') : blankPage(code);
  return isReason(code) ? withFacts(code, page) : page;
}

/** The paragraphs and blocks below a heading, up to the next one. */
export function sectionOf(page: string, heading: string): string {
  return page.split(`\n## ${heading}\n`)[1]?.split(/^## /m)[0]?.trim() ?? '';
}

/** What a page says first: the class of the error, the status that it comes to, if any, and what happened. */
export function leadOf(page: string): Readonly<Record<'error' | 'status' | 'meaning', string>> {
  const [, lead = ''] = page.split('\n\n');
  const [, error = '', status = '', meaning = ''] = /^(\w+)(?:, (\d+))?\. (.+)$/s.exec(lead) ?? [];
  return { error, status, meaning: meaning.replaceAll('\n', ' ') };
}

function isReason(code: string): code is ReasonCode {
  return Object.hasOwn(REASONS, code);
}

function withFacts(code: ReasonCode, page: string): string {
  const { status, summary } = REASONS[code];
  const [heading = '', , ...rest] = page.split('\n\n');
  const text = [heading, `AuthError, ${status}. ${summary}`, ...rest].join('\n\n');
  return text.replace(
    /(?<=\n## What the caller sees\n).*?(?=\n## )/s,
    () => `\n${answersText(code).join('\n\n')}\n`,
  );
}

function answersText(code: ReasonCode): readonly string[] {
  const others = alike(code).map((other) => `- [${other}](${other}.md)`);
  return [
    'On a route that takes Bearer tokens, with the default texts:',
    answersTo(code).join('\n'),
    ...(others.length === 0
      ? []
      : ['The same is sent, but for details such as the name of a field, for', others.join('\n')]),
  ];
}

function blankPage(code: string): string {
  const sections = ['What the caller sees', 'Who says it', 'In the event', 'See also'];
  return `# ${code}\n\n\n\nTo mend it:\n\n${sections.map((heading) => `## ${heading}\n`).join('\n')}`;
}

function membersOf(name: string): readonly string[] {
  const file = join(PACKAGE_ROOT, 'src/core/errors.ts');
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.ES2023);
  const type = source.statements.find(
    (each) => ts.isTypeAliasDeclaration(each) && each.name.text === name,
  ) as ts.TypeAliasDeclaration;
  const members = (type.type as ts.UnionTypeNode).types as unknown as readonly ts.LiteralTypeNode[];
  return members.map(({ literal }) => (literal as ts.StringLiteral).text);
}
