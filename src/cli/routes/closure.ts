import type { Runtime, Session } from 'node:inspector';

/**
 * The variables that a function has kept from the function that made it; `null` where they cannot be read. Express,
 * `koa-mount` and `koa-compose` hide what they wrap in such variables, and calling the wrapper to find it would run the
 * host's handlers. V8's inspector reads them without running anything.
 */
export function closureOf(subject: Function): ReadonlyMap<string, unknown> | null {
  let session: Session | undefined;
  try {
    session = new (process.getBuiltinModule('node:inspector').Session)();
    session.connect();
    return readClosure(session, subject);
  } catch {
    // A Node.js without the inspector, or one that does not allow it: the caller lists the function as unseen.
    return null;
  } finally {
    session?.disconnect();
  }
}

function readClosure(session: Session, subject: Function): ReadonlyMap<string, unknown> | null {
  const desk: Desk = { subject, kept: new Map() };
  const deskId = handleOf(session, desk);
  const subjectId = callOn(session, deskId, 'function () { return this.subject; }', []).result.objectId;
  const inside = propertiesOf(session, subjectId).internalProperties ?? [];
  const scopes = inside.find(({ name }) => name === '[[Scopes]]')?.value?.objectId;
  const nearest = propertiesOf(session, scopes).result.find(({ name }) => name === '0')?.value;
  if (nearest?.description?.startsWith('Closure') !== true) return null;
  for (const { name, value } of propertiesOf(session, nearest.objectId).result) {
    const held = value?.objectId === undefined ? { value: value?.value as unknown } : value;
    callOn(session, deskId, 'function (name, value) { this.kept.set(name, value); }', [
      { value: name },
      'objectId' in held ? { objectId: held.objectId } : held,
    ]);
  }
  return desk.kept;
}

/** Where values go in and out, since the inspector only knows its own names for them. */
interface Desk {
  readonly subject: Function;
  readonly kept: Map<string, unknown>;
}

/** The inspector's name for an object: found under a global name that is gone again at once. */
function handleOf(session: Session, desk: Desk): string {
  const name = `portcullis ${Math.random()}`;
  const globals = globalThis as Record<string, unknown>;
  globals[name] = desk;
  try {
    // A test runner's modules may live in a context of their own, with another `globalThis` than the process'.
    const contexts: number[] = [];
    session.on('Runtime.executionContextCreated', ({ params }) => contexts.push(params.context.id));
    ask(session, 'Runtime.enable', {});
    for (const contextId of contexts) {
      const expression = `globalThis[${JSON.stringify(name)}]`;
      const { result } = ask(session, 'Runtime.evaluate', {
        contextId,
        expression,
      }) as Runtime.EvaluateReturnType;
      if (result.objectId !== undefined) return result.objectId;
    }
    throw new Error('no context has this global');
  } finally {
    delete globals[name];
  }
}

function propertiesOf(session: Session, objectId: string | undefined): Runtime.GetPropertiesReturnType {
  return ask(session, 'Runtime.getProperties', {
    objectId,
    ownProperties: true,
  }) as Runtime.GetPropertiesReturnType;
}

function callOn(
  session: Session,
  objectId: string,
  functionDeclaration: string,
  args: readonly Runtime.CallArgument[],
): Runtime.CallFunctionOnReturnType {
  return ask(session, 'Runtime.callFunctionOn', {
    objectId,
    functionDeclaration,
    arguments: args,
  }) as Runtime.CallFunctionOnReturnType;
}

/** A session on its own thread answers before `post` returns. */
function ask(session: Session, method: string, params: object): unknown {
  let answer: { readonly error: Error | null; readonly result: unknown } | undefined;
  session.post(method, params, (error, result: unknown) => {
    answer = { error, result };
  });
  if (answer === undefined || answer.error !== null) throw answer?.error ?? new Error('no answer');
  return answer.result;
}
