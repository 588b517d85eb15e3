/**
 * A family's data in pieces. Redis keeps a small hash in one block as long as no value of it is longer than 64 bytes, and
 * otherwise in a table that takes two and a half times the memory; longer data are cut for this. What would need more
 * than a few pieces stays in one.
 */
export function chunksOf(data: string): readonly string[] {
  const chunks: string[] = [];
  let chunk = '';
  let bytes = 0;
  // By code points, so that no piece ends within a character.
  for (const character of data) {
    const size = Buffer.byteLength(character);
    if (bytes + size > MOST_BYTES) {
      chunks.push(chunk);
      chunk = '';
      bytes = 0;
    }
    chunk += character;
    bytes += size;
  }
  chunks.push(chunk);
  return chunks.length > CHUNKS ? [data] : chunks;
}

/** The data that pieces were cut from. */
export function dataIn(chunks: readonly (string | null)[]): string {
  return chunks.filter((chunk) => chunk !== null).join('');
}

/** The value of `hash-max-listpack-value` that Redis and Valkey come with. */
const MOST_BYTES = 64;

/** How many pieces there are at most. */
export const CHUNKS = 8;
