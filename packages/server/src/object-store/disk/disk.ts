import { type BigIntStats, lstatSync, unlinkSync } from 'node:fs';
import { link, lstat, rm, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AppError, uploadTooLarge } from '../../domain/errors.ts';
import type { ObjectKey } from '../../domain/image/object-key.ts';
import type { DiskSpace } from '../disk-space.ts';
import type { ByteRange, ObjectStore, StoredObject } from '../object-store.ts';
import { ENDLESS } from '../staging/disk-space.ts';
import { errnoOf, meansAbsent, onDisk, unlessAbsent } from '../staging/file-fault.ts';
import { createLocalStaging } from '../staging/local-staging.ts';
import type { LocalFile, MadeFile, StageOptions, Staging } from '../staging.ts';
import { type FileOnDisk, secureFile, writeSecured } from './checked-file.ts';
import { createFolders, makeRoot } from './folders.ts';
import { createHashes, entityTagOf, inodeOf } from './inode.ts';
import { listFiles, listFilesPage } from './list.ts';
import { createDiskMultipart, type DiskMultipart } from './multipart.ts';
import {
  bodyOf,
  type HeldObject,
  headOf,
  isMatch,
  type OpenObject,
  openKey,
  openObject,
  readWhole,
  streamOf,
} from './object.ts';
import { isContained, PARTS, pathOf, STAGING } from './path.ts';
import { createPlacing, meansNoLink } from './placing.ts';
import { createSmallObjects, type SmallObject } from './small-objects.ts';

/**
 * Objects as files, `root/<key>`, received in `root/tmp`. A staged file is never written to again: a put and a copy are
 * hard links that replace the destination, so an open or linked inode keeps its bytes. One path is not protected by its
 * inode: checkOut's follows its key, which is safe because keys under `images/` are never rewritten. The root must be
 * one file system, used by one process at a time.
 */
export interface DiskObjectStore extends ObjectStore {
  /** In `root/tmp`, so that a put is a link. */
  readonly staging: DiskStaging;
  /** In `root/parts`. `erase` removes them too. */
  readonly multipart: DiskMultipart;
  /** The object for the endpoint, with the time when it was stored. */
  hold(key: ObjectKey): Promise<HeldObject | undefined>;
  /**
   * As `put`, but not durable before `sync`. With `isFirst`, returns false and changes nothing if the key has an
   * object.
   */
  place(key: ObjectKey, file: LocalFile, options: { readonly isFirst: boolean }): Promise<boolean>;
  /** Makes the object under the key durable, if it still exists. */
  sync(key: ObjectKey): Promise<void>;
}

export interface DiskStaging extends Staging {
  stage(body: AsyncIterable<Uint8Array>, options: StageOptions): Promise<StagedFile>;
}

/** A staged file, with the entity tag that it keeps under any key. */
export interface StagedFile extends LocalFile {
  readonly entityTag: string;
}

export interface DiskObjectStoreOptions {
  readonly root: string;
  readonly bucket: string;
  /** Absent: uploads may take all of the disk. */
  readonly diskSpace?: DiskSpace;
  /** The least length of a part; the disk takes any. */
  readonly minPartBytes?: number;
}

/** A part costs two syncs, so smaller ones are slow. */
const MIN_PART_BYTES = 1_048_576;

/** Sized for the pictures of pages; all together they take less memory than one decoder process. */
const SMALL = { maxObjectBytes: 262_144, maxBytes: 32 * 1_048_576 };

/** Makes the root if it is missing; errors are thrown unchanged, for the operator. */
export function createDiskObjectStore({
  bucket,
  diskSpace = ENDLESS,
  minPartBytes = MIN_PART_BYTES,
  ...options
}: DiskObjectStoreOptions): DiskObjectStore {
  const root = makeRoot(options.root);
  const hashes = createHashes();
  const small = createSmallObjects(SMALL);
  const folders = createFolders(root);
  const placing = createPlacing({ root, folders, onPlaced: small.forget });
  const staging = createLocalStaging(join(root, STAGING), { files: 'linked', diskSpace });
  const parts = join(root, PARTS);
  const multipart = createDiskMultipart({ folder: parts, minPartBytes, folders, placing, diskSpace });

  async function stage(body: AsyncIterable<Uint8Array>, limits: StageOptions): Promise<StagedFile> {
    const { stats, ...file } = await staging.stage(body, limits);
    hashes.remember(inodeOf(stats), file.sha256);
    return { ...file, entityTag: entityTagOf(stats) };
  }

  const find = async (key: ObjectKey): Promise<string | undefined> => {
    const path = pathOf(root, key);
    return path !== undefined && isContained(dirname(path)) ? path : undefined;
  };

  const open = (key: ObjectKey): Promise<OpenObject | undefined> => openKey(root, key, removeDamaged);

  async function hashOf(path: string): Promise<string | undefined> {
    await using object = await openObject(path);
    return object && (await hashes.of(object.inode, object.handle));
  }

  /** A hard link to the file in the staging folder; undefined if there is no such file. */
  async function duplicate(path: string): Promise<string | undefined> {
    if (!(await isFile(path))) return undefined;
    const temporary = staging.vacantPath();
    try {
      await link(path, temporary);
      return temporary;
    } catch (error) {
      if (meansAbsent(error)) return undefined;
      if (!meansNoLink(error)) throw error;
    }
    const object = await openObject(path);
    return object && (await stage(streamOf(object), { maxBytes: Number.POSITIVE_INFINITY })).path;
  }

  async function duplicateStaged(file: FileOnDisk): Promise<string> {
    const temporary = await duplicate(file.path);
    if (temporary !== undefined) return temporary;
    throw notStaged(file);
  }

  /** Places the file under the key, replacing any other; false if there is no such file. Not synced. */
  async function linkOver(path: string, key: ObjectKey): Promise<boolean> {
    const outcome = await placing.link(path, key);
    if (outcome === 'placed') return true;
    const temporary = outcome === 'gone' ? undefined : await duplicate(path);
    if (temporary === undefined) return false;
    await placing.replace(temporary, key);
    return true;
  }

  async function place(key: ObjectKey, file: FileOnDisk): Promise<void> {
    if (!(await linkOver(file.path, key))) throw notStaged(file);
  }

  /** Places the file if the key is free. `copied`: a separate file, because the file system has no hard links. */
  async function placeFirst(key: ObjectKey, file: FileOnDisk): Promise<'placed' | 'copied' | 'taken'> {
    const outcome = await placing.link(file.path, key);
    if (outcome === 'gone') throw notStaged(file);
    if (outcome !== 'no-links') return outcome;
    return (await placing.putFirst(await duplicateStaged(file), key)) === 'placed' ? 'copied' : 'taken';
  }

  /** A new file, which the caller places or removes, with the entity tag that it keeps under any key. */
  async function write(key: ObjectKey, bytes: Uint8Array<ArrayBuffer>): Promise<{ path: string; entityTag: string }> {
    const path = staging.vacantPath();
    try {
      await writeSecured(key, bytes, path);
      return { path, entityTag: entityTagOf(lstatSync(path, { bigint: true })) };
    } catch (error) {
      await rm(path, { force: true }).catch(() => undefined); // the next start removes it
      throw error;
    }
  }

  async function put(key: ObjectKey, file: LocalFile | MadeFile): Promise<void> {
    if (file.path === null) return placing.replace((await write(key, file.bytes)).path, key);
    await secureFile(key, file);
    await place(key, file);
  }

  /** The entity tag under the key; undefined if the key is taken. */
  async function putFirst(key: ObjectKey, file: LocalFile | MadeFile): Promise<string | undefined> {
    if (file.path === null) {
      const { path, entityTag } = await write(key, file.bytes);
      const outcome = await placing.putFirst(path, key);
      if (outcome === 'gone') throw new AppError('unavailable', `expected a file at ${path}; it was removed`);
      return outcome === 'placed' ? entityTag : undefined;
    }
    await secureFile(key, file);
    const entityTag = entityTagOf(lstatSync(file.path, { bigint: true })); // it was just staged: no disk is read
    const outcome = await placeFirst(key, file);
    if (outcome !== 'copied') return outcome === 'placed' ? entityTag : undefined;
    await using copied = await open(key);
    return copied?.entityTag;
  }

  async function hold(key: ObjectKey): Promise<HeldObject | undefined> {
    const known = small.find(key);
    if (known)
      return { ...known, body: async (range) => partOf(known, range).body, [Symbol.asyncDispose]: async () => {} };
    const keep = small.startReading(key);
    const object = await open(key);
    if (!object) return undefined;
    const body: HeldObject['body'] = async (range) => {
      if (!small.takes(object.sizeBytes)) return bodyOf(object, range);
      const whole = { ...headOf(object), lastModified: object.lastModified, bytes: await onDisk(readWhole(object)) };
      keep(whole);
      return partOf(whole, range).body;
    };
    return { ...object, body };
  }

  async function remove(key: ObjectKey): Promise<void> {
    try {
      const path = await find(key);
      if (path === undefined) return;
      // Not synced: if a power cut restores the file, the sweeper deletes it again, or no record refers to it.
      await unlink(path).catch((error) => {
        if (!meansAbsent(error) && errnoOf(error) !== 'EISDIR') throw error;
      });
      await folders.prune(dirname(path));
    } finally {
      small.forget(key);
    }
  }

  /** At once, with folders that were left empty: its name tells whose it was. */
  async function removeFolder(base: string, prefix: string): Promise<void> {
    const path = pathOf(base, prefix.replace(/\/$/, '') as ObjectKey);
    if (path === undefined || !isContained(path)) return;
    await rm(path, { recursive: true, force: true });
    folders.forget(path);
    await folders.prune(dirname(path));
    await folders.sync(dirname(path));
  }

  return {
    bucket,
    staging: { stage, stageFiles: staging.stageFiles },
    multipart,
    hold: (key) => onDisk(hold(key)),

    async check() {
      await using _file = await stage(probe(), { maxBytes: Number.POSITIVE_INFINITY });
    },

    async put(key, file) {
      await onDisk(put(key, file));
      await onDisk(placing.sync(key));
      return null;
    },

    async putStream(key, body, { expectedBytes }) {
      const announced = expectedBytes !== null && { announcedBytes: expectedBytes };
      const limits = { maxBytes: Number.POSITIVE_INFINITY, leaving: 'reserve', ...announced } as const;
      await using file = await stage(body, limits); // one that can't fit is refused before it takes room from others
      await onDisk(put(key, file));
      await onDisk(placing.sync(key));
      return file.sizeBytes;
    },

    async place(key, file, { isFirst }) {
      if (isFirst) return (await onDisk(placeFirst(key, file))) !== 'taken';
      await onDisk(place(key, file));
      return true;
    },

    sync: (key) => onDisk(placing.sync(key)),

    putFirst: (key, file) => onDisk(putFirst(key, file)),

    async get(key, { range, ifMatch, sha256 } = {}) {
      const object = await onDisk(hold(key));
      if (object && isMatch(object, ifMatch)) {
        const body = await object.body(range);
        if (sha256 === undefined || small.mayBe(key, sha256)) return { ...headOf(object), body };
        small.forget(key); // the file may be mended
        return undefined;
      }
      await object?.[Symbol.asyncDispose]();
      return undefined;
    },

    async head(key) {
      await using object = await onDisk(open(key));
      return object && headOf(object);
    },

    async copy(from, newKey) {
      const path = await onDisk(find(from));
      if (path === undefined || !(await onDisk(isFile(path)))) return undefined;
      const to = newKey();
      if (!(await onDisk(linkOver(path, to)))) return undefined;
      await onDisk(placing.sync(to));
      return to;
    },

    async checkOut(key, { maxBytes, ifMatch, signal }) {
      signal?.throwIfAborted();
      const path = await onDisk(find(key));
      const stats = path === undefined ? undefined : await onDisk(Promise.try(fileAt, path));
      if (path === undefined || !stats) return undefined;
      if (typeof ifMatch === 'string' && entityTagOf(stats) !== ifMatch) return undefined;
      const sizeBytes = Number(stats.size);
      if (sizeBytes > maxBytes) throw uploadTooLarge(maxBytes, sizeBytes);
      const sha256 = hashes.find(inodeOf(stats)) ?? (await onDisk(hashOf(path)));
      if (sha256 === undefined) return undefined; // deleted meanwhile
      return { path, sizeBytes, sha256, entityTag: null, [Symbol.asyncDispose]: async () => {} };
    },

    async delete(keys) {
      for (const key of keys) await onDisk(remove(key));
    },

    async erase(prefix) {
      for await (const upload of multipart.list(prefix)) await multipart.abort(upload); // first: one may be completed
      await onDisk(removeFolder(parts, prefix));
      let objects = 0;
      for await (const { key } of listFiles(root, prefix)) {
        await onDisk(remove(key));
        objects += 1;
      }
      await onDisk(removeFolder(root, prefix));
      return { objects, versions: 0, kept: 0 };
    },

    list: (prefix) => listFiles(root, prefix),

    listPage: (prefix, options) => listFilesPage(root, prefix, options),
  };
}

/** Makes room for the same rendition, unless another file has the name by now. */
function removeDamaged({ path, inode }: { readonly path: string; readonly inode: string }): void {
  const stats = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  if (stats && inodeOf(stats) === inode) unlinkSync(path);
}

const isFile = async (path: string): Promise<boolean> => (await unlessAbsent(lstat(path)))?.isFile() ?? false;

const notStaged = ({ path }: FileOnDisk): AppError =>
  new AppError('internal', `expected a staged file at ${path}; got none`);

/** A regular file that was just found, so the disk isn't read; undefined if there is none. */
function fileAt(path: string): BigIntStats | undefined {
  const stats = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  return stats?.isFile() ? stats : undefined;
}

const partOf = (object: SmallObject, range?: ByteRange): StoredObject => ({
  ...headOf(object),
  body: range ? object.bytes.subarray(range.start, range.end + 1) : object.bytes,
});

/** The bytes that a check writes: a full disk may accept an empty file, but not one byte. */
async function* probe(): AsyncGenerator<Uint8Array> {
  yield Buffer.alloc(4_096);
}
