import { ConfigError } from './errors.ts';
import { suggest } from './suggest.ts';

/** Reads one option: returns the parsed value or throws {@link ConfigError}. `path` names it, as in `guard.realm`. */
export type Reader<T> = (value: unknown, path: string) => T;

/** What a host may give in part: a member that is undefined is left out, as in every option. */
export type PartialOrUndefined<T> = { readonly [K in keyof T]?: T[K] | undefined };

type Shape = Readonly<Record<string, Reader<unknown>>>;
type Parsed<S extends Shape> = { readonly [K in keyof S]: S[K] extends Reader<infer T> ? T : never };

/**
 * Parses a factory's options once, when the factory runs. Unknown keys are refused with the name that was probably meant.
 *
 * @param owner The factory's name, which begins every message.
 * @throws {@link ConfigError} `option_unknown`, `option_missing`, `option_invalid`.
 */
export function parseOptions<S extends Shape>(owner: string, options: unknown, shape: S): Parsed<S> {
  if (!isPlainObject(options)) {
    throw new ConfigError('option_invalid', `${owner}: options must be an object, not ${describe(options)}.`);
  }
  for (const key of Object.keys(options)) {
    if (Object.hasOwn(shape, key)) continue;
    const meant = suggest(key, Object.keys(shape));
    const hint =
      meant === undefined ? `known options are ${Object.keys(shape).join(', ')}` : `did you mean "${meant}"?`;
    throw new ConfigError('option_unknown', `${owner}: unknown option "${key}"; ${hint}`);
  }
  const parsed: Record<string, unknown> = {};
  for (const [key, read] of Object.entries(shape)) {
    parsed[key] = read(Object.hasOwn(options, key) ? options[key] : undefined, `${owner}.${key}`);
  }
  return parsed as Parsed<S>;
}

/** Makes an option optional, with the value it has when it is absent. */
export function optional<T>(read: Reader<T>): Reader<T | undefined>;
export function optional<T, const D>(read: Reader<T>, fallback: D): Reader<T | D>;
export function optional<T, D>(read: Reader<T>, fallback?: D): Reader<T | D | undefined> {
  return (value, path) => (value === undefined ? fallback : read(value, path));
}

/** Lets an option be `null`, where `null` has a meaning of its own that must be written out. */
export function nullable<T>(read: Reader<T>): Reader<T | null> {
  return (value, path) => (value === null ? null : read(value, path));
}

export const text: Reader<string> = (value, path) => {
  if (typeof value !== 'string' || value === '') throw wrong(path, 'a string that is not empty', value);
  return value;
};

/** Text for people. Control and format characters could rewrite what a terminal or a page shows of a list. */
export function line(mostCharacters: number): Reader<string> {
  return (value, path) => {
    const read = text(value, path);
    if (Array.from(read).length > mostCharacters || UNPRINTABLE.test(read)) {
      throw wrong(path, `text of at most ${mostCharacters} characters on one line`, value);
    }
    return read;
  };
}

const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

export const flag: Reader<boolean> = (value, path) => {
  if (typeof value !== 'boolean') throw wrong(path, 'true or false', value);
  return value;
};

/** A whole number within bounds, both included. */
export function integer(least: number, most: number = Number.MAX_SAFE_INTEGER): Reader<number> {
  return (value, path) => {
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < least || value > most) {
      const range = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
      throw wrong(path, `a whole number ${range}`, value);
    }
    return value;
  };
}

export function oneOf<const T extends string | number>(...values: readonly T[]): Reader<T> {
  return (value, path) => {
    if (values.includes(value as T)) return value as T;
    const meant = typeof value === 'string' ? suggest(value, values.map(String)) : undefined;
    const hint = meant === undefined ? '' : ` Did you mean "${meant}"?`;
    throw wrong(path, `one of ${values.map((each) => `"${each}"`).join(', ')}`, value, hint);
  };
}

/** A callback. Its own type cannot be checked at run time, so it is named here. */
export function callback<F extends (...args: never[]) => unknown>(): Reader<F> {
  return (value, path) => {
    if (typeof value !== 'function') throw wrong(path, 'a function', value);
    return value as F;
  };
}

/** An object that has these methods, such as a clock or a store. */
export function implementing<T>(what: string, ...methods: readonly (keyof T & string)[]): Reader<T> {
  return (value, path) => {
    const lacks = methods.find(
      (method) => typeof (value as Record<string, unknown> | null | undefined)?.[method] !== 'function',
    );
    if (lacks !== undefined) throw wrong(path, `${what}, which has a method "${lacks}"`, value);
    return value as T;
  };
}

/** A list with at least one item. A single item may stand for a list of one. */
export function listOf<T>(read: Reader<T>): Reader<readonly T[]> {
  return (value, path) => {
    if (!Array.isArray(value)) return [read(value, path)];
    if (value.length === 0) throw wrong(path, 'a list that is not empty', value);
    return value.map((item, index) => read(item, `${path}[${index}]`));
  };
}

/** The refusal of one option: what it must be, and what kind of thing it was; never the value, which may be a secret. */
export function wrong(path: string, must: string, value: unknown, hint: string = ''): ConfigError {
  if (value === undefined)
    return new ConfigError('option_missing', `${path} is required: give ${must}.${hint}`);
  return new ConfigError('option_invalid', `${path} must be ${must}, not ${describe(value)}.${hint}`);
}

function describe(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (value === '') return 'an empty string';
  if (typeof value === 'number') return `the number ${value}`;
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'undefined') return 'undefined';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
