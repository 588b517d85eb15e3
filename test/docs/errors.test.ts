import { readFileSync } from 'node:fs';
import ts from 'typescript-6';
import { describe, expect, it } from 'vitest';
import type { Dialect } from '../../src/core/dialect.ts';
import { authError } from '../../src/core/errors.ts';
import { REASONS, type ReasonCode } from '../../src/core/reasons.ts';
import type { Reply } from '../../src/core/reply.ts';
import { envelope } from '../../src/dialects/envelope.ts';
import { drf } from '../../src/dialects/drf.ts';
import { oauthDialect } from '../../src/dialects/oauth.ts';
import { problem } from '../../src/dialects/problem.ts';
import { PACKAGE_ROOT, packageEntries } from '../support/package-exports.ts';

const FILE = `${PACKAGE_ROOT}docs/reference/errors.md`;
const page = readFileSync(FILE, 'utf8');
const WIRING = '## Mistakes in the wiring';

const CODES = Object.keys(REASONS) as ReasonCode[];
const DIALECTS: readonly Dialect[] = [envelope(), problem(), drf(), oauthDialect()];

/** How a dialect's body is written on the page; as it is on the wire, where nothing here says it shorter. */
const SHORT: Readonly<Record<string, (body: never) => string>> = {
  envelope: ({ error }: { error: { code: string; message: string } }) =>
    `\`${error.code}\` "${error.message}"`,
  problem: ({ code, title }: { code: string; title: string }) => `\`${code}\` "${title}"`,
};

describe('docs/reference/errors.md', () => {
  it('tells status, meaning and answers of each reason; "npx vitest run test/docs -u" brings it up to date', async () => {
    await expect(CODES.reduce(withFacts, page)).toMatchFileSnapshot(FILE);
  });

  it('has a heading for each reason code, in the order of the table', () => {
    expect(headingsIn(page.split(WIRING)[0])).toEqual(CODES);
  });

  it('says of each reason how to mend it', () => {
    expect(CODES.filter((code) => !/^To mend it: \S/m.test(sectionOf(page, code)))).toEqual([]);
  });

  it('tells the answers of every dialect that is published', () => {
    const published = packageEntries().flatMap(({ name }) => /\/dialects\/(.*)$/.exec(name)?.[1] ?? []);
    expect(DIALECTS.map(({ name }) => name)).toEqual(published);
  });

  it('has a heading with a text for each code of ConfigError', () => {
    expect(headingsIn(page.split(WIRING)[1])).toEqual(configErrorCodes());
    expect(configErrorCodes().filter((code) => sectionOf(page, code).trim() === '')).toEqual([]);
  });
});

function headingsIn(part: string | undefined): readonly string[] {
  return [...(part ?? '').matchAll(/^### (\w+)$/gm)].map(([, code]) => code as string);
}

/** What stands below a heading, up to the next one. */
function sectionOf(text: string, code: string): string {
  return text.split(`### ${code}\n`)[1]?.split(/^##/m)[0] ?? '';
}

/** The page with the facts of a reason, which are the paragraphs of its section up to `To mend it:`. */
function withFacts(text: string, code: ReasonCode, index: number): string {
  const heading = `### ${code}\n`;
  const facts = `\n${REASONS[code].status}. ${REASONS[code].summary}\n\n${answersTo(code).join('\n')}\n\n`;
  if (text.includes(heading)) {
    const section = sectionOf(text, code);
    const mend = section.slice(Math.max(0, section.indexOf('To mend it:')));
    return text.replace(heading + section, () => heading + facts + mend);
  }
  const next = CODES.slice(index + 1).find((each) => text.includes(`### ${each}\n`));
  const place = next === undefined ? WIRING : `### ${next}\n`;
  return text.replace(place, () => `${heading}${facts}To mend it:\n\n${place}`);
}

function answersTo(code: ReasonCode): readonly string[] {
  const context = { schemes: ['Bearer'], method: 'GET', path: '/' } as const;
  return DIALECTS.map((dialect) => {
    const reply = dialect.render(authError(code), context);
    const challenges = reply.headers.flatMap(([name, value]) =>
      name === 'WWW-Authenticate' ? [`, challenged with \`${value}\``] : [],
    );
    return `- ${dialect.name}: ${reply.status} ${bodyOf(dialect.name, reply)}${challenges.join('')}`;
  });
}

function bodyOf(dialect: string, { body }: Reply): string {
  return SHORT[dialect]?.(JSON.parse(body) as never) ?? `\`${body}\``;
}

/** The members of the type, which exists in the source only. */
function configErrorCodes(): readonly string[] {
  const file = `${PACKAGE_ROOT}src/core/errors.ts`;
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.ES2023);
  const type = source.statements.find(
    (each) => ts.isTypeAliasDeclaration(each) && each.name.text === 'ConfigErrorCode',
  ) as ts.TypeAliasDeclaration;
  const members = (type.type as ts.UnionTypeNode).types as unknown as readonly ts.LiteralTypeNode[];
  return members.map(({ literal }) => (literal as ts.StringLiteral).text);
}
