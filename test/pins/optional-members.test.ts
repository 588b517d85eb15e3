import ts from 'typescript-6';
import { describe, expect, it } from 'vitest';
import { PACKAGE_ROOT, packageEntries } from '../support/package-exports.ts';

/** What a member of these replaces is made up by the kit, and `undefined` would replace it by nothing. */
const EXCEPTIONS = [
  'portcullis/testing fakeDirectory(users)',
  'portcullis/testing startFacebook().accessToken(token)',
  'portcullis/testing startGoogle().accessToken(token)',
];

const program = programOf(packageEntries().map(({ source }) => `${PACKAGE_ROOT}${source}`));
const checker = program.getTypeChecker();
const found = packageEntries().flatMap(({ name, source }) => unforgivingMembers(name, source));
const holders = new Set(found.map((path) => path.slice(0, path.lastIndexOf('.'))));

describe('what a host gives to a public function', () => {
  // Under exactOptionalPropertyTypes `{ realm: settings.realm }` compiles only where `realm` says `| undefined`.
  it('may hold undefined for each member that may be left out, at any depth', () => {
    expect(found.filter((path) => !EXCEPTIONS.some((each) => path.startsWith(`${each}.`)))).toEqual([]);
  });

  it('has no exception that is none', () => {
    expect(EXCEPTIONS.filter((each) => !holders.has(each))).toEqual([]);
  });
});

/** The members of an entry's inputs that may be left out and may not be undefined. */
function unforgivingMembers(name: string, source: string): readonly string[] {
  const file = program.getSourceFile(`${PACKAGE_ROOT}${source}`);
  const module = file && checker.getSymbolAtLocation(file);
  if (module === undefined) throw new Error(`${source} is no module`);
  const paths: string[] = [];
  const seen = new Map<ts.Type, Set<boolean>>();

  /** `isGiven`: by the host to the package. What a function takes goes the other way than the function itself. */
  function visit(type: ts.Type, isGiven: boolean, path: string): void {
    const ways = seen.get(type) ?? new Set();
    if (ways.has(isGiven)) return;
    seen.set(type, ways.add(isGiven));
    if (type.isUnionOrIntersection()) for (const each of type.types) visit(each, isGiven, path);
    for (const each of checker.getTypeArguments(type as ts.TypeReference)) visit(each, isGiven, path);
    for (const signature of [...type.getCallSignatures(), ...type.getConstructSignatures()]) {
      for (const each of signature.getParameters()) {
        visit(checker.getTypeOfSymbol(each), !isGiven, `${path}(${each.name})`);
      }
      visit(signature.getReturnType(), isGiven, `${path}()`);
    }
    for (const member of type.getProperties().filter(isOurs)) {
      const of = checker.getTypeOfSymbol(member);
      if (isGiven && isOptionalData(member) && !takesUndefined(of)) paths.push(`${path}.${member.name}`);
      visit(of, isGiven, `${path}.${member.name}`);
    }
  }

  for (const exported of checker.getExportsOfModule(module)) {
    const isAlias = (exported.flags & ts.SymbolFlags.Alias) !== 0;
    const symbol = isAlias ? checker.getAliasedSymbol(exported) : exported;
    if ((symbol.flags & ts.SymbolFlags.Value) !== 0) {
      visit(checker.getTypeOfSymbol(symbol), false, `${name} ${exported.name}`);
    }
  }
  return paths;
}

/** Types of the language and of other packages are theirs to say. */
function isOurs(member: ts.Symbol): boolean {
  return (member.declarations ?? []).some(
    (declaration) =>
      declaration.getSourceFile().fileName.startsWith(PACKAGE_ROOT) &&
      !declaration.getSourceFile().fileName.includes('/node_modules/'),
  );
}

/** An optional method is one that an object has or has not; nobody passes one on from a configuration. */
function isOptionalData(member: ts.Symbol): boolean {
  const isMethod = (member.declarations ?? []).some((each) => ts.isMethodSignature(each));
  return (member.flags & ts.SymbolFlags.Optional) !== 0 && !isMethod;
}

/** The compiler has one `undefined` for what is written so, and another one for what may only be absent. */
function takesUndefined(type: ts.Type): boolean {
  if ((type.flags & (ts.TypeFlags.Any | ts.TypeFlags.Unknown)) !== 0) return true;
  return (type.isUnion() ? type.types : [type]).includes(checker.getUndefinedType());
}

function programOf(files: readonly string[]): ts.Program {
  const read = ts.readConfigFile(`${PACKAGE_ROOT}tsconfig.json`, (path) => ts.sys.readFile(path));
  const { compilerOptions } = read.config as { readonly compilerOptions: unknown };
  const { options } = ts.convertCompilerOptionsFromJson(compilerOptions, PACKAGE_ROOT);
  return ts.createProgram(files, options);
}
