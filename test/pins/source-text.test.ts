import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import ts from 'typescript-6';
import { describe, expect, it } from 'vitest';
import { sourceFiles } from '../support/floors.ts';
import { PACKAGE_ROOT } from '../support/package-exports.ts';
import { testFiles, testsDeclaredIn } from '../support/test-names.ts';

const LIBRARY = sourceFiles(PACKAGE_ROOT, ['src', 'strategies']);

/** Control and format characters (reordering, invisible, byte order mark) and odd line ends; tabs have no use here. */
const DECEPTIVE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

describe('the sources', () => {
  // Two letters that look alike can make a comparison, a host name or a comment say something else than it reads. With
  // ASCII alone nobody has to wonder; a text that needs another character writes it as an escape. There are two exceptions:
  // the sign for what an example leaves out, which looks like no letter and is an error in code; and the strings of the
  // store conformance suite, which are the data that it stores.
  it('hold ASCII in src and strategies', () => {
    const found = LIBRARY.flatMap((file) => {
      const text = file.startsWith('src/stores/testing/') ? withoutStrings(file) : read(file);
      return linesMatching(file, text, /[^\p{ASCII}\u2026]/u);
    });
    expect(found).toEqual([]);
  });

  it('hold no invisible and no reordering character in any text file of the project', () => {
    expect(textFiles().flatMap((file) => linesMatching(file, read(file), DECEPTIVE))).toEqual([]);
  });

  it('have no private name in strategies, since Passport runs them on an object made from the prototype', () => {
    const found = LIBRARY.filter((file) => file.startsWith('strategies/')).flatMap((file) =>
      nodesIn(file, ts.isPrivateIdentifier),
    );
    expect(found).toEqual([]);
  });

  it('import relative files by their real name, which ends in .ts', () => {
    const wrong = LIBRARY.flatMap((file) =>
      ts
        .preProcessFile(read(file), true, true)
        .importedFiles.filter(({ fileName }) => fileName.startsWith('.') && !fileName.endsWith('.ts'))
        .map(({ fileName }) => `${file}: ${fileName}`),
    );
    expect(wrong).toEqual([]);
  });
});

describe('the tests', () => {
  it('are neither skipped nor focused; what a machine lacks is asked with skipIf', () => {
    const off = testFiles(join(PACKAGE_ROOT, 'test'))
      .flatMap((file) => testsDeclaredIn(file))
      .filter(({ state }) => state === 'skipped' || state === 'focused')
      .map(({ file, line, titles }) => `${relative(PACKAGE_ROOT, file)}:${line} ${titles.join(' > ')}`);
    expect(off).toEqual([]);
  });
});

function read(file: string): string {
  return readFileSync(join(PACKAGE_ROOT, file), 'utf8');
}

function linesMatching(file: string, text: string, pattern: RegExp): readonly string[] {
  return text
    .split('\n')
    .flatMap((line, index) => (pattern.test(line) ? [`${file}:${index + 1}: ${JSON.stringify(line)}`] : []));
}

/** The text of a file with the content of its strings and templates taken out, line for line. */
function withoutStrings(file: string): string {
  const source = ts.createSourceFile(file, read(file), ts.ScriptTarget.ES2023, true);
  const pieces: string[] = [];
  let end = 0;
  function visit(node: ts.Node): void {
    if (!ts.isStringLiteralLike(node) && !ts.isTemplateLiteralToken(node)) {
      ts.forEachChild(node, visit);
      return;
    }
    pieces.push(
      source.text.slice(end, node.getStart(source)),
      node.getText(source).replaceAll(/[^\n]/g, '_'),
    );
    end = node.end;
  }
  visit(source);
  return pieces.join('') + source.text.slice(end);
}

function nodesIn(file: string, isWanted: (node: ts.Node) => boolean): readonly string[] {
  const source = ts.createSourceFile(file, read(file), ts.ScriptTarget.ES2023, true);
  const found: string[] = [];
  function visit(node: ts.Node): void {
    if (isWanted(node)) found.push(`${file}: ${node.getText(source)}`);
    ts.forEachChild(node, visit);
  }
  visit(source);
  return found;
}

function textFiles(folder = ''): readonly string[] {
  return readdirSync(join(PACKAGE_ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return MADE.test(entry.name) ? [] : textFiles(path);
    return TEXT.test(entry.name) ? [path] : [];
  });
}

const TEXT = /\.(ts|mjs|js|json|md|sql|lua|html|css|yml)$|^(LICENSE|run)$/;
const MADE = /^(node_modules|dist|dist\..*|coverage|\.git|\.data)$/;
