import { createHash } from 'node:crypto';
import { read } from 'node:fs';
import { promisify } from 'node:util';

const BUFFER_BYTES = 256 * 1024;

const readAt = promisify(read);

/** SHA-256 of all bytes of an open file, in lower-case hex. */
export async function hashFile(descriptor: number): Promise<string> {
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafe(BUFFER_BYTES);
  for (let position = 0; ; ) {
    const { bytesRead } = await readAt(descriptor, buffer, 0, BUFFER_BYTES, position);
    if (bytesRead === 0) return hash.digest('hex');
    hash.update(buffer.subarray(0, bytesRead));
    position += bytesRead;
  }
}
