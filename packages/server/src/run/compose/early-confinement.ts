import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expectedConfinement } from '../../imaging/confinement/expected.ts';
import { CONFINEMENTS } from '../../imaging/processes/decode-reply.ts';
import { type MeasuredConfinement, measureConfinement } from '../../imaging/processes/measure-confinement.ts';

let measuring: Promise<MeasuredConfinement | undefined> | undefined;

/**
 * How well this system confines decoders, measured once for the process: `start.js` asks before the service's modules
 * are loaded, which takes as long. undefined if it can't be measured here.
 */
export const earlyConfinement = (): Promise<MeasuredConfinement | undefined> => {
  measuring ??= measure();
  return measuring;
};

async function measure(): Promise<MeasuredConfinement | undefined> {
  if (expectedConfinement(CONFINEMENTS).isCertain) return undefined; // nothing to measure, as outside of Linux
  let folder: string | undefined;
  const tidy = () => {
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', tidy); // a start with an error doesn't wait
  try {
    folder = mkdtempSync(join(tmpdir(), 'safelight-level-'));
    return await measureConfinement({ folder });
  } catch {
    return undefined; // such as a full disk: the first job tells why no decoder starts
  } finally {
    process.off('exit', tidy);
    tidy();
  }
}
