import { ConfigError, StoreError } from 'portcullis';
import { SetupError } from './environment.ts';

/** Prints the sentence of a mistake that whoever starts the program can mend; anything else is a defect, and is thrown. */
export function sayWhatIsWrong(error: unknown): void {
  const isMendable = [SetupError, ConfigError, StoreError].some((kind) => error instanceof kind);
  if (!isMendable) throw error;
  console.error((error as Error).message);
  process.exitCode = 2;
}
