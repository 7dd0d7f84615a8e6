import { createHash } from 'node:crypto';
import { existsSync, lstatSync, mkdirSync, realpathSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { failure, wrongUsage } from '../failure.ts';
import type { Fingerprint } from '../files/local-image.ts';

/** What a folder's state knows about a content. */
export type KnownContent =
  /** Its upload has begun. */
  | { readonly state: 'granted'; readonly imageId: string }
  | { readonly state: 'ready'; readonly imageId: string }
  /** The service refused it, and would again. */
  | { readonly state: 'refused'; readonly reason: string };

/**
 * The memory of one folder, in the folder or elsewhere: which files had which content, and what became of each content.
 */
export interface SyncState extends Disposable {
  /** The user whose images they are; undefined until the first one is known. */
  readonly user: string | undefined;
  rememberUser(user: string): void;
  /** Whether the contents of earlier uploads have been learnt from the service. */
  readonly isListed: boolean;
  rememberListed(): void;
  /** Keeps all changes that `change` makes, or none if it fails. */
  atOnce(change: () => Promise<void>): Promise<void>;
  /** The content of a file, if the file is as it was then. */
  sha256Of(path: string, fingerprint: Fingerprint): string | undefined;
  rememberFile(path: string, fingerprint: Fingerprint, sha256: string): void;
  content(sha256: string): KnownContent | undefined;
  rememberContent(sha256: string, content: KnownContent): void;
  /** Whether a run has put the image of this content into the album. It may have been taken out since. */
  wasInAlbum(albumId: string, sha256: string): boolean;
  rememberInAlbum(albumId: string, sha256: string): void;
}

/** Hidden, so that it isn't taken for a picture. */
const FOLDER = '.safelight';

const SCHEMA = `
  create table if not exists target (url text not null, user text, is_listed integer not null) strict;
  create table if not exists file (
    path text primary key, size integer not null, mtime_ns text not null, ctime_ns text not null, inode text not null,
    read_ms integer not null, sha256 text not null
  ) strict, without rowid;
  create table if not exists content (
    sha256 text primary key, state text not null check (state in ('granted', 'ready', 'refused')), image_id text, reason text
  ) strict, without rowid;
  create table if not exists album_image (
    album_id text, sha256 text, primary key (album_id, sha256)
  ) strict, without rowid;
`;

/** Later changes within the same tick of a file system's clock can't be seen; FAT has the coarsest, 2 s. */
const CLOCK_TICK_MS = 2_000;

/** The command whose state it is. A folder has one of each. */
type Purpose = 'sync' | 'import';

export interface SyncStateOptions {
  readonly purpose: Purpose;
  readonly url: string;
  readonly user: string | undefined;
  /** Then nothing is written into the folder. */
  readonly isDryRun: boolean;
  /** Where the states of folders are that can't be written; absent: in the folder itself. */
  readonly stateFolder: string | undefined;
}

/**
 * Opens the state of a folder for one process at a time; the lock ends with the process, however it ends. Every change
 * is in the file when its call returns, so a killed process loses nothing. Errors: `folder-in-use`, `other-target`,
 * `damaged-state`, `planted-link`, `unwritable`.
 */
export function openSyncState(
  folder: string,
  { purpose, url, user, isDryRun, stateFolder }: SyncStateOptions,
): SyncState {
  const place = stateFolder ?? join(folder, FOLDER);
  const file = join(place, `${stateFolder === undefined ? purpose : nameOf(purpose, folder)}.db`);
  requireOwnFiles(stateFolder === undefined ? place : undefined, file, purpose);
  const isMemory = isDryRun && !existsSync(file);
  if (!isMemory) make(place, stateFolder !== undefined);
  const memory = stateFolder === undefined ? place : file;
  const database = opened(isMemory ? ':memory:' : file, { purpose, folder, memory });
  const row = () => database.prepare('select url, user, is_listed from target').get() as TargetRow | undefined;
  try {
    const target = row();
    if (target === undefined) database.prepare('insert into target values (?, ?, 0)').run(url, user ?? null);
    else requireTarget(target, { purpose, url, user, folder, memory });
  } catch (error) {
    database.close();
    throw error;
  }
  const prepared = {
    user: database.prepare('update target set user = ?'),
    listed: database.prepare('update target set is_listed = 1'),
    file: database.prepare(
      'select sha256 from file where path = ? and size = ? and mtime_ns = ? and ctime_ns = ? and inode = ? and read_ms > ?',
    ),
    saveFile: database.prepare('insert or replace into file values (?, ?, ?, ?, ?, ?, ?)'),
    content: database.prepare('select state, image_id, reason from content where sha256 = ?'),
    saveContent: database.prepare('insert or replace into content values (?, ?, ?, ?)'),
    albumImage: database.prepare('select 1 from album_image where album_id = ? and sha256 = ?'),
    saveAlbumImage: database.prepare('insert or ignore into album_image values (?, ?)'),
  };
  const write = (save: () => void): void => {
    if (!isDryRun || isMemory) save();
  };
  return {
    get user() {
      return row()?.user ?? undefined;
    },
    rememberUser: (name) => write(() => prepared.user.run(name)),
    get isListed() {
      return row()?.is_listed === 1;
    },
    rememberListed: () => write(() => prepared.listed.run()),
    async atOnce(change) {
      database.exec('begin');
      try {
        await change();
        database.exec('commit');
      } catch (error) {
        database.exec('rollback');
        throw error;
      }
    },
    sha256Of(path, { size, mtimeNs, ctimeNs, inode }) {
      const settledMs = Number(mtimeNs > ctimeNs ? mtimeNs : ctimeNs) / 1e6 + CLOCK_TICK_MS;
      const found = prepared.file.get(path, size, `${mtimeNs}`, `${ctimeNs}`, `${inode}`, Math.ceil(settledMs));
      return found?.['sha256'] as string | undefined;
    },
    rememberFile: (path, { size, mtimeNs, ctimeNs, inode }, sha256) =>
      write(() => prepared.saveFile.run(path, size, `${mtimeNs}`, `${ctimeNs}`, `${inode}`, Date.now(), sha256)),
    content(sha256) {
      const found = prepared.content.get(sha256) as ContentRow | undefined;
      if (found === undefined) return undefined;
      const { state, image_id: imageId, reason } = found;
      return state === 'refused' ? { state, reason: reason ?? '' } : { state, imageId: imageId ?? '' };
    },
    rememberContent: (sha256, content) =>
      write(() => {
        const [imageId, reason] = content.state === 'refused' ? [null, content.reason] : [content.imageId, null];
        prepared.saveContent.run(sha256, content.state, imageId, reason);
      }),
    wasInAlbum: (albumId, sha256) => prepared.albumImage.get(albumId, sha256) !== undefined,
    rememberInAlbum: (albumId, sha256) => write(() => prepared.saveAlbumImage.run(albumId, sha256)),
    [Symbol.dispose]: () => database.close(),
  };
}

/** One name for each folder, wherever it was named from. */
const nameOf = (purpose: Purpose, folder: string): string =>
  `${purpose}-${createHash('sha256')
    .update(realpathSync(resolve(folder)))
    .digest('hex')
    .slice(0, 32)}`;

/**
 * Errors: `planted-link`. A folder may come from elsewhere, as in an archive, and SQLite follows links: it would change
 * a file that somebody else has chosen.
 */
function requireOwnFiles(place: string | undefined, file: string, purpose: Purpose): void {
  const found = (path: string) => lstatSync(path, { throwIfNoEntry: false });
  const isForeign = (path: string): boolean => {
    const one = found(path);
    return one !== undefined && (!one.isFile() || one.nlink > 1);
  };
  const foreign =
    place !== undefined && found(place)?.isDirectory() === false
      ? place
      : ['', '-wal', '-shm', '-journal'].map((suffix) => file + suffix).find(isForeign);
  if (foreign === undefined) return;
  throw failure(
    'planted-link',
    `${foreign} is a link, or no file of this program's: it isn't followed. Remove it, and ${purpose} again.`,
  );
}

function make(place: string, isRecursive: boolean): void {
  if (existsSync(place)) return;
  try {
    mkdirSync(place, { recursive: isRecursive });
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    if (code === 'ENOSPC' || code === 'EDQUOT') throw error;
    throw unwritable(place, message, error);
  }
}

const unwritable = (place: string, reason: string, cause: unknown) =>
  failure(
    'unwritable',
    `No state can be kept in ${place}: ${reason}. Check the permissions and the room on the disk, or add --state DIR to keep it elsewhere.`,
    { cause },
  );

interface TargetRow {
  readonly url: string;
  readonly user: string | null;
  readonly is_listed: number;
}

interface ContentRow {
  readonly state: KnownContent['state'];
  readonly image_id: string | null;
  readonly reason: string | null;
}

/** SQLite's result codes (sqlite.org/rescode.html). */
const [BUSY, CORRUPT, NOT_A_DATABASE] = [5, 11, 26];

/** For errors: the folder, and what to remove for a new state. */
interface Named {
  readonly purpose: Purpose;
  readonly folder: string;
  readonly memory: string;
}

function opened(file: string, { purpose, folder, memory }: Named): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file, { timeout: 0 });
    // The exclusive lock also works without shared memory, on network folders; WAL needs no sync for each file.
    database.exec('pragma locking_mode = exclusive; pragma journal_mode = wal; pragma synchronous = normal;');
    database.exec('begin exclusive');
    database.exec(SCHEMA);
    database.exec('commit');
    return database;
  } catch (error) {
    database?.close();
    const { errcode } = error as { readonly errcode?: number };
    if (errcode === BUSY)
      throw failure('folder-in-use', `Another safelight ${purpose} of ${folder} runs. Wait until it has ended.`, {
        cause: error,
      });
    if (errcode === CORRUPT || errcode === NOT_A_DATABASE)
      throw failure(
        'damaged-state',
        `The state in ${memory} is damaged. Remove it and ${purpose} again: ${WITHOUT_STATE[purpose]}.`,
        { cause: error },
      );
    if (errcode !== undefined) throw unwritable(dirname(file), (error as Error).message, error);
    throw error;
  }
}

const WITHOUT_STATE: Readonly<Record<Purpose, string>> = {
  sync: 'what is in Safelight already is found by its content',
  import: 'what is in Safelight already is sent again, unless it has an external_id',
};

function requireTarget(
  target: TargetRow,
  { purpose, url, user, folder, memory }: Named & { url: string; user: string | undefined },
): void {
  if (target.url === url && (user === undefined || target.user === null || target.user === user)) return;
  const whose = target.user === null ? target.url : `${target.user} at ${target.url}`;
  throw wrongUsage(`${folder} is ${DONE[purpose]} ${whose}. Use that, or remove ${memory} to ${purpose} it anew.`);
}

const DONE: Readonly<Record<Purpose, string>> = { sync: 'synced with', import: 'imported into' };
