import { ConfigError } from '../../src/core/errors.ts';

/** The code and the sentence of the `ConfigError` that a call throws; anything else that is thrown stays thrown. */
export function complaint(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof ConfigError) return `${error.code}: ${error.message}`;
    throw error;
  }
  return 'nothing was thrown';
}
