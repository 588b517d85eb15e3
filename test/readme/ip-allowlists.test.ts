import { describe, expect, it } from 'vitest';
import { itPerforms } from './performed-page.ts';

const PAGE = 'docs/guide/ip-allowlists.md';

describe(PAGE, () => {
  const steps = itPerforms({ page: PAGE, startAt: Date.UTC(2027, 2, 1, 9), files: ['portcullis.db'] });

  it('walks through observing, the report, adding, explaining, enforcing, the lock-out, the glass and expiry', () => {
    const commands = steps.flatMap(({ text }) => /^portcullis allowlist ([\w-]+)/.exec(text)?.[1] ?? []);
    const order = [
      'observe',
      'report',
      'add',
      'explain',
      'enforce',
      'enforce',
      'break-glass',
      'explain',
      'remove',
    ];
    let at = -1;
    for (const command of order) {
      at = commands.indexOf(command, at + 1);
      expect([command, at]).not.toEqual([command, -1]);
    }
    const shown = steps.map((step) => step.shown?.text ?? '');
    expect(shown.some((text) => text.includes('would be locked out'))).toBe(true);
    expect(shown.some((text) => text.includes('when it expired'))).toBe(true);
    expect(shown.filter((text) => text.startsWith('HTTP/1.1 403 Forbidden')).length).toBeGreaterThan(1);
  });
});
