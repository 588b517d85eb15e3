import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { PACKAGE_ROOT } from '../support/package-exports.ts';

interface Locked {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly devOptional?: boolean;
  readonly peer?: boolean;
  readonly hasInstallScript?: boolean;
}

const { packages } = JSON.parse(readFileSync(`${PACKAGE_ROOT}package-lock.json`, 'utf8')) as {
  packages: Readonly<Record<string, Locked>>;
};

/** Everything but the project itself, by its path in node_modules. */
const installed = Object.entries(packages).filter(([path]) => path !== '');

/** What a user of the package installs with it. */
const shipped = installed.filter(
  ([, { dev, optional, devOptional, peer }]) => !dev && !optional && !devOptional && !peer,
);

describe('package-lock.json', () => {
  it('names no registry, so that each machine uses its own', () => {
    expect(installed.filter(([, { resolved }]) => resolved !== undefined).map(([path]) => path)).toEqual([]);
  });

  it('holds the digest of every package', () => {
    expect(
      installed.filter(([, { integrity }]) => !integrity?.startsWith('sha512-')).map(([path]) => path),
    ).toEqual([]);
  });

  // A binary for another platform that the lock file does not list makes `npm ci` refuse the whole of it.
  it('holds the binaries of every platform, not only of the one it was written on', () => {
    const missing = installed.flatMap(([path, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies)
        .filter(
          (name) => !(`node_modules/${name}` in packages) && !(`${path}/node_modules/${name}` in packages),
        )
        .map((name) => `${name} of ${path}`),
    );
    expect(missing).toEqual([]);
  });

  it('ships no package that runs a script when it is installed', () => {
    expect(shipped.filter(([, { hasInstallScript }]) => hasInstallScript).map(([path]) => path)).toEqual([]);
  });

  it('ships fewer than 55 packages', () => {
    expect(shipped.length).toBeLessThan(55);
  });

  // GHSA-869p-cjfg-cm3x: an HMAC whose secret was looked up by what the token says was verified wrongly.
  it('holds a jws with its signature check mended', () => {
    const versions = installed
      .filter(([path]) => path.endsWith('node_modules/jws'))
      .map(([, { version }]) => version);
    expect(versions).not.toEqual([]);
    expect(versions.filter((version) => !isMendedJws(version ?? ''))).toEqual([]);
  });
});

function isMendedJws(version: string): boolean {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number);
  if (major === 3) return minor > 2 || (minor === 2 && patch >= 3);
  return major === 4 ? minor > 0 || patch >= 1 : major > 4;
}
