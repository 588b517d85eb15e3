import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stepsOf } from './pages.ts';
import { openTranscript, type Transcript } from './transcript.ts';

const PAGE = 'docs/guide/api-keys.md';
const steps = stepsOf(PAGE);
const folder = mkdtempSync(join(tmpdir(), 'portcullis-transcript-'));
let transcript: Transcript;

beforeAll(() => {
  transcript = openTranscript({
    startAt: Date.UTC(2027, 4, 3, 9),
    stands: {
      "'portcullis.db'": JSON.stringify(join(folder, 'portcullis.db')),
      "'audit.jsonl'": JSON.stringify(join(folder, 'audit.jsonl')),
    },
  });
});
afterAll(async () => {
  await transcript.close();
  rmSync(folder, { recursive: true, force: true });
});

describe(PAGE, () => {
  it.each(steps.map((step) => ({ ...step, title: `${step.place} ${step.text.split('\n')[0]}` })))(
    'shows what comes of $title',
    async (step) => {
      const { happened, shown } = await transcript.perform(step);
      expect(happened).toEqual(shown);
    },
  );

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
