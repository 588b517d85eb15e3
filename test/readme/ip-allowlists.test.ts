import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stepsOf } from './pages.ts';
import { openTranscript, type Transcript } from './transcript.ts';

const PAGE = 'docs/guide/ip-allowlists.md';
const steps = stepsOf(PAGE);
const folder = mkdtempSync(join(tmpdir(), 'portcullis-transcript-'));
let transcript: Transcript;

beforeAll(() => {
  transcript = openTranscript({
    startAt: Date.UTC(2027, 2, 1, 9),
    stands: { "'portcullis.db'": JSON.stringify(join(folder, 'portcullis.db')) },
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
