import { afterEach, beforeEach, vi } from 'vitest';
import type { CliConfig } from '../../src/cli/config.ts';
import type { AllowlistEvent } from '../../src/core/events.ts';
import { allowlists, type Allowlists } from '../../src/services/allowlists.ts';
import { memoryStore } from '../../src/stores/memory.ts';
import { toolFolder, toolOn, type Tool, type ToolRun } from './tool.ts';

/** The tool and the lists of an application in this process. */
export interface AllowlistStage {
  readonly tool: Tool;
  readonly lists: Allowlists;
  readonly events: AllowlistEvent[];
  readonly config: CliConfig;
}

/** 2027-03-01T09:00:00Z, when each test begins. */
export const NOW = Date.UTC(2027, 2, 1, 9);

/** Stands the clock of the machine still for each test of a file. */
export function standStill(): void {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['Date'], now: NOW });
  });
  afterEach(() => {
    vi.useRealTimers();
  });
}

export const folder = toolFolder();

export function stage(more: Partial<CliConfig> = {}): AllowlistStage {
  const store = memoryStore();
  const events: AllowlistEvent[] = [];
  const lists = allowlists({ store, onEvent: (event) => events.push(event) });
  const config = { store, allowlists: lists, ...more };
  return { tool: toolOn(folder, config), lists, events, config };
}

/** How a call ends that did what it was to do, printing these lines. */
export const done = (...lines: readonly string[]): ToolRun => ({ exit: 0, out: lines.join('\n'), error: '' });
export const refused = (...lines: readonly string[]): ToolRun => ({
  exit: 1,
  out: lines.join('\n'),
  error: '',
});
export const wrong = (sentence: string): ToolRun => ({ exit: 2, out: '', error: `portcullis: ${sentence}` });

export const UNGUARDED =
  'Nobody has looked whether you stay in: give the address that you come from with --from next time.';
