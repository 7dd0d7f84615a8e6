import { existsSync, readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';
import type { Confinement, KnownConfinement } from '../imaging.ts';
import { LAUNCHER } from './plan.ts';

/** Where the kernel lists its security modules, if that file system is mounted. */
const MODULES = '/sys/kernel/security/lsm';

/** The likely level of a decoder, from a file or two, without starting one. A decoder determines the real level. */
export function expectedConfinement(levels: readonly Confinement[]): KnownConfinement {
  if (process.platform !== 'linux' || !existsSync(LAUNCHER)) return { level: 'unconfined', isCertain: true };
  const level = levels.find((one) => one !== 'landlock' || isLandlockLikely()) ?? 'unconfined';
  return { level, isCertain: level === 'unconfined' };
}

function isLandlockLikely(): boolean {
  if (findPackage(`@koromix/koffi-linux-${process.arch}`) === undefined) return false;
  try {
    return readFileSync(MODULES, 'latin1').split(',').includes('landlock');
  } catch {
    return true; // unknown
  }
}

function findPackage(name: string): string | undefined {
  try {
    return findPackageJSON(name, import.meta.url);
  } catch {
    return undefined;
  }
}
