import { hash } from 'node:crypto';
import type { ActorId } from '../../domain/access/actor-id.ts';
import { AppError } from '../../domain/errors.ts';
import type { ImageId } from '../../domain/image/image-id.ts';
import { exportFolder, exportKey } from '../../domain/image/object-key.ts';
import type { Services } from '../../services.ts';
import { currentExport, endOf, readJson, type StoredReport, type UserExport, writeJson } from './exports.ts';
import { readDeletion } from './read-deletion.ts';

type AskServices = Pick<Services, 'blocked' | 'erasures' | 'objects' | 'staging' | 'clock' | 'newId'>;

export interface ExportState {
  readonly askedAt: Date;
  /** null: the file isn't there yet. */
  readonly done: ExportDone | null;
}

export interface ExportDone extends StoredReport {
  /** The folder of its file. */
  readonly folder: string;
  /** When the file is removed. */
  readonly endsAt: Date;
}

/**
 * Asks for a file with everything that the service knows of a user, which `carryOutExports` makes: also where this
 * process may read no more than single records. While there is one, this answers it. Errors: `user-erased` while the
 * user's data is being deleted, and while the user is blocked after that; those of the stores.
 */
export async function askExport(
  services: AskServices,
  { userId, actor }: { readonly userId: string; readonly actor: ActorId },
): Promise<ExportState> {
  const { clock, newId } = services;
  await requireNoDeletion(services, userId);
  const before = await currentExport(services, userId);
  if (before) return stateOf(services, before);
  const folder = exportFolder(userId, newId() as ImageId, hash('sha256', actor).slice(0, 16));
  await writeJson(services, exportKey(folder, 'request.json'), { user_id: userId, asked_by: actor });
  return { askedAt: clock.now(), done: null };
}

/** undefined: none was asked for, its file was removed, or nothing of the user was found. */
export async function readExport(services: AskServices, userId: string): Promise<ExportState | undefined> {
  const found = await currentExport(services, userId);
  return found && stateOf(services, found);
}

async function stateOf(services: Pick<AskServices, 'objects'>, found: UserExport): Promise<ExportState> {
  const { folder, askedAt } = found;
  const endsAt = await endOf(found);
  const report = endsAt && (await readJson<StoredReport>(services, found, 'report.json'));
  return { askedAt, done: endsAt && report ? { ...report, folder, endsAt } : null };
}

async function requireNoDeletion(services: AskServices, userId: string): Promise<void> {
  await services.blocked.requireUnblocked(userId);
  if (!(await isBeingDeleted(services, userId))) return;
  const detail = 'expected a user whom the service takes something from or for; got one whose data is being deleted';
  throw new AppError('user-erased', detail);
}

/** Also while the user is blocked after the deletion. */
export async function isBeingDeleted(services: Pick<Services, 'erasures' | 'clock'>, userId: string): Promise<boolean> {
  const deletion = await readDeletion(services, userId);
  return deletion !== undefined && (deletion.endedAt === null || deletion.blockedUntil > services.clock.now());
}
