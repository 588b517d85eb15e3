import { startFacebook, startGoogle, type LoopbackFacebook, type LoopbackGoogle } from 'portcullis/testing';
import { afterAll, beforeAll } from 'vitest';
import { buildExamples, endHostsAfterAll } from './host.ts';

/** Google and Facebook on the loopback interface, for hosts of the tests. To be read in tests only. */
export interface LoopbackProviders {
  readonly google: LoopbackGoogle;
  readonly facebook: LoopbackFacebook;
  /** The variables that lead a host to both. */
  readonly environment: Readonly<Record<string, string>>;
}

/** Builds the host and starts both before the tests of a file, and ends hosts and providers after it; a file calls it once. */
export function loopbackProviders(): LoopbackProviders {
  let google: LoopbackGoogle;
  let facebook: LoopbackFacebook;

  beforeAll(async () => {
    buildExamples();
    [google, facebook] = [await startGoogle(), await startFacebook()];
  }, 120_000);
  endHostsAfterAll();
  afterAll(async () => {
    await google.stop();
    await facebook.stop();
  });

  return {
    get google() {
      return google;
    },
    get facebook() {
      return facebook;
    },
    get environment() {
      return { ...google.environment, ...facebook.environment };
    },
  };
}
