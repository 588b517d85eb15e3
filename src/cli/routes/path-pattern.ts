/** A path as it was written for a router, cut at its slashes. */
export interface PathPattern {
  readonly segments: readonly Segment[];
  readonly endsInSlash: boolean;
}

interface Segment {
  /** A word; exactly one segment, whatever it is; or an expression of which nothing is known. */
  readonly kind: 'literal' | 'any' | 'opaque';
  readonly text: string;
  readonly isCaseSensitive: boolean;
}

/** Everything below the place where it stands. */
export const EVERYWHERE: PathPattern = { segments: [], endsInSlash: false };

/**
 * Reads a path of a router.
 *
 * @param grammar `regexp` for Express 4, where every character may be one of a regular expression; `groups` for Express
 *   5 and `@koa/router`, where only what stands in one segment can be.
 */
export function readPath(path: string, isCaseSensitive: boolean, grammar: 'regexp' | 'groups'): PathPattern {
  const texts = path.split('/').filter((text) => text !== '');
  const known = texts.findIndex((text) => !WORD.test(text) && !PARAMETER.test(text));
  // An alternative or a repetition in the grammar of Express 4 can undo what stands before it.
  const isUndone =
    grammar === 'regexp' && texts.some((text) => !WORD.test(text) && !ENCLOSED_EXPRESSION.test(text));
  const opaqueFrom = isUndone || path.includes('//') ? 0 : known === -1 ? texts.length : known;
  return {
    endsInSlash: path.endsWith('/'),
    segments: texts.map((text, index) => ({
      kind: index >= opaqueFrom ? 'opaque' : PARAMETER.test(text) ? 'any' : 'literal',
      text,
      isCaseSensitive,
    })),
  };
}

/**
 * A path in which every character stands for itself. One that ends in a slash is only met with something behind it, so
 * it is known to cover nothing but what is behind the same.
 */
export function literalPath(path: string, isCaseSensitive: boolean): PathPattern {
  const texts = path.split('/').filter((text) => text !== '');
  const endsInSlash = path.endsWith('/');
  return {
    endsInSlash,
    segments: texts.map((text, index) => {
      const isOpen = endsInSlash && index === texts.length - 1;
      return { kind: isOpen ? 'opaque' : 'literal', text, isCaseSensitive };
    }),
  };
}

/** A path of which only this is known. */
export function opaquePath(text: string): PathPattern {
  return { endsInSlash: false, segments: [{ kind: 'opaque', text, isCaseSensitive: true }] };
}

export function joinPaths(front: PathPattern, path: PathPattern): PathPattern {
  return { segments: [...front.segments, ...path.segments], endsInSlash: path.endsInSlash };
}

export function writtenPath({ segments, endsInSlash }: PathPattern): string {
  const text = `/${segments.map((segment) => segment.text).join('/')}`;
  return endsInSlash && segments.length > 0 ? `${text}/` : text;
}

/**
 * Whether middleware below `mount` surely runs for every request that a route at `path` takes. A parameter in the mount
 * takes any segment; a parameter in the route meets a literal of the mount only sometimes, which is not enough, and so
 * does a route that ignores case where the mount does not. An expression is only known to cover itself, behind the same
 * front.
 */
export function covers(mount: PathPattern, path: PathPattern): boolean {
  const lastOpaque = mount.segments.findLastIndex(({ kind }) => kind === 'opaque');
  return mount.segments.every((above, index) => {
    const below = path.segments[index];
    if (below === undefined) return false;
    if (index <= lastOpaque) return isSame(above, below);
    if (below.kind === 'opaque') return false;
    if (above.kind === 'any') return true;
    if (below.kind === 'any') return false;
    if (above.isCaseSensitive) return below.isCaseSensitive && above.text === below.text;
    return above.text.toLowerCase() === below.text.toLowerCase();
  });
}

function isSame(one: Segment, other: Segment): boolean {
  return one.kind === other.kind && one.text === other.text && one.isCaseSensitive === other.isCaseSensitive;
}

const WORD = /^[\w\-.~%@!&',;=]+$/;
const PARAMETER = /^:\w+$/;
/** A parameter, perhaps optional or with an expression of its own, or a star: nothing that reaches over its segment's start. */
const ENCLOSED_EXPRESSION = /^(?::\w+(?:\([^()]*\))?[?*]?|\*)$/;
