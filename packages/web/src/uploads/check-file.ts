import { type SafelightClient, SafelightError } from '@safelight/client';

/** Raw files of cameras that begin as a TIFF does. The service refuses them only after all of their bytes. */
const RAW_NAME = /\.(?:dng|nef|nrw|cr2|arw|sr2|pef|srw|3fr)$/i;

/** Why the service would refuse the file, as far as that shows before it is sent. */
export async function reasonAgainst(
  file: File,
  { client, maxBytes }: { readonly client: Pick<SafelightClient, 'typeOf'>; readonly maxBytes: number },
): Promise<SafelightError | undefined> {
  try {
    if ((await client.typeOf(file)) === 'image/tiff' && RAW_NAME.test(file.name)) return rawFile();
  } catch (error) {
    if (error instanceof SafelightError) return error;
    return new SafelightError('unreadable-file', 'expected a file that can be read; got an error', { cause: error });
  }
  if (file.size <= maxBytes) return undefined;
  return new SafelightError('upload-too-large', `expected at most ${maxBytes} bytes; got ${file.size}`, {
    params: { limit_bytes: maxBytes, got_bytes: file.size },
  });
}

const rawFile = (): SafelightError =>
  new SafelightError('unsupported-type', "expected a picture; got a camera's raw file", {
    params: { got: 'image/x-raw' },
  });
