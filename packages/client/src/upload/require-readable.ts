import { SafelightError } from '../errors.ts';

/** Browsers report a file that changed as a cut connection. Errors: `file-changed`. */
export async function requireReadable(file: Blob): Promise<void> {
  try {
    await file.slice(0, 1).arrayBuffer();
  } catch (cause) {
    throw new SafelightError('file-changed', 'expected the file as it was; got another or none: choose it again', {
      cause,
    });
  }
}
