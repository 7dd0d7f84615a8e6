import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { AppError } from '../../domain/errors.ts';
import type { ObjectKey } from '../../domain/image/object-key.ts';
import type { Halt } from '../../flow/halt.ts';
import type { DiskSpace } from '../disk-space.ts';
import {
  type MultipartUpload,
  type MultipartUploads,
  partCount,
  partLength,
  type UnfinishedUpload,
} from '../multipart.ts';
import { onDisk } from '../staging/file-fault.ts';
import {
  ARRIVED,
  type FoundUpload,
  findUpload,
  HERE,
  MISSING,
  nothingArrived,
  type PartSizes,
} from './arrived-parts.ts';
import type { Folders } from './folders.ts';
import { listFiles } from './list.ts';
import { createPartWriters, SUPERSEDED } from './part-writers.ts';
import { isContained, pathOf } from './path.ts';
import type { Placing } from './placing.ts';

/**
 * Uploads in parts on the disk, `root/parts/<key>/<upload id>`. A part is written to its place in the object's future
 * file, so completing an upload renames one file, whatever its size. From then on that inode keeps its bytes like any
 * staged one, so no writer may have it open.
 */
export interface DiskMultipart extends MultipartUploads {
  /** Undefined if there is no such upload. */
  find(upload: UploadName): Promise<PartSizes | undefined>;
  /**
   * Writes the body in the part's place. The part is there, durably, only after `received`; any other outcome loses
   * its earlier bytes, if one byte of the body came. `isIntact` is asked once the whole body is written. Errors of the
   * body pass unchanged.
   */
  receive(part: PartName, body: AsyncIterable<Uint8Array>, isIntact: () => boolean): Promise<PartOutcome>;
}

export type UploadName = Pick<MultipartUpload, 'key' | 'uploadId'>;

export interface PartName extends UploadName {
  /** 1 to the count of parts, else `internal`. */
  readonly number: number;
}

/**
 * `incomplete`: the body has another length. `damaged`: it isn't intact. `superseded`: another request sends the part,
 * or ended the upload. `absent`: there is no such upload.
 */
export type PartOutcome = 'received' | 'incomplete' | 'damaged' | 'superseded' | 'absent';

export interface DiskMultipartOptions {
  /** The folder of unfinished uploads, below the root. */
  readonly folder: string;
  readonly minPartBytes: number;
  readonly folders: Folders;
  readonly placing: Pick<Placing, 'rename' | 'sync'>;
  readonly diskSpace: DiskSpace;
}

/** The time when the upload was begun, in milliseconds, and 16 random bytes. */
const UPLOAD_ID = /^([0-9a-f]{12})-[0-9a-f]{32}$/;

const newUploadId = (): string => `${Date.now().toString(16).padStart(12, '0')}-${randomBytes(16).toString('hex')}`;

const FLAGS = constants.O_RDWR | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

export function createDiskMultipart(options: DiskMultipartOptions): DiskMultipart {
  const { folder: parts, minPartBytes, folders, placing, diskSpace } = options;
  const writers = createPartWriters();

  const folderOf = (key: ObjectKey): string => {
    const path = pathOf(parts, key);
    if (path !== undefined) return path;
    throw new AppError('internal', `expected a key below the root; got ${key}`);
  };

  /** The path of the upload's bytes; undefined if no upload of the key can have this id. */
  function pathIn({ key, uploadId }: UploadName): string | undefined {
    const folder = UPLOAD_ID.test(uploadId) ? pathOf(parts, key) : undefined;
    return folder !== undefined && isContained(folder) ? join(folder, uploadId) : undefined;
  }

  async function find(upload: UploadName) {
    const path = pathIn(upload);
    const found = path === undefined ? undefined : await findUpload(path);
    return path !== undefined && found ? { ...found, path } : undefined;
  }

  async function remove(upload: UploadName): Promise<void> {
    const path = pathIn(upload);
    if (path === undefined) return;
    await rm(path, { force: true });
    await rm(`${path}${ARRIVED}`, { force: true });
    await folders.prune(dirname(path));
  }

  async function begin(key: ObjectKey, sizes: PartSizes): Promise<string> {
    const folder = folderOf(key);
    const uploadId = newUploadId();
    const path = join(folder, uploadId);
    try {
      await folders.within(folder, () => writeFile(path, '', { flag: 'wx' }));
      await writeFile(`${path}${ARRIVED}`, nothingArrived(sizes), { flag: 'wx', flush: true });
      await folders.sync(folder);
      return uploadId;
    } catch (error) {
      await remove({ key, uploadId }).catch(() => undefined);
      throw error;
    }
  }

  async function writePart(
    { number, ...name }: PartName,
    { body, halt, isIntact }: { body: AsyncIterable<Uint8Array>; halt: Halt; isIntact: () => boolean },
  ): Promise<PartOutcome> {
    const upload = await onDisk(find(name));
    if (!upload) return 'absent';
    if (number < 1 || number > partCount(upload)) throw new AppError('internal', `expected a part; got ${number}`);
    const length = partLength(upload, number);
    using arriving = await diskSpace.open({ announcedBytes: length, leaving: 'reserve' });
    await using data = await onDisk(open(upload.path, FLAGS));
    await using marks = await onDisk(open(`${upload.path}${ARRIVED}`, FLAGS));
    const mark = async (digit: Buffer): Promise<void> => {
      await writeAt(marks, digit, upload.markAt(number));
      await marks.datasync();
    };

    let written = 0;
    for await (const chunk of haltable(body, halt)) {
      if (written + chunk.byteLength > length) return 'incomplete';
      await arriving.add(chunk.byteLength);
      if (written === 0 && upload.received.includes(number)) await onDisk(mark(MISSING));
      await onDisk(writeAt(data, chunk, (number - 1) * upload.partBytes + written));
      written += chunk.byteLength;
    }
    if (written < length) return 'incomplete';
    if (!isIntact()) return 'damaged';
    await onDisk(data.datasync()); // a power cut must not leave the mark alone
    await onDisk(mark(HERE));
    return 'received';
  }

  async function complete(upload: UploadName): ReturnType<DiskMultipart['complete']> {
    const now = await find(upload);
    if (now && !isWhole(now)) return 'incomplete'; // halts no writer
    return writers.alone(upload.uploadId, async () => {
      const found = await find(upload);
      if (found && !isWhole(found)) return 'incomplete';
      if (found) {
        await placing.rename(found.path, upload.key);
        // The old name too: after a power cut it must not come back beside the new one.
        await Promise.all([placing.sync(upload.key), folders.sync(dirname(found.path))]);
      }
      await remove(upload);
      return found ? 'completed' : 'absent';
    });
  }

  return {
    minPartBytes,
    begin: (key, sizes) => onDisk(begin(key, sizes)),
    find: (upload) => onDisk(find(upload)),

    async receive(part, body, isIntact) {
      try {
        return await writers.write(part.uploadId, part.number, (halt) => writePart(part, { body, halt, isIntact }));
      } catch (error) {
        if (error === SUPERSEDED) return 'superseded';
        throw error;
      }
    },

    received: async (upload) => (await onDisk(find(upload)))?.received,
    complete: (upload) => onDisk(complete(upload)),
    abort: (upload) => onDisk(writers.alone(upload.uploadId, () => remove(upload))),

    list: (prefix) => listUnfinished(parts, prefix),
  };
}

/** The uploads in the folder whose keys begin with `prefix`. */
export async function* listUnfinished(folder: string, prefix: string): AsyncGenerator<UnfinishedUpload> {
  let listed = { key: '', ids: new Set<string>() };
  for await (const { key: file } of listFiles(folder, prefix)) {
    const [key, name] = [dirname(file), basename(file)];
    const uploadId = name.replace(ARRIVED, '');
    const [, begunAt] = UPLOAD_ID.exec(uploadId) ?? [];
    // Usually both files are there, and the caller may remove them between one and the other. A crash may leave either.
    if (key !== listed.key) listed = { key, ids: new Set() };
    if (begunAt === undefined || listed.ids.has(uploadId)) continue;
    listed.ids.add(uploadId);
    yield { key: key as ObjectKey, uploadId, begunAt: new Date(Number.parseInt(begunAt, 16)) };
  }
}

const isWhole = (upload: FoundUpload): boolean => upload.received.length === partCount(upload);

/** The body, until the halt: a dead connection may never send its next chunk. */
async function* haltable(body: AsyncIterable<Uint8Array>, halt: Halt): AsyncGenerator<Uint8Array> {
  const chunks = body[Symbol.asyncIterator]();
  try {
    for (;;) {
      const { done, value } = await halt.wait(chunks.next());
      if (done) return;
      yield value;
    }
  } finally {
    void chunks.return?.()?.catch(() => undefined); // not awaited: a stalled next() would block it
  }
}

/** write(2) may write less than it was given. */
async function writeAt(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let at = 0; at < bytes.byteLength; ) {
    const { bytesWritten } = await file.write(bytes, at, bytes.byteLength - at, position + at);
    at += bytesWritten;
  }
}
