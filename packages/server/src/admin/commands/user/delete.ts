import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '../../../domain/errors.ts';
import type { Deletion } from '../../../domain/user/deletion.ts';
import { type DeleteUserInput, deleteUser, receiptOf } from '../../../operations/users/delete-user.ts';
import { deletionReport } from '../../../operations/users/deletion-report.ts';
import { finishDeletion } from '../../../operations/users/finish-deletion.ts';
import { readDeletion } from '../../../operations/users/read-deletion.ts';
import {
  type ArchiveServices,
  composeArchive,
  composeSoleArchive,
  isServed,
  requireService,
  type SoleArchiveServices,
} from '../../../run/compose/archive.ts';
import { SYSTEM_CLOCK } from '../../../run/compose/system-clock.ts';
import { sharesRecords } from '../../../run/config/config.ts';
import { putErasure } from '../../archive/backup/erasures.ts';
import { askService } from '../ask-service.ts';
import { printJson, type Start } from '../command.ts';
import { stopSignal } from '../stop-signal.ts';
import { openNamedTarget } from '../target.ts';
import { type DeletionPlan, isAgreed, planDeletion } from './deletion-plan.ts';

export interface DeleteOptions extends DeleteUserInput {
  readonly targetName: string | undefined;
  readonly isWaiting: boolean;
  /** The operator isn't asked. */
  readonly isAgreed: boolean;
}

/** Between two looks at a deletion that the service ends. */
const LOOK_MS = 2_000;
/** After so many it is tried to do it here: the service may have ended. */
const LOOKS = 30;

export async function deleteNow(
  start: Start,
  { targetName, isWaiting, isAgreed: isAgreedBefore, ...input }: DeleteOptions,
): Promise<void> {
  requireService(start.config);
  const signal = stopSignal();
  await using target = targetName === undefined ? undefined : await openNamedTarget(targetName, start);
  const plan = await planDeletion(start, input.userId, signal).catch(unlessDamaged);
  if (plan && isUnknown(plan) && input.blockDays === undefined) return tellUnknown(NOTHING_BLOCKED);
  if (!isAgreedBefore && !plan?.isRepeat && !(await isAgreed(input.userId, plan, signal))) {
    console.error('Nothing was deleted, and nobody is blocked');
    process.exitCode = 1;
    return;
  }
  let { deletion, isByService } = await attempt(start, input, signal);
  if (target) await tellTarget(start, deletion, target);
  for (let look = 1; isWaiting && deletion.endedAt === null; look += 1) {
    await delay(Math.max(deletion.urlsEndAt.getTime() - Date.now(), LOOK_MS), undefined, { signal });
    if (isByService && look % LOOKS !== 0) deletion = (await read(start, input.userId)) ?? deletion;
    else {
      const here = await alone(start, input, signal);
      isByService = here === undefined;
      deletion = here ?? (await read(start, input.userId)) ?? deletion;
    }
  }
  if (target)
    await tellTarget(start, deletion, target); // images that came meanwhile
  else console.error(NO_TARGET);
  printJson(deletionReport(SYSTEM, deletion));
  const { blockDays } = input;
  if (blockDays !== undefined && !isAsked(deletion, blockDays)) console.error(otherBlock(deletion, blockDays));
  if (deletion.endedAt === null) console.error(advice(deletion, isByService));
  else if (deletion.counts.kept > 0) {
    console.error(keptAdvice(deletion));
    process.exitCode = 1;
  }
}

/** A record that can't be read may be this user's: the deletion begins, and stays open. */
function unlessDamaged(error: unknown): undefined {
  if (!(error instanceof AppError && error.isDamage)) throw error;
}

/** Tells what `deleteNow` would find, and changes nothing. */
export async function tellPlan(start: Start, userId: string): Promise<void> {
  requireService(start.config);
  const plan = await planDeletion(start, userId, stopSignal());
  if (isUnknown(plan)) return tellUnknown('expected a user of the service; got one without any record');
  printJson({ state: 'planned', images: plan.images, api_keys: plan.apiKeys });
}

const isUnknown = (plan: DeletionPlan): boolean => plan.isEmpty && !plan.isRepeat;

/** A misspelled id is the likely reason. */
function tellUnknown(sentence: string): void {
  printJson({ state: 'none' });
  console.error(sentence);
  process.exitCode = 1;
}

const NOTHING_BLOCKED =
  'expected a user of the service; got one without any record, so nobody is blocked: --block-days N blocks the user even so';

export async function showDeletion(start: Start, userId: string): Promise<void> {
  requireService(start.config);
  const deletion = await read(start, userId);
  if (deletion) printJson(deletionReport(SYSTEM, deletion));
  else printJson({ state: 'none' });
}

interface Attempt {
  readonly deletion: Deletion;
  /** A service runs, which ends the deletion by itself. */
  readonly isByService: boolean;
}

/** By this process, unless a service runs that alone may change the records. */
async function attempt(start: Start, input: DeleteUserInput, signal: AbortSignal): Promise<Attempt> {
  const { config, secrets, observe } = start;
  const deletion = await alone(start, input, signal);
  if (deletion) return { deletion, isByService: false };
  await using composition = await composeArchive(config, secrets, { observe });
  return { deletion: await byService(composition.services, input, signal), isByService: true };
}

/** undefined: a service runs. */
async function alone(start: Start, input: DeleteUserInput, signal: AbortSignal): Promise<Deletion | undefined> {
  const { config, secrets, observe } = start;
  const sole = await composeSoleArchive(config, secrets, { observe }).catch((error: unknown) => {
    if (!sharesRecords(config) && isServed(error)) return undefined;
    throw error;
  });
  if (!sole) return undefined;
  await using composition = sole;
  return await byUs(composition.services, input, signal);
}

async function byUs(services: SoleArchiveServices, input: DeleteUserInput, signal: AbortSignal): Promise<Deletion> {
  const options = { signal, onProgress: (sentence: string) => console.error(sentence) };
  const deletion = await deleteUser(services, input, options);
  return finishDeletion(services, deletion, options);
}

async function byService(
  services: ArchiveServices,
  { userId, blockDays }: DeleteUserInput,
  signal: AbortSignal,
): Promise<Deletion> {
  const before = await readDeletion(services, userId);
  const receipt = before && (await receiptOf(services, before, { userId, blockDays }, { signal }));
  if (receipt) return receipt; // a request would store the user's id
  await askService(services, { kind: 'delete-user', body: { user_id: userId, block_days: blockDays } }, signal);
  const deletion = await readDeletion(services, userId);
  if (!deletion) throw new Error('expected the deletion that the service began; got none');
  return deletion;
}

async function read({ config, secrets, observe }: Start, userId: string): Promise<Deletion | undefined> {
  await using composition = await composeArchive(config, secrets, { observe });
  return await readDeletion(composition.services, userId); // before the stores are closed
}

async function tellTarget(
  { config, secrets, observe }: Start,
  { userHash }: Deletion,
  target: Awaited<ReturnType<typeof openNamedTarget>>,
): Promise<void> {
  await using composition = await composeArchive(config, secrets, { observe });
  const { erasures } = composition.services;
  const key = await erasures.key();
  if (key === undefined) throw new Error('expected the key of erasures; got none');
  for (const erasure of await erasures.of(userHash)) await putErasure(target, { erasure, key });
}

const SYSTEM = { clock: SYSTEM_CLOCK };
const DAY_MS = 86_400_000;

const isAsked = ({ startedAt, blockedUntil }: Deletion, days: number): boolean =>
  blockedUntil.getTime() === startedAt.getTime() + days * DAY_MS;

const otherBlock = ({ startedAt, blockedUntil }: Deletion, days: number): string =>
  `The user is blocked until ${blockedUntil.toISOString()}, not for ${days} days from ${startedAt.toISOString()}: a block lasts until a day after the last URL has ended, and is never shortened`;

const advice = ({ urlsEndAt }: Deletion, isByService: boolean): string =>
  `URLs for uploads of the user may be used until ${urlsEndAt.toISOString()}. ${
    isByService
      ? 'The service ends the deletion then: user delete USER --status shows it'
      : 'Run the same command again then, or start the service, if its records are in SQLite: it ends the deletion'
  }`;

const NO_TARGET =
  'This command noted the deletion in no target of backups: a restore from an older backup brings the person back until --target TARGET or the next backup notes it';

const keptAdvice = ({ counts, blockedUntil }: Deletion): string =>
  `expected to remove all objects; got ${counts.kept} whose removal the bucket denies (Object Lock, or a missing right): once they can be removed, run the same command again, before ${blockedUntil.toISOString()}`;
