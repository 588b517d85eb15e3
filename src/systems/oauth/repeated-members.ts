/**
 * The members that a JSON object names more than once at its top level, of which `JSON.parse` keeps the last without a
 * word (RFC 8259 section 4). It takes time linear in the length of the text.
 *
 * @param text The text of a JSON value that has been parsed.
 */
export function repeatedMembers(text: string): ReadonlySet<string> {
  const seen = new Set<string>();
  const repeated = new Set<string>();
  let depth = 0;
  let lastText = '';
  for (const [token] of text.matchAll(TOKEN)) {
    if (token === '{' || token === '[') depth += 1;
    else if (token === '}' || token === ']') depth -= 1;
    else if (token !== ':') lastText = token;
    else if (depth === 1) {
      // Names that are spelled in two ways may be one.
      const name = JSON.parse(lastText) as string;
      if (seen.has(name)) repeated.add(name);
      seen.add(name);
    }
  }
  return repeated;
}

/** Texts as a whole, since they may hold anything, and what gives a value its shape; numbers and words do not matter. */
const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\]:]/g;
