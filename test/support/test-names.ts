import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript-6';

/** One test as its source declares it. */
export interface DeclaredTest {
  /** The titles of the suites around it, its own title, and the strings of its table when the title has a slot for them. */
  readonly titles: readonly string[];
  /** `skipped` covers skip, todo and fails; `conditional` covers skipIf and runIf; `focused` is only. */
  readonly state: 'runs' | 'skipped' | 'conditional' | 'focused';
  readonly file: string;
  readonly line: number;
}

/** Every test file below a folder. */
export function testFiles(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts') && !/(^|\/)(node_modules|consumers)\//.test(name))
    .map((name) => join(folder, name))
    .toSorted();
}

/**
 * The tests that a file declares, read from its syntax tree: what stands in a comment or in a string is no test, and a
 * suite without a test in it shows nothing.
 */
export function testsDeclaredIn(
  file: string,
  text: string = readFileSync(file, 'utf8'),
): readonly DeclaredTest[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2023, true);
  const found: DeclaredTest[] = [];

  function visit(node: ts.Node, titles: readonly string[], state: DeclaredTest['state']): void {
    const call = ts.isCallExpression(node) ? declarationOf(node) : undefined;
    if (call === undefined) {
      const within = ts.isCallExpression(node) ? [...titles, ...titleForHelper(node)] : titles;
      ts.forEachChild(node, (child) => visit(child, within, state));
      return;
    }
    const own = [...titles, ...titlesOf(call)];
    const stateHere = strongest(state, stateOf(call));
    if (call.root === 'it' || call.root === 'test') {
      const { line } = source.getLineAndCharacterOfPosition(call.node.getStart(source));
      found.push({ titles: own, state: stateHere, file, line: line + 1 });
      return;
    }
    for (const argument of call.node.arguments) visit(argument, own, stateHere);
  }

  visit(source, [], 'runs');
  return found;
}

interface Declaration {
  readonly node: ts.CallExpression;
  readonly root: string;
  /** The words between the root and the title: `each`, `skip`, `concurrent` … */
  readonly modifiers: readonly string[];
  /** The arguments given to the modifiers, so the table of `each`. */
  readonly tables: readonly ts.Node[];
}

const ROOTS = new Set(['it', 'test', 'describe', 'suite']);
const TAKES_ARGUMENTS = new Set(['each', 'for', 'skipIf', 'runIf', 'extend']);

/** Takes `it.skipIf(x).each(table)(title, body)` apart; undefined when the call declares neither a test nor a suite. */
function declarationOf(node: ts.CallExpression): Declaration | undefined {
  const { expression } = node;
  if (ts.isPropertyAccessExpression(expression) && TAKES_ARGUMENTS.has(expression.name.text))
    return undefined;
  const modifiers: string[] = [];
  const tables: ts.Node[] = [];
  let rest: ts.Expression = expression;
  while (!ts.isIdentifier(rest)) {
    if (ts.isPropertyAccessExpression(rest)) {
      modifiers.push(rest.name.text);
      rest = rest.expression;
    } else if (ts.isCallExpression(rest)) {
      tables.push(...rest.arguments);
      rest = rest.expression;
    } else if (ts.isTaggedTemplateExpression(rest)) {
      tables.push(rest.template);
      rest = rest.tag;
    } else {
      return undefined;
    }
  }
  return ROOTS.has(rest.text) && node.arguments.length > 0
    ? { node, root: rest.text, modifiers, tables }
    : undefined;
}

/** The title in `onEachFramework(title, () => { it(...) })`, where a helper of the tests declares the suite. */
function titleForHelper(node: ts.CallExpression): readonly string[] {
  const [title, ...others] = node.arguments;
  const hasBody = others.some((other) => ts.isArrowFunction(other) || ts.isFunctionExpression(other));
  return hasBody && title !== undefined && ts.isStringLiteralLike(title) ? [title.text] : [];
}

function titlesOf({ node, tables }: Declaration): readonly string[] {
  const title = node.arguments[0];
  if (title === undefined) return [];
  const texts = textsIn(title);
  const hasSlot = texts.some((text) => /[%$]/.test(text));
  return hasSlot ? [...texts, ...tables.flatMap((table) => textsIn(table))] : texts;
}

/** The strings that a piece of source holds, also through a constant of the same file. */
function textsIn(node: ts.Node, seen: ReadonlySet<ts.Node> = new Set()): readonly string[] {
  if (ts.isStringLiteralLike(node)) return [node.text];
  if (ts.isTemplateExpression(node)) {
    return [[node.head.text, ...node.templateSpans.map((span) => span.literal.text)].join('${}')];
  }
  if (ts.isIdentifier(node)) {
    const value = constantNamed(node.text, node.getSourceFile());
    return value === undefined || seen.has(value) ? [] : textsIn(value, new Set([...seen, value]));
  }
  const texts: string[] = [];
  ts.forEachChild(node, (child) => {
    texts.push(...textsIn(child, seen));
  });
  return texts;
}

function constantNamed(name: string, source: ts.SourceFile): ts.Expression | undefined {
  for (const statement of source.statements) {
    if (!ts.isVariableStatement(statement)) continue;
    for (const { name: declared, initializer } of statement.declarationList.declarations) {
      if (ts.isIdentifier(declared) && declared.text === name) return initializer;
    }
  }
  return undefined;
}

function stateOf({ node, root, modifiers }: Declaration): DeclaredTest['state'] {
  const words = new Set([...modifiers, ...node.arguments.flatMap(switchesIn)]);
  if (words.has('only')) return 'focused';
  if (['skip', 'todo', 'fails'].some((word) => words.has(word))) return 'skipped';
  // A title without a body is a test that is still to be written.
  if (node.arguments.length === 1 && (root === 'it' || root === 'test')) return 'skipped';
  return words.has('skipIf') || words.has('runIf') ? 'conditional' : 'runs';
}

/** The switches of an options object, as in `it(title, { skip: true }, body)`. */
function switchesIn(argument: ts.Expression): readonly string[] {
  if (!ts.isObjectLiteralExpression(argument)) return [];
  return argument.properties.flatMap((property) =>
    property.name !== undefined && ts.isIdentifier(property.name) ? [property.name.text] : [],
  );
}

const STRENGTH: readonly DeclaredTest['state'][] = ['runs', 'conditional', 'focused', 'skipped'];

function strongest(one: DeclaredTest['state'], other: DeclaredTest['state']): DeclaredTest['state'] {
  return STRENGTH.indexOf(one) >= STRENGTH.indexOf(other) ? one : other;
}
