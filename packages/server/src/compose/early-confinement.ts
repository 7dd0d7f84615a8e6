import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type MeasuredConfinement, measureConfinement } from '../imaging/processes/measure-confinement.ts';

let measuring: Promise<MeasuredConfinement | undefined> | undefined;

/**
 * How well this system confines decoders, measured once for the process: `start.js` asks before the service's modules are loaded, which
 * takes as long. undefined if it can't be measured here.
 */
export const earlyConfinement = (): Promise<MeasuredConfinement | undefined> => {
  measuring ??= measure();
  return measuring;
};

async function measure(): Promise<MeasuredConfinement | undefined> {
  let folder: string | undefined;
  try {
    folder = mkdtempSync(join(tmpdir(), 'safelight-level-'));
    return await measureConfinement({ folder });
  } catch {
    return undefined; // such as a full disk: the first job tells why no decoder starts
  } finally {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  }
}
