import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { v7 as uuidv7 } from 'uuid';
import { AppError } from '../../domain/errors.ts';
import { createDiskObjectStore } from '../../object-store/disk/disk.ts';
import { createDiskReads } from '../../object-store/disk/disk-reads.ts';
import { ignoresCase } from '../../object-store/disk/ignores-case.ts';
import type { ObjectReads, ObjectStore } from '../../object-store/object-store.ts';
import { createLocalStaging } from '../../object-store/staging/local-staging.ts';
import type { Observer } from '../../observe/observer/observer.ts';
import { DATABASE_FILE } from '../../records/sqlite/database.ts';
import { lockFolder, lockFreeFolder } from '../../records/sqlite/service-lock.ts';
import { isBusy } from '../../records/sqlite/sqlite-error.ts';
import type { Clock, Services } from '../../services.ts';
import { type Config, isStateless, type Secrets, sharesRecords } from '../config/config.ts';
import { BUCKET, objectsFolder } from './objects.ts';
import { openRecords } from './open-records.ts';
import type { OpenRecords, WholeRecords } from './records.ts';
import { SYSTEM_CLOCK } from './system-clock.ts';

type RecordServices = WholeRecords &
  Pick<
    OpenRecords,
    'albums' | 'keys' | 'coordination' | 'erasures' | 'usage' | 'events' | 'eventLog' | 'webhooks' | 'images'
  > &
  Pick<OpenRecords, 'ownSecret' | 'knownSecret'>;

/** What commands about all records need. Nothing is decoded, and no upload taken. */
export interface ArchiveServices extends RecordServices {
  readonly objects: ObjectReads;
  readonly multipart: Pick<Services['multipart'], 'list'>;
  readonly clock: Clock;
  readonly newId: Services['newId'];
  readonly randomBytes: Services['randomBytes'];
  readonly settings: Pick<Services['settings'], 'presignedSeconds' | 'ignoresCase'>;
}

/** Services for a command that changes images. */
export interface SoleArchiveServices extends ArchiveServices {
  readonly objects: ObjectStore;
  readonly multipart: Services['multipart'];
  readonly staging: Services['staging'];
}

/** Whether `composeSoleArchive` failed because the service runs. */
export const isServed = (error: unknown): boolean => error instanceof AppError && isBusy(error.cause);

export interface ArchiveComposition<Held extends ArchiveServices = ArchiveServices> extends AsyncDisposable {
  readonly services: Held;
}

interface ArchiveOptions {
  readonly observe: Observer;
}

/** Errors: `unavailable` where no service has been: an empty backup would count as one. */
export function requireService(config: Config): void {
  const { dataDir } = config;
  if (sharesRecords(config) || existsSync(join(dataDir, DATABASE_FILE))) return;
  const detail = `expected the records of a service in DATA_DIR (${dataDir}); got none: is it the environment of the service?`;
  throw new AppError('unavailable', detail);
}

/**
 * Beside a running service or without one. Reads images and objects only. Errors: `unavailable`, with a sentence for
 * the operator.
 */
export async function composeArchive(
  config: Config,
  secrets: Secrets,
  options: ArchiveOptions,
): Promise<ArchiveComposition> {
  await using stack = new AsyncDisposableStack();
  const records = stack.use(await openRecords(config, recordsFor('beside', secrets, options)));
  const { objects, multipart } = config.s3
    ? stack.use(await openBucket(config, secrets, { ...options, folder: stack.use(freeFolder(config)).path }))
    : readsIn(objectsFolder(config.dataDir));
  const held = stack.move();
  return {
    services: { ...servicesOf(config, records), objects, multipart },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

/**
 * Instead of the service, if records or objects are in its data folder, whose lock is taken: the service answers from
 * memory. With both elsewhere, also beside it. Errors: those of `composeArchive`, and of `lockFolder`.
 */
export async function composeSoleArchive(
  config: Config,
  secrets: Secrets,
  options: ArchiveOptions,
): Promise<ArchiveComposition<SoleArchiveServices>> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(isStateless(config) ? freeFolder(config) : lockedFolder(config)).path;
  const records = stack.use(await openRecords(config, recordsFor('sole', secrets, options)));
  const { objects, multipart, staging } = config.s3
    ? stack.use(await openBucket(config, secrets, { ...options, folder }))
    : storeIn(objectsFolder(folder));
  const held = stack.move();
  return {
    services: { ...servicesOf(config, records), objects, multipart, staging },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

const recordsFor = <Access extends 'beside' | 'sole'>(
  access: Access,
  { awsKeys, databaseUrl }: Secrets,
  { observe }: ArchiveOptions,
) => ({ access, awsKeys, databaseUrl, observe, clock: SYSTEM_CLOCK });

function servicesOf(
  { dataDir, s3, presignedSeconds }: Config,
  { whole, ...records }: OpenRecords & { readonly whole: WholeRecords },
): Omit<ArchiveServices, 'objects' | 'multipart'> {
  return {
    ...records,
    ...whole,
    clock: SYSTEM_CLOCK,
    newId: () => uuidv7(),
    randomBytes,
    settings: { presignedSeconds, ignoresCase: s3 === null && ignoresCase(objectsFolder(dataDir)) },
  };
}

const freeFolder = ({ dataDir }: Config) => lockFreeFolder(join(dataDir, 'processes'));

function lockedFolder({ dataDir }: Config): Disposable & { readonly path: string } {
  const lock = lockFolder(dataDir);
  return { path: dataDir, [Symbol.dispose]: () => lock[Symbol.dispose]() };
}

function readsIn(root: string): Pick<ArchiveServices, 'objects' | 'multipart'> {
  const objects = createDiskReads(root);
  return { objects, multipart: objects.multipart };
}

type Store = Pick<SoleArchiveServices, 'objects' | 'multipart' | 'staging'>;

function storeIn(root: string): Store {
  const objects = createDiskObjectStore({ root, bucket: BUCKET });
  return { objects, multipart: objects.multipart, staging: objects.staging };
}

async function openBucket(
  { s3, presignedSeconds, uploadPartsHours }: Config,
  { awsKeys: credentials }: Secrets,
  { observe, folder }: ArchiveOptions & { readonly folder: string },
): Promise<Store & AsyncDisposable> {
  if (!s3) throw new TypeError('expected a bucket');
  const { openBucket: open } = await import('../../object-store/s3/open.ts'); // the SDK costs 65 ms
  await using stack = new AsyncDisposableStack();
  // A command has no uploads that could be refused: only the disk bounds what it has under way.
  const staging = stack.use(createLocalStaging(join(folder, 'staged'), { files: 'temporary', maxBytes: Infinity }));
  const { objects, multipart } = stack.use(
    await open({ ...s3, credentials, presignedSeconds, uploadPartsHours, clock: SYSTEM_CLOCK, staging, observe }),
  );
  const held = stack.move();
  return { objects, multipart, staging, [Symbol.asyncDispose]: () => held.disposeAsync() };
}
