import { describe, expect, it } from 'vitest';
import { itPerforms } from './performed-page.ts';

const PAGE = 'docs/guide/api-keys.md';

describe(PAGE, () => {
  const steps = itPerforms({
    page: PAGE,
    startAt: Date.UTC(2027, 4, 3, 9),
    files: ['portcullis.db', 'audit.jsonl'],
  });

  it('AK-06 walks a rotation from the creation of a key to the end of its first secret', () => {
    const commands = steps.flatMap(({ text }) => /\bportcullis keys ([\w-]+)/.exec(text)?.[1] ?? []);
    expect(commands).toEqual([
      'create',
      'list',
      'update',
      'rotate',
      'usage',
      'finish-rotation',
      'finish-rotation',
      'usage',
      'revoke',
    ]);
    const statuses = steps.flatMap(({ shown }) => /^HTTP\/1.1 (\d+)/.exec(shown?.text ?? '')?.[1] ?? []);
    expect(statuses).toEqual(['200', '403', '200', '200', '200', '401', '401', '200', '429']);
    expect(steps.filter(({ shown }) => shown?.text.includes('\nDeprecation: ') === true)).toHaveLength(1);
  });
});
