import { type SafelightClient, SafelightError } from '@safelight/client';

/** Why the service would refuse the file, as far as that shows before it is sent. */
export async function reasonAgainst(
  file: Blob,
  { client, maxBytes }: { readonly client: Pick<SafelightClient, 'typeOf'>; readonly maxBytes: number },
): Promise<SafelightError | undefined> {
  try {
    await client.typeOf(file);
  } catch (error) {
    if (error instanceof SafelightError) return error;
    return new SafelightError('unreadable-file', 'expected a file that can be read; got an error', { cause: error });
  }
  if (file.size <= maxBytes) return undefined;
  return new SafelightError('upload-too-large', `expected at most ${maxBytes} bytes; got ${file.size}`, {
    params: { limit_bytes: maxBytes, got_bytes: file.size },
  });
}
