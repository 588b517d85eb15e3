import type { ParseArgsConfig } from 'node:util';
import type { CliConfig } from './config.ts';

/** How a command ended: done; refused or not found; wrongly called; the store is out of reach. */
export const EXIT = { done: 0, refused: 1, usage: 2, unavailable: 3 } as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** The values of the options and the words of one call. */
export interface Call {
  readonly values: Readonly<Record<string, string | boolean | readonly string[] | undefined>>;
  readonly words: readonly string[];
}

/** What a command has to say: data for `--json`, and the same for people. */
export interface Answer {
  readonly exit: ExitCode;
  readonly json: unknown;
  readonly text: string;
}

/** One command, such as `keys create`. */
export type Command = StoreCommand | StandaloneCommand;

/** A command that works on what the application's configuration exports. */
export interface StoreCommand extends CommandText {
  run(call: Call, config: CliConfig): Promise<Answer>;
}

/** A command that needs no configuration. */
export interface StandaloneCommand extends CommandText {
  runAlone(call: Call): Promise<Answer>;
}

interface CommandText {
  readonly name: string;
  readonly summary: string;
  /** What follows the name, as in `--workspace ID [--name TEXT]`. */
  readonly usage: string;
  readonly examples: readonly string[];
  readonly options: NonNullable<ParseArgsConfig['options']>;
}
