import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, open, rename, rm } from 'node:fs/promises';
import { diskFault, unlessAbsent } from '../../object-store/staging/file-fault.ts';

/**
 * Stores bytes with that SHA-256 as `path`, and nothing of other bytes: a file is never there half-written. Returns the
 * SHA-256 that was found, in lower-case hex. `temporary`: a path on the same file system. Errors: those of the body;
 * `insufficient-storage`, `unavailable` of the disk.
 */
export async function writeVerified(
  { path, temporary }: { readonly path: string; readonly temporary: string },
  body: Uint8Array | AsyncIterable<Uint8Array>,
  sha256: string,
): Promise<string> {
  const sum = createHash('sha256');
  try {
    {
      await using file = await open(temporary, 'wx', 0o600);
      for await (const chunk of body instanceof Uint8Array ? [body] : body) {
        sum.update(chunk);
        await file.writeFile(chunk);
      }
    }
    const found = sum.digest('hex');
    if (found === sha256) await rename(temporary, path);
    else await rm(temporary);
    return found;
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw diskFault(error);
  }
}

/** Whether `path` is a file with these bytes. */
export async function hasBytes(
  path: string,
  { sizeBytes, sha256 }: { readonly sizeBytes: number; readonly sha256: string },
): Promise<boolean> {
  const stats = await unlessAbsent(lstat(path));
  if (!stats?.isFile() || stats.size !== sizeBytes) return false;
  const sum = createHash('sha256');
  for await (const chunk of createReadStream(path)) sum.update(chunk);
  return sum.digest('hex') === sha256;
}
