import { createHash } from 'node:crypto';
import { AppError } from '../../domain/errors.ts';
import { fileAt, GROUPS, groupPrefix, objectPath } from '../archive/backup/names.ts';
import type { ObjectRefs } from '../archive/backup/object-refs.ts';
import type { TargetPath } from '../archive/place/target.ts';
import type { Verified, VerifyFinding, VerifyOptions } from './verification.ts';

interface Listed {
  readonly path: TargetPath;
  readonly sha256: string;
}

const READS_AT_ONCE = 8;

/** Compares all objects with their names, and with the records that name them. */
export async function verifyObjects(
  options: VerifyOptions,
  refs: ObjectRefs,
  found: (finding: VerifyFinding) => void,
): Promise<Pick<Verified, 'objects' | 'readObjects' | 'readBytes'>> {
  const { target, sample, signal } = options;
  const sampled: Listed[] = [];
  const counts = { objects: 0, readObjects: 0, readBytes: 0 };

  async function read({ path, sha256 }: Listed): Promise<void> {
    signal?.throwIfAborted();
    const source = await target.get(path);
    if (!source) return; // pruned since it was listed, or found missing the next time
    const hash = createHash('sha256');
    try {
      for await (const chunk of source) {
        signal?.throwIfAborted();
        hash.update(chunk);
        counts.readBytes += chunk.byteLength;
      }
    } catch (error) {
      signal?.throwIfAborted(); // no damage: the reason is an AppError too
      if (!(error instanceof AppError)) throw error;
      return found({ kind: 'damaged', path, detail: error.detail });
    }
    counts.readObjects += 1;
    options.onProgress?.({ objects: counts.readObjects, bytes: counts.readBytes });
    const got = hash.digest('hex');
    if (got !== sha256) found({ kind: 'damaged', path, detail: `expected bytes with that SHA-256; got ${got}` });
  }

  /** Each object has the same chance to be among the `sample` (reservoir sampling). */
  function choose(one: Listed, wanted: number): void {
    const place = sampled.length < wanted ? sampled.length : Math.floor(Math.random() * counts.objects);
    if (place < wanted) sampled[place] = one;
  }

  for (const group of GROUPS) {
    const named = refs.group(group);
    const sizes = new Map<string, number>();
    for await (const { path, sizeBytes } of target.list(groupPrefix(group))) {
      signal?.throwIfAborted();
      const file = fileAt(path);
      if (file.kind === 'object') sizes.set(file.sha256, sizeBytes);
      else found({ kind: 'unknown', path, detail: 'expected objects named by their SHA-256 only' });
    }
    const listed: Listed[] = [];
    for (const [sha256, sizeBytes] of sizes) {
      const path = objectPath(sha256);
      const expected = named.get(sha256) ?? sizeBytes;
      counts.objects += 1;
      if (sizeBytes !== expected)
        found({ kind: 'damaged', path, detail: `expected ${expected} bytes; got ${sizeBytes}` });
      else if (sample === undefined) listed.push({ path, sha256 });
      else choose({ path, sha256 }, sample);
    }
    for (const [sha256] of named) {
      const path = objectPath(sha256);
      if (!sizes.has(sha256) && (await target.sizeOf(path)) === undefined)
        found({ kind: 'missing', path, detail: 'expected the bytes of a record; got none' });
    }
    await readAll(listed);
  }
  await readAll(sampled);
  return counts;

  async function readAll(listed: readonly Listed[]): Promise<void> {
    const rest = listed.values();
    await Promise.all(
      Array.from({ length: READS_AT_ONCE }, async () => {
        for (const one of rest) await read(one);
      }),
    );
  }
}
