import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Step, stepsOf } from './pages.ts';
import { openTranscript, type Transcript, type TranscriptOptions } from './transcript.ts';

export interface PerformedPage extends Pick<TranscriptOptions, 'startAt' | 'browse'> {
  readonly page: string;
  /** The names of the files that the page writes, which lie in a folder of the tests meanwhile. */
  readonly files: readonly string[];
}

/** Performs a page step by step, each of which is a test: what happens is what the page shows. @returns The steps. */
export function itPerforms({ page, files, ...options }: PerformedPage): readonly Step[] {
  const steps = stepsOf(page);
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-transcript-'));
  const stands = Object.fromEntries(files.map((name) => [`'${name}'`, JSON.stringify(join(folder, name))]));
  let transcript: Transcript;

  beforeAll(() => {
    transcript = openTranscript({ ...options, stands });
  });
  afterAll(async () => {
    await transcript.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it.each(steps.map((step) => ({ ...step, title: `${step.place} ${step.text.split('\n')[0]}` })))(
    'shows what comes of $title',
    async (step) => {
      const { happened, shown } = await transcript.perform(step);
      expect(happened).toEqual(shown);
    },
  );
  return steps;
}
