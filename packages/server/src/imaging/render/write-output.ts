import { closeSync, constants, openSync, writeFileSync } from 'node:fs';

/** Unlike `w`, it makes no file. */
const INTO_EXISTING = constants.O_WRONLY | constants.O_TRUNC;

/** Writes a decoder's output into its file, which exists: a decoder can make none. Errors: the system's. */
export function writeOutput(path: string, bytes: Uint8Array): void {
  const file = openSync(path, INTO_EXISTING);
  try {
    writeFileSync(file, bytes);
  } finally {
    closeSync(file);
  }
}
