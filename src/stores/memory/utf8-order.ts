/**
 * Compares two well-formed texts by the bytes of their UTF-8, which is the order of their code points. JavaScript's own
 * order goes by UTF-16 units and puts U+E000 to U+FFFF after the supplementary planes.
 */
export function compareUtf8(one: string, other: string): number {
  const shorter = Math.min(one.length, other.length);
  for (let at = 0; at < shorter; at++) {
    const difference = rank(one.charCodeAt(at)) - rank(other.charCodeAt(at));
    if (difference !== 0) return difference;
  }
  return one.length - other.length;
}

/** Puts surrogates, of which supplementary characters are made, above every other unit. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}
