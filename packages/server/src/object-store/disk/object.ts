import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { SIGNATURE_BYTES, typeBySignature } from '../../domain/image/file-signature.ts';
import type { ByteRange } from '../../http-semantics/byte-range.ts';
import type { GetOptions, ObjectHead } from '../object-store.ts';
import { unlessAbsent } from '../staging/file-fault.ts';
import { entityTagOf, inodeOf } from './inode.ts';

/** One open inode, independent of its key. Dispose of it, or consume or cancel its body. */
export interface OpenObject extends ObjectHead, AsyncDisposable {
  readonly handle: FileHandle;
  readonly inode: string;
  readonly lastModified: Date;
}

/** An object in memory or by its inode, independent of its key. Dispose of it or take its body. */
export interface HeldObject extends ObjectHead, AsyncDisposable {
  readonly lastModified: Date;
  /** The bytes, or a range of them; to be called once. A stream must be consumed or cancelled. */
  body(range?: ByteRange): Promise<Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>>;
}

/** Refuses symbolic links, and doesn't block on a pipe without a writer. */
const FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0); // Windows has neither flag

/** The regular file at `path`; undefined if there is none. */
export async function openObject(path: string): Promise<OpenObject | undefined> {
  const handle = await unlessAbsent(open(path, FLAGS));
  if (!handle) return undefined;
  try {
    const stats = await handle.stat({ bigint: true });
    if (stats.isFile())
      return {
        handle,
        inode: inodeOf(stats),
        entityTag: entityTagOf(stats),
        lastModified: stats.mtime,
        sizeBytes: Number(stats.size),
        contentType: await sniff(handle),
        [Symbol.asyncDispose]: () => handle.close(),
      };
  } catch (error) {
    await handle.close();
    throw error;
  }
  await handle.close();
  return undefined;
}

export const headOf = ({ sizeBytes, contentType, entityTag }: ObjectHead): ObjectHead => ({
  sizeBytes,
  contentType,
  entityTag,
});

/** Whether it has the entity tag that a read asks for. */
export const isMatch = ({ entityTag }: Pick<ObjectHead, 'entityTag'>, asked: GetOptions['ifMatch']): boolean =>
  typeof asked !== 'string' || entityTag === asked;

/** Streams the bytes, or a range of them; the file is closed at the end, or when the stream is cancelled. */
export const bodyOf = ({ handle }: OpenObject, range: ByteRange = WHOLE): ReadableStream<Uint8Array> =>
  Readable.toWeb(handle.createReadStream({ start: range.start, end: range.end }));

/** All bytes of a small file; the file is closed also on failure. */
export async function readWhole(object: OpenObject): Promise<Uint8Array<ArrayBuffer>> {
  await using opened = object;
  return opened.handle.readFile();
}

const WHOLE: ByteRange = { start: 0, end: Number.POSITIVE_INFINITY };

/** The store keeps no attributes, so the type is detected from the bytes. */
async function sniff(handle: FileHandle): Promise<string> {
  const head = Buffer.alloc(SIGNATURE_BYTES);
  const { bytesRead } = await handle.read(head, 0, SIGNATURE_BYTES, 0);
  return typeBySignature(head.subarray(0, bytesRead)) ?? 'application/octet-stream';
}
