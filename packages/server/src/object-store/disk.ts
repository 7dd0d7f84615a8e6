import { link, lstat, opendir, realpath, rename, rm, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AppError } from '../domain/errors.ts';
import type { ObjectKey } from '../domain/object-key.ts';
import { diskFault, errnoOf, meansAbsent, onDisk, unlessAbsent } from './disk-fault.ts';
import { createFolders, makeRoot, syncFolder } from './disk-folders.ts';
import { createHashes } from './disk-inode.ts';
import { bodyOf, type OpenObject, openObject } from './disk-object.ts';
import { isContained, pathOf, STAGING, storableKey } from './disk-path.ts';
import { createStaging, type StagedFile } from './disk-staging.ts';
import type { ObjectStore, StageOptions } from './object-store.ts';
import { presignGetObject, presignPutObject } from './presigned-object.ts';
import { type Credentials, createSigner } from './sigv4.ts';
import { createVerifier, type ReceivedRequest, type Verdict } from './sigv4-verify.ts';

/**
 * Objects as files, `root/<key>`, received in `root/tmp`. A file is never written to again once it is staged: a put
 * and a copy are hard links, renamed into place, so whoever has an inode open or linked keeps its bytes. The one
 * weak hold is checkOut's path: it follows its key, which is enough since keys under `images/` are never rewritten.
 * The root must be one file system, and of one process at a time.
 */
export interface DiskObjectStore extends ObjectStore {
  stage(body: AsyncIterable<Uint8Array>, options: StageOptions): Promise<StagedFile>;
  /** The object held open, for the endpoint, which also answers its entity tag. */
  open(key: ObjectKey): Promise<OpenObject | undefined>;
  /** Whether a request was presigned by this store and still stands. */
  verify(request: ReceivedRequest): Verdict;
}

export interface DiskObjectStoreOptions {
  readonly root: string;
  readonly bucket: string;
  /** Derived from the service's own secrets. The first signs, all verify. */
  readonly credentials: readonly [Credentials, ...Credentials[]];
  readonly region: string;
  readonly clock: { now(): Date };
}

/** Where the endpoint answers; the bucket and the key follow. */
export const OBJECTS_PATH = '/objects/';

/** Each means a delete that pruned the folder just made; so many in a row is something else. */
const MAX_RENAMES = 20;

/** Another file system, one without hard links, a folder (which is then no object), too many links. */
const CANNOT_LINK = new Set(['EXDEV', 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']);

/** Makes the root where it is missing; what is wrong with it is thrown as it came, for whoever starts the service. */
export function createDiskObjectStore(options: DiskObjectStoreOptions): DiskObjectStore {
  const { bucket, credentials, region, clock } = options;
  const root = makeRoot(options.root);
  const hashes = createHashes();
  const folders = createFolders(root);
  const staging = createStaging(join(root, STAGING), hashes.remember);
  const signer = createSigner({ credentials: credentials[0], region });
  const verifier = createVerifier({ credentials, region });
  const address = (origin: string, key: ObjectKey) => ({ origin, path: `${OBJECTS_PATH}${bucket}/${key}` });

  const find = async (key: ObjectKey): Promise<string | undefined> => {
    const path = pathOf(root, key);
    return path !== undefined && (await isContained(path)) ? path : undefined;
  };

  const open = async (key: ObjectKey): Promise<OpenObject | undefined> => {
    const path = await find(key);
    return path === undefined ? undefined : openObject(path);
  };

  /** Another name for the file's bytes, in the staging folder; undefined when there is no such file. */
  async function duplicate(path: string): Promise<string | undefined> {
    if (!(await unlessAbsent(lstat(path)))?.isFile()) return undefined;
    const temporary = staging.vacantPath();
    try {
      await link(path, temporary);
      return temporary;
    } catch (error) {
      if (meansAbsent(error)) return undefined;
      if (!CANNOT_LINK.has(errnoOf(error) ?? '')) throw error;
    }
    const object = await openObject(path);
    return object && (await staging.stage(bodyOf(object), { maxBytes: Number.POSITIVE_INFINITY })).path;
  }

  /** Moves `temporary` under the key, durably; that name is gone whatever happens. */
  async function publish(temporary: string, key: ObjectKey): Promise<void> {
    try {
      const path = pathOf(root, key);
      if (path === undefined) throw new AppError('internal', `expected a key below the root; came ${key}`);
      for (let renames = 1; !(await tryRename(temporary, path)); renames += 1)
        if (renames === MAX_RENAMES) throw new AppError('unavailable', `expected ${dirname(path)} to stay; it did not`);
      await syncFolder(dirname(path));
    } finally {
      // rename() does nothing when both names are one inode already: this one is then still there.
      await rm(temporary, { force: true });
    }
  }

  /** False when a folder was pruned in between. */
  async function tryRename(temporary: string, path: string): Promise<boolean> {
    const folder = dirname(path);
    try {
      await folders.ensure(folder);
      if ((await realpath(folder)) !== folder)
        throw new AppError('unavailable', `expected folders in the store; ${folder} leads through a symbolic link`);
      await rename(temporary, path);
      return true;
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error;
      folders.forget(folder);
      return false;
    }
  }

  async function remove(key: ObjectKey): Promise<void> {
    const path = await find(key);
    if (path === undefined) return;
    // Not synced: what a power cut brings back is deleted again by the sweeper, or was never missed.
    await unlink(path).catch((error) => {
      if (!meansAbsent(error) && errnoOf(error) !== 'EISDIR') throw error;
    });
    await folders.prune(dirname(path));
  }

  return {
    bucket,
    stage: staging.stage,
    open: (key) => onDisk(open(key)),
    verify: (request) => verifier.verify(request, clock.now()),

    async put(key, file) {
      const temporary = await onDisk(duplicate(file.path));
      if (temporary === undefined)
        throw new AppError('internal', `expected a staged file; there is none at ${file.path}`);
      await onDisk(publish(temporary, key));
    },

    async get(key) {
      const object = await onDisk(open(key));
      return object && { sizeBytes: object.sizeBytes, contentType: object.contentType, body: bodyOf(object) };
    },

    async head(key) {
      await using object = await onDisk(open(key));
      return object && { sizeBytes: object.sizeBytes, contentType: object.contentType };
    },

    async copy(from, to) {
      const path = await onDisk(find(from));
      const temporary = path === undefined ? undefined : await onDisk(duplicate(path));
      if (temporary === undefined) return false;
      await onDisk(publish(temporary, to));
      return true;
    },

    async checkOut(key, { maxBytes }) {
      const path = await onDisk(find(key));
      await using object = path === undefined ? undefined : await onDisk(openObject(path));
      if (path === undefined || object === undefined) return undefined;
      const { sizeBytes } = object;
      if (sizeBytes > maxBytes)
        throw new AppError('upload-too-large', `expected at most ${maxBytes} bytes; came ${sizeBytes}`);
      const sha256 = await onDisk(hashes.of(object.inode, object.handle));
      return { path, sizeBytes, sha256, [Symbol.asyncDispose]: async () => {} };
    },

    async delete(keys) {
      for (const key of keys) await onDisk(remove(key));
    },

    list: (prefix) => list(root, prefix),

    presignPut(key, { publicOrigin, contentType, expiresInSeconds }) {
      const signing = { signer, address: address(publicOrigin, key), now: clock.now() };
      return presignPutObject(signing, { contentType, expiresInSeconds });
    },

    presignGet(key, { publicOrigin, contentType, disposition, expiresInSeconds }) {
      const signing = { signer, address: address(publicOrigin, key), now: clock.now() };
      return presignGetObject(signing, { contentType, disposition, expiresInSeconds });
    },
  };
}

/** Files come and go while it walks: a folder pruned meanwhile, even half read, has nothing more to tell. */
async function* list(root: string, prefix: string): AsyncGenerator<ObjectKey> {
  const folder = prefix.endsWith('/') ? storableKey(prefix.slice(0, -1)) : undefined;
  const path = folder && pathOf(root, folder);
  if (path === undefined) return;
  try {
    if (!(await isContained(join(path, 'any')))) return;
    for await (const entry of await opendir(path)) {
      const key = storableKey(`${prefix}${entry.name}`);
      if (key === undefined) continue;
      if (entry.isDirectory()) yield* list(root, `${key}/`);
      else if (entry.isFile()) yield key;
    }
  } catch (error) {
    if (!meansAbsent(error)) throw diskFault(error);
  }
}
