import { AppError } from '../../domain/errors.ts';
import { lacksFacts } from '../../domain/facts/reread.ts';
import { isPublished, type StoredImage } from '../../domain/image/image.ts';
import { createdAt, type ImageId } from '../../domain/image/image-id.ts';
import type { Erased } from '../../domain/user/erased.ts';
import { userHashOf } from '../../domain/user/user-hash.ts';
import { eachAtMost } from '../../flow/each-at-most.ts';
import { createNamed } from '../../flow/named.ts';
import { checkCounted } from '../../operations/checks/check-counted.ts';
import { checkOriginals } from '../../operations/checks/check-originals.ts';
import type { ImageRecord, RecordArchive } from '../../records/archive/record-archive.ts';
import type { Services } from '../../services.ts';
import type { KeyedErasure } from '../archive/backup/erasures.ts';
import type { WhyLeftOut } from '../archive/backup/left-out.ts';
import type { OpenedBackup } from './open-backup.ts';
import { type RestoreImageServices, restoreImage } from './restore-image.ts';
import { type PlaceServices, requirePlace } from './restore-place.ts';
import { type OtherRecord, withoutErased } from './without-erased.ts';

export type RestoreServices = RestoreImageServices &
  PlaceServices &
  Parameters<typeof checkOriginals>[0] & {
    readonly archive: RecordArchive;
    readonly usage: Services['usage'];
    readonly settings: Pick<Services['settings'], 'countsUsage'>;
    /** The secret that the service of the place made for itself; if there is none, `first` becomes it. */
    ownSecret(first: string): Promise<string>;
    /** The secret that the service of the place made for itself; undefined: there is none. */
    knownSecret(): Promise<string | undefined>;
    readonly erasures: Pick<Services['erasures'], 'key' | 'of'>;
  };

export interface RestoreInput {
  readonly backup: OpenedBackup;
  readonly scope: RestoreScope;
  /** Erasures that the backup may not know and that the restore also applies. Those of the backup are added. */
  readonly erased: Erased;
  readonly erasures: () => AsyncIterable<KeyedErasure>;
  /** The secret of the service, to be restored with everything; undefined: it isn't in the backup, or not wanted. */
  readonly secret?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((counts: RestoreCounts) => void) | undefined;
}

export type RestoreScope =
  /** Everything, into a place without images. */
  | { readonly of: 'all' }
  /** Images alone, also into a place in use. */
  | { readonly of: 'images'; readonly ids: ReadonlySet<ImageId> }
  | { readonly of: 'user'; readonly userId: string };

/** Numbers of records. */
export interface RestoreCounts {
  readonly images: number;
  readonly bytes: number;
  /** Images that an interrupted restore has brought back. */
  readonly alreadyThere: number;
  readonly albums: number;
  readonly keys: number;
  readonly limits: number;
  readonly tokenCounts: number;
  /** Paused: an admin resumes those that this service is to call. */
  readonly webhooks: number;
  readonly erasures: number;
  /** Images that an erasure forbids to bring back. */
  readonly erased: number;
  /** Images that were deleted while the backup was made. */
  readonly leftOut: number;
  /** Images that are there now, and whose facts this version would read (`admin -- facts`). */
  readonly unread: number;
}

export interface RestoreReport extends RestoreCounts {
  /**
   * `same`, `other`: the place had that of the backup already, or another one. `own`: the place has one, and the backup
   * has none. `none`: neither has one, or it wasn't to be restored.
   */
  readonly secret: 'restored' | 'same' | 'other' | 'own' | 'none';
  /**
   * Erasures that kept persons away here and now, and that the place doesn't keep: their key isn't its own, so it can't
   * tell whom they name.
   */
  readonly foreignErasures: number;
  /** Images whose id has another record, which stays: the first ones. */
  readonly kept: readonly { readonly id: ImageId; readonly status: string }[];
  readonly keptCount: number;
  /** Images that were not restored, because their bytes are absent or damaged: the first ones. */
  readonly damaged: readonly { readonly id: ImageId; readonly detail: string }[];
  readonly damagedCount: number;
  /** Images restored without their external or former id, because another image has it: the first ones. */
  readonly withoutExternalId: readonly ImageId[];
  readonly withoutExternalIdCount: number;
  /** Ids that were asked for and aren't in the backup. */
  readonly unknown: readonly ImageId[];
}

/** Images that a report names one by one. */
const MAX_NAMED = 1_000;

/**
 * Images that are copied at the same time: each takes about five calls one after the other, of tens of milliseconds on
 * AWS.
 */
const AT_ONCE = 16;

/**
 * Brings back the images of a backup, each with its bytes first: a record is never visible without them. What exists
 * stays, so a restore that was interrupted is repeated. Errors: `unavailable` before anything is written, if the backup
 * is damaged or of a newer version, or the place is in use; later those of the stores and of the target.
 */
export async function restoreBackup(services: RestoreServices, input: RestoreInput): Promise<RestoreReport> {
  const { backup, scope, erased, signal, onProgress } = input;
  const isWhole = scope.of === 'all';
  const lostBy = scope.of === 'images' ? 'bytes' : 'size'; // those were named, perhaps as `original-hash`
  for await (const { key, erasure } of within(input.erasures(), signal)) {
    erased.addKey(key);
    erased.add(erasure);
  }
  const key = await readErasures(backup, erased, signal); // reads every record: no damage is found half-way
  const leftOut = await backup.leftOut();
  const recordsAt = new Date(backup.manifest.recordsAt);
  const counts = { ...NOTHING };
  const foreign = new Set<string>();
  const secret = isWhole ? await begin(services, { ...input, key, foreign }, counts) : 'none';
  const isOfPlace = key !== undefined && (await services.erasures.key()) === key;
  const kept = createNamed<RestoreReport['kept'][number]>(MAX_NAMED);
  const damaged = createNamed<RestoreReport['damaged'][number]>(MAX_NAMED);
  const unnamed = createNamed<ImageId>(MAX_NAMED);
  const unknown = new Set(scope.of === 'images' ? scope.ids : []);

  async function restoreOne(archived: ImageRecord<StoredImage>): Promise<void> {
    const { image } = archived;
    unknown.delete(image.id);
    const why = leftOut.get(image.id);
    if (why === 'deleted') counts.leftOut += 1;
    else if (erased.has(image) || (!isWhole && (await isErasedHere(services, image)))) counts.erased += 1;
    else {
      const outcome = await restoreImage(services, backup, archived, lostBy); // of lost bytes too: a later backup may have stored them
      if (outcome.is === 'restored') {
        counts.images += 1;
        counts.bytes += image.sizeBytes;
        if (outcome.withoutExternalId) unnamed.add(image.id);
      } else if (outcome.is === 'already-there') counts.alreadyThere += 1;
      else if (outcome.is === 'kept') kept.add({ id: image.id, status: outcome.status });
      else damaged.add({ id: image.id, detail: why === undefined ? outcome.detail : hadLost(why) });
      const isThere = outcome.is === 'restored' || outcome.is === 'already-there';
      if (isThere && isPublished(image) && lacksFacts(image)) counts.unread += 1;
    }
    onProgress?.(counts);
  }

  await eachAtMost(AT_ONCE, within(backup.records(), signal), async (record) => {
    if (record.kind === 'image') {
      if (isInScope(record.image, scope)) await restoreOne(record);
    } else if (isWhole || isAlbumOf(record, scope)) {
      const left = withoutErased(record, erased, recordsAt);
      if (left?.kind === 'erasure' && !isOfPlace) foreign.add(left.erasure.id);
      else if (left) await put(services, left, counts);
    }
  });
  for (const id of leftOut.unreadable) if (isWhole || unknown.delete(id)) damaged.add({ id, detail: UNREADABLE });
  if (isWhole) await requireOriginals(services); // a place in use may lack others: `reconcile` finds them
  const named = { kept: kept.first, keptCount: kept.count(), damaged: damaged.first, damagedCount: damaged.count() };
  const ofIds = { withoutExternalId: unnamed.first, withoutExternalIdCount: unnamed.count() };
  return { ...counts, ...named, ...ofIds, secret, foreignErasures: foreign.size, unknown: [...unknown] };
}

/** Everything before the records of the backup. */
async function begin(
  services: RestoreServices,
  {
    erasures,
    secret,
    key: ofBackup,
    foreign,
    ...input
  }: RestoreInput & { readonly key: string | undefined; readonly foreign: Set<string> },
  counts: Counted,
): Promise<RestoreReport['secret']> {
  await requirePlace(services, input);
  await checkCounted(services); // a place without images begins to count
  if (ofBackup !== undefined) await put(services, { kind: 'erasure-key', key: ofBackup }, counts); // the first one stays
  for await (const { key, erasure } of within(erasures(), input.signal)) {
    await put(services, { kind: 'erasure-key', key }, counts);
    if ((await services.erasures.key()) === key) await put(services, { kind: 'erasure', erasure }, counts);
    else foreign.add(erasure.id);
  }
  const known = await services.knownSecret();
  if (secret === undefined) return known === undefined ? 'none' : 'own';
  if (known !== undefined) return known === secret ? 'same' : 'other';
  return (await services.ownSecret(secret)) === secret ? 'restored' : 'other';
}

type Counted = { -readonly [Name in keyof RestoreCounts]: RestoreCounts[Name] };

async function put({ archive, clock }: RestoreServices, record: OtherRecord, counts: Counted): Promise<void> {
  const counted = COUNTED_AS[record.kind];
  if ((await archive.put(pausedHere(record, clock.now()))) && counted !== undefined) counts[counted] += 1;
}

/** The service of the backup may still run: without a pause its receivers would get events of two services. */
const pausedHere = (record: OtherRecord, at: Date): OtherRecord =>
  record.kind === 'webhook' ? { ...record, webhook: { ...record.webhook, paused: { why: 'restored', at } } } : record;

const NOTHING: RestoreCounts = {
  images: 0,
  bytes: 0,
  alreadyThere: 0,
  albums: 0,
  keys: 0,
  limits: 0,
  tokenCounts: 0,
  webhooks: 0,
  erasures: 0,
  erased: 0,
  leftOut: 0,
  unread: 0,
};

const COUNTED_AS = {
  album: 'albums',
  key: 'keys',
  limits: 'limits',
  'token-count': 'tokenCounts',
  revocation: undefined,
  erasure: 'erasures',
  'erasure-key': undefined,
  webhook: 'webhooks',
} as const satisfies Record<OtherRecord['kind'], keyof RestoreCounts | undefined>;

/** Its images come back with it. */
const isAlbumOf = (record: OtherRecord, scope: RestoreScope): boolean =>
  record.kind === 'album' && scope.of === 'user' && record.album.userId === scope.userId;

const UNREADABLE = "expected its record in the backup; the service couldn't read it";

const hadLost = (why: WhyLeftOut): string => `expected its bytes in the backup; the service had lost them (${why})`;

function isInScope(image: StoredImage, scope: RestoreScope): boolean {
  switch (scope.of) {
    case 'all':
      return true;
    case 'images':
      return scope.ids.has(image.id);
    case 'user':
      return scope.userId === image.userId;
  }
}

/** The key of the backup's own erasures. */
async function readErasures(
  backup: OpenedBackup,
  erased: Erased,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  let key: string | undefined;
  for await (const record of within(backup.records(), signal)) {
    if (record.kind === 'erasure-key') {
      key = record.key;
      erased.addKey(key);
    } else if (record.kind === 'erasure') erased.add(record.erasure);
  }
  return key;
}

/** Whether the place itself knows of an erasure of the image's user. */
async function isErasedHere({ erasures }: RestoreServices, { id, userId }: StoredImage): Promise<boolean> {
  const key = await erasures.key();
  const ofUser = key === undefined ? [] : await erasures.of(userHashOf(key, userId));
  return ofUser.some(({ blockedUntil }) => createdAt(id) < blockedUntil);
}

async function* within<Item>(items: AsyncIterable<Item>, signal: AbortSignal | undefined): AsyncGenerator<Item> {
  for await (const item of items) {
    signal?.throwIfAborted();
    yield item;
  }
}

/** As the service does when it starts: the records must not belong to another store. */
async function requireOriginals(services: Parameters<typeof checkOriginals>[0]): Promise<void> {
  const { present, absent } = await checkOriginals(services);
  if (absent.length === 0) return;
  const ids = absent.map(({ id }) => id).join(', ');
  const looked = present.length + absent.length;
  throw new AppError(
    'internal',
    `expected the bytes of ${looked} restored images; got none of ${absent.length}: ${ids}`,
  );
}
