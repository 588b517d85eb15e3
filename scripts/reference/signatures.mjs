// How a declaration is written, without its body, on one line.
import ts from 'typescript-6';
import { checker } from './program.mjs';

const printer = ts.createPrinter({ removeComments: true });

/** Empty for what nobody can call. @param {ts.Declaration} declaration */
export function signatureOf(declaration) {
  if (ts.isFunctionDeclaration(declaration)) return functionSignature(declaration);
  if (ts.isClassDeclaration(declaration)) {
    const taken = declaration.members
      .filter(ts.isConstructorDeclaration)
      .map((each) => each.parameters.map((parameter) => parameter.getText()).join(', '));
    return `class ${declaration.name?.text}${heritageOf(declaration)}: new (${taken[0] ?? ''})`;
  }
  if (ts.isInterfaceDeclaration(declaration))
    return `interface ${declaration.name.text}${heritageOf(declaration)}`;
  if (ts.isTypeAliasDeclaration(declaration)) return oneLine(declaration.getText().replace(/^export /, ''));
  const type = checker.typeToString(checker.getTypeAtLocation(declaration));
  return oneLine(`const ${declaration.getText().replace(/ = [^]*$/, '')}: ${type}`);
}

/** A member as the source has it. @param {ts.ClassElement | ts.TypeElement} member */
export function memberSignature(member) {
  const text = oneLine(member.getText().replace(/\s*\{\s*$/, ''))
    .replace(/^readonly /, '')
    .replace(/;$/, '');
  return ts.isMethodDeclaration(member) ? text.slice(0, text.indexOf(' {') + 1 || undefined).trim() : text;
}

/** @param {ts.FunctionDeclaration} declaration */
function functionSignature(declaration) {
  const { name, typeParameters, parameters, type } = declaration;
  // Of an overloaded function the last declaration is the implementation, which nobody can call.
  const declarations = name && checker.getSymbolAtLocation(name)?.declarations;
  if (declaration.body !== undefined && (declarations?.length ?? 1) > 1) return '';
  const bare = ts.factory.updateFunctionDeclaration(
    declaration,
    undefined,
    undefined,
    name,
    typeParameters,
    parameters,
    type,
    undefined,
  );
  const text = printer.printNode(ts.EmitHint.Unspecified, bare, declaration.getSourceFile());
  return oneLine(text.replace(/;$/, ''));
}

/** @param {ts.ClassDeclaration | ts.InterfaceDeclaration} declaration */
function heritageOf(declaration) {
  const parameters = declaration.typeParameters?.map((each) => each.getText()).join(', ');
  const clauses = declaration.heritageClauses?.map((clause) => ` ${clause.getText()}`).join('') ?? '';
  return `${parameters === undefined ? '' : `<${parameters}>`}${clauses}`;
}

/** @param {string} text */
function oneLine(text) {
  return text.replaceAll(/\s+/g, ' ');
}
