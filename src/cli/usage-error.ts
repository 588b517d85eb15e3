/** The command line, or what it names, is not right; the sentence says what to write instead. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
