import { describe, expect, it } from 'vitest';
import { importsOf } from '../../support/floors.ts';
import { PACKAGE_ROOT, packageEntries } from '../../support/package-exports.ts';

/** The entries that are about OAuth; whoever imports one of them has asked for it. */
const OWN = /^portcullis\/(?:oauth|oauth-clients|oauth-pages|dialects\/oauth)$/;
const PARTS = /^src\/(?:systems\/oauth\/|services\/oauth-|dialects\/oauth\.ts$)/;

/** Every source that an entry loads, its types included. */
function loadedBy(source: string): ReadonlySet<string> {
  const loaded = new Set<string>();
  const pending = [source];
  for (let file = pending.pop(); file !== undefined; file = pending.pop()) {
    if (loaded.has(file)) continue;
    loaded.add(file);
    for (const { target } of importsOf(PACKAGE_ROOT, file)) if (target !== undefined) pending.push(target);
  }
  return loaded;
}

const entries = packageEntries();

describe('portcullis/oauth', () => {
  it('loads the server, so that this looks at the right sources', () => {
    const own = entries.filter(({ name }) => OWN.test(name));
    expect(own.map(({ name }) => name).toSorted()).toEqual([
      'portcullis/dialects/oauth',
      'portcullis/oauth',
      'portcullis/oauth-clients',
      'portcullis/oauth-pages',
    ]);
    for (const { source } of own)
      expect([...loadedBy(source)].filter((file) => PARTS.test(file))).not.toEqual([]);
  });

  it.each(entries.filter(({ name }) => !OWN.test(name)))(
    'costs nothing to whoever imports $name',
    ({ source }) => {
      expect([...loadedBy(source)].filter((file) => PARTS.test(file))).toEqual([]);
    },
  );
});
