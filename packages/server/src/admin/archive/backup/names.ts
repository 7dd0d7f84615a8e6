import { randomBytes } from 'node:crypto';
import { LOCK_PATH, MARK_PATH, type TargetPath } from '../place/target.ts';

/** The files of a backup. The manifest is written last, and a verification adds its result. */
export const BACKUP_FILES = [
  'records.jsonl',
  'left-out.jsonl',
  'secret.txt',
  'damage.json',
  'reading.json',
  'manifest.json',
  'verified.json',
] as const;
export type BackupFile = (typeof BACKUP_FILES)[number];

/** As `20261126T120321Z-4f2a9c1e`: ids sort by time. */
export type BackupId = string;

const ID = /^\d{8}T\d{6}Z-[0-9a-f]{8}$/;

export const newBackupId = (now: Date): BackupId =>
  `${now.toISOString().replace(/[-:]|\.\d+/g, '')}-${randomBytes(4).toString('hex')}`;

export const parseBackupId = (text: string): BackupId | undefined => (ID.test(text) ? text : undefined);

/** When the backup began, to the second. */
export const startOf = (id: BackupId): Date =>
  new Date(id.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z-.*$/, '$1-$2-$3T$4:$5:$6Z'));

export const BACKUPS_PREFIX = 'backups/';
export const OBJECTS_PREFIX = 'objects/';
export const ERASURES_PREFIX = 'erasures/';

export const backupPrefix = (id: BackupId): string => `${BACKUPS_PREFIX}${id}/`;
export const backupPath = (id: BackupId, file: BackupFile): TargetPath => `${backupPrefix(id)}${file}`;

/** Where the bytes with this hash are. */
export const objectPath = (sha256: string): TargetPath => `${groupPrefix(groupOf(sha256))}${sha256}`;

/** Objects are in 256 groups, by the first byte of their hash: each is listed at once. */
export const GROUPS: readonly number[] = Array.from({ length: 256 }, (_, group) => group);
export const groupOf = (sha256: string): number => Number.parseInt(sha256.slice(0, 2), 16);
export const groupPrefix = (group: number): string => `${OBJECTS_PREFIX}${group.toString(16).padStart(2, '0')}/`;

/** `id`: of its erasure. */
export const erasurePath = (id: string): TargetPath => `${ERASURES_PREFIX}${id}.json`;

/** What a file of a target is. */
export type NamedFile =
  | { readonly kind: 'mark' | 'lock' | 'unknown' }
  | { readonly kind: 'erasure'; readonly id: string }
  | { readonly kind: 'object'; readonly sha256: string }
  | { readonly kind: 'backup'; readonly id: BackupId; readonly file: BackupFile };

export function fileAt(path: TargetPath): NamedFile {
  if (path === MARK_PATH) return { kind: 'mark' };
  if (path === LOCK_PATH) return { kind: 'lock' };
  const erasure = /^erasures\/([0-9a-f-]{36})\.json$/.exec(path)?.[1];
  if (erasure !== undefined) return { kind: 'erasure', id: erasure };
  const sha256 = /^objects\/[0-9a-f]{2}\/([0-9a-f]{64})$/.exec(path)?.[1];
  if (sha256 !== undefined && objectPath(sha256) === path) return { kind: 'object', sha256 };
  const [, id = '', name] = /^backups\/([^/]+)\/([^/]+)$/.exec(path) ?? [];
  const file = BACKUP_FILES.find((one) => one === name);
  return file && parseBackupId(id) ? { kind: 'backup', id, file } : { kind: 'unknown' };
}
