import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { isSecret } from '../../domain/access/own-secret.ts';
import { AppError } from '../../domain/errors.ts';
import type { ArchivedRecord } from '../../records/archive/record-archive.ts';
import { type LeftOut, readLeftOut } from '../archive/backup/left-out.ts';
import { type Manifest, readManifest } from '../archive/backup/manifest.ts';
import {
  BACKUPS_PREFIX,
  type BackupFile,
  type BackupId,
  backupPath,
  fileAt,
  objectPath,
} from '../archive/backup/names.ts';
import { readRecords } from '../archive/backup/records-file.ts';
import { readText, type Target } from '../archive/place/target.ts';
import { unsealed } from '../archive/sealed.ts';

/** A finished backup, to be read. Errors: `unavailable` for a file that is absent, damaged or of a newer version. */
export interface OpenedBackup {
  readonly manifest: Manifest;
  /** A fault of the file as a whole is thrown at the end: read it once before anything counts. */
  records(): AsyncIterable<ArchivedRecord>;
  /** Images among the records that have no bytes in the backup. */
  leftOut(): Promise<LeftOut>;
  /** The secret of the service; undefined: it isn't in the backup. */
  secret(): Promise<string | undefined>;
  /** The bytes of an original, which the caller verifies; undefined: they are absent. */
  original(sha256: string): Promise<Readable | undefined>;
  /** Reads the manifest again. Errors: those of a target that is away. */
  requireTarget(): Promise<void>;
}

/** `id` undefined: the newest one. */
export async function openBackup(target: Target, id: BackupId | undefined): Promise<OpenedBackup> {
  const manifest = await found(target, id ?? (await newest(target)));
  const { files } = manifest;

  async function* checked(name: keyof typeof files): AsyncGenerator<Uint8Array> {
    const source = await target.get(backupPath(manifest.id, name));
    if (!source) throw damaged(target, manifest.id, `got none of ${name}`);
    const sha256 = createHash('sha256');
    for await (const chunk of source) {
      sha256.update(chunk);
      yield chunk;
    }
    if (sha256.digest('hex') !== files[name].sha256)
      throw damaged(target, manifest.id, `got another ${name} than its manifest says`);
  }

  const fault = (error: unknown, name: BackupFile): unknown =>
    error instanceof TypeError ? damaged(target, manifest.id, `${name}: ${error.message}`, error) : error;

  return {
    manifest,
    async *records() {
      try {
        const options = { backup: manifest.id };
        for await (const { record } of readRecords(checked('records.jsonl'), options)) yield record;
      } catch (error) {
        throw fault(error, 'records.jsonl');
      }
    },
    async leftOut() {
      try {
        return await readLeftOut(checked('left-out.jsonl'));
      } catch (error) {
        throw fault(error, 'left-out.jsonl');
      }
    },
    async secret() {
      if (!manifest.hasSecret) return undefined;
      const secret = unsealed((await readText(target, backupPath(manifest.id, 'secret.txt'))) ?? '')?.trim();
      if (secret === undefined) throw damaged(target, manifest.id, 'got another secret.txt, or none');
      if (isSecret(secret)) return secret;
      throw damaged(target, manifest.id, `got a secret.txt with a secret of ${Buffer.byteLength(secret)} bytes`);
    },
    original: (sha256) => target.get(objectPath(sha256)),
    requireTarget: async () => void (await found(target, manifest.id)),
  };
}

/** Keeps one id: a forged target may have any number. */
async function newest(target: Target): Promise<BackupId> {
  let id = '';
  for await (const { path } of target.list(BACKUPS_PREFIX)) {
    const file = fileAt(path);
    if (file.kind === 'backup' && file.file === 'manifest.json' && file.id > id) id = file.id;
  }
  if (id !== '') return id;
  throw new AppError('unavailable', `expected a finished backup in the target ${target.name}; got none`);
}

async function found(target: Target, id: BackupId): Promise<Manifest> {
  try {
    const manifest = await readManifest(target, id);
    if (manifest) return manifest;
  } catch (error) {
    if (error instanceof TypeError) throw damaged(target, id, error.message, error);
    throw error;
  }
  const detail = `expected a finished backup ${id} in the target ${target.name}; got none: backup list prints the finished ones`;
  throw new AppError('unavailable', detail);
}

const damaged = ({ name }: Target, id: BackupId, got: string, cause?: unknown): AppError =>
  new AppError('unavailable', `expected the backup ${id} of ${name} as it was written; ${got}`, { cause });
