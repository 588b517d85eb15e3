import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { WorkspaceEvent } from '../../src/core/events.ts';
import { currentWorkspace, runInWorkspace, scoped, unscoped } from '../../src/services/workspaces.ts';

describe('currentWorkspace', () => {
  it('TN-01 throws outside a workspace and says how to mend it', () => {
    expect(() => currentWorkspace()).toThrow(expect.objectContaining({ code: 'workspace_outside' }));
    expect(() => currentWorkspace()).toThrow(/Put workspaceScope\(\) into the guard/);
  });

  it('TN-01 keeps two overlapping flows apart across awaits', async () => {
    const seen = await Promise.all(
      ['a', 'b', 'c'].map((workspace) =>
        runInWorkspace(workspace, async () => {
          await sleep(1);
          await Promise.resolve();
          return currentWorkspace();
        }),
      ),
    );
    expect(seen).toEqual(['a', 'b', 'c']);
  });

  it('refuses a workspace without a name', () => {
    expect(() => runInWorkspace('', () => null)).toThrow(/must be a string that is not empty/);
  });
});

describe('scoped', () => {
  it('TN-01 gives the object of the current workspace and none outside', () => {
    const audiences = scoped((workspace) => ({ list: () => `audiences of ${workspace}` }));
    expect(runInWorkspace('w1', () => audiences().list())).toBe('audiences of w1');
    expect(() => audiences()).toThrow(expect.objectContaining({ code: 'workspace_outside' }));
  });
});

describe('unscoped', () => {
  it('TN-01 leaves the workspace for the callback only, and tells so', () => {
    const events: WorkspaceEvent[] = [];
    const options = { onEvent: (event: WorkspaceEvent) => events.push(event), clock: { now: () => 7 } };
    runInWorkspace('w1', () => {
      unscoped(
        'monthly invoice',
        () => expect(() => currentWorkspace()).toThrow(/has no workspace/),
        options,
      );
      expect(currentWorkspace()).toBe('w1');
    });
    expect(events).toEqual([
      { type: 'workspace', action: 'unscoped', reason: 'monthly invoice', workspace: 'w1', at: 7 },
    ]);
  });

  it('refuses to run without a reason', () => {
    expect(() => unscoped('', () => null)).toThrow(/unscoped\(reason\) must be a string that is not empty/);
  });
});
