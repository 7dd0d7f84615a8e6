import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { SIGNATURE_BYTES, typeBySignature } from '../../domain/image/file-signature.ts';
import type { ObjectKey } from '../../domain/image/object-key.ts';
import type { ByteRange } from '../../http-semantics/byte-range.ts';
import type { GetOptions, ObjectHead } from '../object-store.ts';
import { unlessAbsent } from '../staging/file-fault.ts';
import { contentBytesOf, contentOf, isChecked, MAX_CHECKED_BYTES } from './checked-file.ts';
import { entityTagOf, inodeOf } from './inode.ts';
import { isContained, pathOf } from './path.ts';

/** One open inode, independent of its key. Dispose of it, or consume or cancel its body. */
export interface OpenObject extends ObjectHead, AsyncDisposable {
  readonly handle: FileHandle;
  readonly inode: string;
  readonly lastModified: Date;
  /** All bytes, if they were read to check them; then the handle is closed. */
  readonly bytes: Uint8Array<ArrayBuffer> | null;
}

/** An object in memory or by its inode, independent of its key. Dispose of it or take its body. */
export interface HeldObject extends ObjectHead, AsyncDisposable {
  readonly lastModified: Date;
  /** The bytes, or a range of them; to be called once. A stream must be consumed or cancelled. */
  body(range?: ByteRange): Promise<Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>>;
}

/** Refuses symbolic links, and doesn't block on a pipe without a writer. */
const FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0); // Windows has neither flag

/**
 * The object under a key of the store at `root`; undefined if there is none, or only a damaged rendition, which
 * `onDamaged` is called with.
 */
export async function openKey(
  root: string,
  key: ObjectKey,
  onDamaged: (damaged: { readonly path: string; readonly inode: string }) => void = () => {},
): Promise<OpenObject | undefined> {
  const path = pathOf(root, key);
  const object = path !== undefined && isContained(path) ? await openObject(path) : undefined;
  if (!path || !object || !isChecked(key)) return object;
  if (object.sizeBytes > MAX_CHECKED_BYTES) return withoutEnd(object);
  const bytes = contentOf(await readFile(object));
  if (bytes) return { ...object, bytes, sizeBytes: bytes.length, [Symbol.asyncDispose]: async () => {} };
  onDamaged({ path, inode: object.inode });
  return undefined;
}

async function withoutEnd(object: OpenObject): Promise<OpenObject> {
  try {
    return { ...object, sizeBytes: await contentBytesOf(object.handle, object.sizeBytes) };
  } catch (error) {
    await object.handle.close();
    throw error;
  }
}

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
        bytes: null,
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

/** The bytes, or a range of them. */
export const bodyOf = (
  object: OpenObject,
  range: ByteRange = WHOLE,
): Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> =>
  object.bytes?.subarray(range.start, range.end + 1) ?? streamOf(object, range);

/** Streams the bytes, or a range of them; the file is closed at the end, or when the stream is cancelled. */
export const streamOf = ({ handle, sizeBytes }: OpenObject, range: ByteRange = WHOLE): ReadableStream<Uint8Array> =>
  Readable.toWeb(handle.createReadStream({ start: range.start, end: Math.max(0, Math.min(range.end, sizeBytes - 1)) }));

/** All bytes of a small file; the file is closed also on failure. */
export const readWhole = async (object: OpenObject): Promise<Uint8Array<ArrayBuffer>> =>
  object.bytes ?? readFile(object);

async function readFile(object: OpenObject): Promise<Buffer<ArrayBuffer>> {
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
