import { revoked, rotated } from '../../../domain/access/api-key.ts';
import { issued, later, sampleKey } from '../../../domain/access/api-keys.fixture.ts';
import { revocationOf } from '../../../domain/access/revocation.ts';
import { sampleDelivery, sampleEvent, sampleWebhook } from '../../../domain/event/webhooks.fixture.ts';
import { sampleDetails, sampleFacts } from '../../../domain/facts/facts.fixture.ts';
import { publishHeld } from '../../../domain/image/hold.ts';
import {
  expire,
  type PendingImage,
  type ReadyImage,
  reject,
  restore,
  revokeLinks,
  scheduleMaintenance,
  type TrashedImage,
  tombstone,
  trash,
  withFacts,
  withFilters,
  withLinks,
} from '../../../domain/image/image.ts';
import { createdAt } from '../../../domain/image/image-id.ts';
import { recordRenditionCrash } from '../../../domain/image/rendition-failures.ts';
import type { AlbumRepository } from '../../albums/album-repository.ts';
import type { Coordination } from '../../coordination/coordination.ts';
import type { EventLog } from '../../events/event-log.ts';
import type { KeyRepository } from '../../keys/key-repository.ts';
import type { RevocationRepository } from '../../revocations/revocation-repository.ts';
import type { UsageRepository } from '../../usage/usage-repository.ts';
import type { WebhookRepository } from '../../webhooks/webhook-repository.ts';
import { allDue } from '../all-due.fixture.ts';
import type { FindQuery, ImageRepository } from '../image-repository.ts';
import { readyQuery } from '../list-model.fixture.ts';
import { taken } from '../months.fixture.ts';
import {
  NOW,
  newImageId,
  sampleHeld,
  sampleKeyUse,
  sampleLink,
  samplePublished,
  sampleTokenUse,
} from '../sample-images.fixture.ts';
import { ALBUM_PATTERNS } from './album-patterns.fixture.ts';
import { idOf, OWNER, weighedPending } from './weighed-images.fixture.ts';

export interface Repositories {
  readonly images: ImageRepository;
  readonly albums: AlbumRepository;
  /** The table, for a process with GLOBAL_LISTS=false. */
  readonly ownLists: ImageRepository;
  /** The table, for a process with USAGE=on. */
  readonly counted: ImageRepository;
  /** The table before a walk has begun to count by month. */
  readonly undated: ImageRepository;
  /** The table while the first walk counts by month. */
  readonly walked: ImageRepository;
  /** The table, for a process with EVENTS=on, and the log of its events. */
  readonly logged: ImageRepository;
  readonly log: EventLog;
  readonly usage: UsageRepository;
  readonly coordination: Coordination;
  readonly keys: KeyRepository;
  readonly revocations: RevocationRepository;
  readonly webhooks: WebhookRepository;
}

type Lists = 'images' | 'ownLists' | 'counted' | 'undated' | 'logged';

/** Prepares an access; the returned function performs it and reports whether it succeeded. */
type Pattern = (repositories: Repositories) => Promise<() => Promise<boolean>>;

/** Older than all listed images. */
const EARLIER = 0;
/** A time at which nothing else is due. */
const SOON = new Date(NOW.getTime() + 1);
const DATES = { createdFrom: createdAt(idOf(0)), createdBefore: NOW } as const;
const PAGE = 50;
const DAY_MS = 86_400_000;
const SWEPT = 20;
const PROBE = { order: 'newest', limit: 20 } as const;
const SWEEPING = { name: 'sweep-recovery-0', holder: 'one', until: NOW } as const;

/** The service's accesses to its table, by their names in docs/capacity.md and capacity.test.ts. */
export const PATTERNS: Readonly<Record<string, Pattern>> = {
  ...ALBUM_PATTERNS,
  grant: grant('images'),
  'grant, with usage': grant('counted'),
  'grant with an `Idempotency-Key`': grantWithKey('images'),
  'grant with an `Idempotency-Key`, with usage': grantWithKey('counted'),
  'grant by an upload token with `max_images`': async ({ images }) => {
    const pending = newPending(5);
    return () => images.create(pending, sampleTokenUse());
  },
  'grant by an upload token with `max_images`, with an `Idempotency-Key`': async ({ images }) => {
    const pending = newPending(5);
    const use = sampleKeyUse({ key: pending.id, imageId: pending.id, leaseUntil: null });
    return async () => (await images.useKey(use, NOW, pending, sampleTokenUse())) === undefined;
  },
  'grant by an upload token with `max_images`, with an `Idempotency-Key`, with usage': async ({ counted }) => {
    const pending = newPending(5);
    const use = sampleKeyUse({ key: pending.id, imageId: pending.id, leaseUntil: null });
    return async () => (await counted.useKey(use, NOW, pending, sampleTokenUse())) === undefined;
  },
  'first grant of an owner, with usage': async ({ counted }) => {
    const pending = { ...newPending(5), userId: newImageId() };
    return () => counted.create(pending);
  },
  '`Idempotency-Key` of a direct upload': async ({ images }) => {
    const use = sampleKeyUse({ key: newImageId() });
    return async () =>
      (await images.useKey(use, NOW)) === undefined && images.replaceKeyUse(use, { ...use, leaseUntil: null });
  },
  'grant, with an external id': grant('images', named),
  'grant with an `Idempotency-Key`, with an external id': grantWithKey('images', named),
  'ready, 5 tags, with an external id': async ({ images }) => {
    const pending = named(newPending(5));
    await images.create(pending);
    await images.replace(pending, claimed(pending));
    return () => images.replace(claimed(pending), samplePublished(claimed(pending)));
  },
  'grant given up, with an external id': async ({ images }) => {
    const pending = named(newPending(5));
    await images.create(pending);
    return () => images.replace(pending, expire(pending, new Date(pending.expiresAt.getTime() + DAY_MS)));
  },
  'delete, 5 tags, with an external id': async ({ images }) => {
    const image = await publishedWithId(images);
    return () => images.replace(image, tombstone(image, NOW));
  },
  'another external id': async ({ images }) => {
    const image = await publishedWithId(images);
    return () => images.replace(image, { ...image, externalId: 'another', revision: image.revision + 1 });
  },
  'image by external id': async ({ images }) => {
    const { userId, externalId } = await publishedWithId(images);
    return async () => (await images.findByExternalId(userId, externalId ?? '')) !== undefined;
  },
  'ready, 5 tags, with a metadata filter': async ({ images }) => {
    const pending = described(newPending(5));
    await images.create(pending);
    await images.replace(pending, claimed(pending));
    return () => images.replace(claimed(pending), samplePublished(claimed(pending), 'image/jpeg', ['order']));
  },
  'delete, 5 tags, with a metadata filter': async ({ images }) => {
    const image = await publishedWithFilter(images);
    return () => images.replace(image, tombstone(image, NOW));
  },
  'trash, 5 tags, with a metadata filter': async ({ images }) => {
    const image = await publishedWithFilter(images);
    return () => images.replace(image, trash(image, NOW, SOON));
  },
  'another value of a metadata filter': async ({ images }) => {
    const image = await publishedWithFilter(images);
    const metadata = { order: 'B18' };
    return () => images.replace(image, { ...image, metadata, revision: image.revision + 1 });
  },
  'a metadata filter filled': async ({ images }) => {
    const image = withFilters(await publishedWithFilter(images), []);
    await images.replace(withFilters(image, ['order']), image);
    return () => images.replace(image, withFilters(image, ['order']));
  },
  'ready, 5 tags, without months': ready(5, 'undated'),
  'delete, 5 tags, without months': deletion('undated'),
  'trash, 5 tags, without months': trashing('undated'),
  'restore, 5 tags, without months': restoring('undated'),
  'another description, without months': anotherDescription('undated'),
  'another date, 5 tags, without months': anotherDate('undated'),
  "an owner's months": async ({ images }) => {
    const image = await published(images, 5);
    return async () => (await images.months({ userId: image.userId, limit: PAGE })).length > 0;
  },
  'ready, 5 tags, with details': async ({ images }) => {
    const pending = newPending(5);
    await images.create(pending);
    await images.replace(pending, claimed(pending));
    return () => images.replace(claimed(pending), detailed(claimed(pending)), { details: sampleDetails });
  },
  'delete, 5 tags, with details': async ({ images }) => {
    const image = await publishedWithDetails(images);
    return () => images.replace(image, tombstone(image, NOW));
  },
  'another date, 5 tags': anotherDate('images'),
  'facts read again': async ({ images }) => {
    const image = await published(images, 5);
    return () => images.replace(image, withFacts(image, sampleFacts, false));
  },
  'facts read, before the months of an image are counted': async ({ undated, walked }) => {
    const image = await published(undated, 5);
    return () => walked.replace(image, withFacts(image, sampleFacts, false));
  },
  'facts read again, with details': async ({ images }) => {
    const image = await published(images, 5);
    return () => images.replace(image, withFacts(image, sampleFacts, true), { details: sampleDetails });
  },
  'details of an image': async ({ images }) => {
    const image = await publishedWithDetails(images);
    return async () => (await images.details(image)) !== null;
  },
  claim: async ({ images }) => {
    const pending = await granted(images, 5);
    return () => images.replace(pending, claimed(pending));
  },
  'ready, no tags': ready(0, 'images'),
  'ready, 5 tags': ready(5, 'images'),
  'ready, 20 tags': ready(20, 'images'),
  'ready, no tags, with usage': ready(0, 'counted'),
  'ready, 5 tags, with usage': ready(5, 'counted'),
  'ready, 20 tags, with usage': ready(20, 'counted'),
  'held to ready, 5 tags': passing('images'),
  'held to ready, 5 tags, with usage': passing('counted'),
  'ready, 5 tags, with renditions to be made': async ({ images }) => {
    const pending = await granted(images, 5);
    await images.replace(pending, claimed(pending));
    return () => images.replace(claimed(pending), scheduleMaintenance(samplePublished(claimed(pending)), SOON));
  },
  'ready, no tags, without global lists': ready(0, 'ownLists'),
  'ready, 5 tags, without global lists': ready(5, 'ownLists'),
  'ready, 20 tags, without global lists': ready(20, 'ownLists'),
  'all of an upload, 5 tags': upload('images'),
  'all of an upload, 5 tags, without months': upload('undated'),
  'all of an upload, 5 tags, with usage': upload('counted'),
  'all of an upload, 5 tags, without global lists': upload('ownLists'),
  rejected: rejection('images'),
  'rejected, with usage': rejection('counted'),
  'another tag': anotherTag('images'),
  'another tag, without global lists': anotherTag('ownLists'),
  'another description': anotherDescription('images'),
  'link created': async ({ images }) => {
    const image = await published(images, 5);
    return () => images.replace(image, withLinks(image, [sampleLink()]));
  },
  'links revoked': async ({ images }) => {
    const image = await published(images, 5);
    const linked = withLinks(image, [sampleLink()]);
    await images.replace(image, linked);
    return () => images.replace(linked, revokeLinks(linked, NOW));
  },
  'rendition failed': async ({ images }) => {
    const image = await published(images, 5);
    return () => images.replace(image, recordRenditionCrash(image, { rendition: 'name', detail: 'it died', at: SOON }));
  },
  'rendition maintenance scheduled': async ({ images }) => {
    const image = await publishedWithRenditions(images);
    return () => images.replace(image, scheduleMaintenance(image, SOON));
  },
  'rendition maintenance done': async ({ images }) => {
    const image = await publishedWithRenditions(images);
    return () => images.replace(image, scheduleMaintenance(image, null));
  },
  'delete, 5 tags': deletion('images'),
  'delete, 5 tags, with usage': deletion('counted'),
  'delete, 5 tags, without global lists': deletion('ownLists'),
  'trash, 5 tags': trashing('images'),
  'trash, 5 tags, with usage': trashing('counted'),
  'trash, 5 tags, without global lists': trashing('ownLists'),
  'restore, 5 tags': restoring('images'),
  'restore, 5 tags, with usage': restoring('counted'),
  'restore, 5 tags, without global lists': restoring('ownLists'),
  'purge of a trashed image': purging('images'),
  'purge of a trashed image, with usage': purging('counted'),
  'removal noted': async ({ images }) => {
    const image = await published(images, 5);
    const deleted = tombstone(image, NOW);
    await images.replace(image, deleted);
    return () => images.replace(deleted, { ...deleted, remains: { removeAt: SOON } });
  },
  'grant given up': givingUp('images'),
  'grant given up, with usage': givingUp('counted'),
  'ready, 5 tags, with events': ready(5, 'logged'),
  'another description, with events': anotherDescription('logged'),
  'rendition maintenance done, with events': async ({ logged }) => {
    const image = await publishedWithRenditions(logged);
    return () => logged.replace(image, scheduleMaintenance(image, null));
  },
  'delete, 5 tags, with events': deletion('logged'),
  'one event published': publishing(1),
  '100 events of a shard published': publishing(100),
  'look of a mover at one shard': async ({ log }) => {
    await moveAll(log);
    return async () => (await log.mover?.move(0, NOW))?.moved === 0;
  },
  'look of a reader of events':
    async ({ log }) =>
    async () =>
      (await log.head()).sequences.length === log.shards,
  'page of 50 events of a shard': async ({ logged, log }) => {
    await publishedInShard(logged, log, PAGE);
    await moveAll(log);
    const { sequences } = await log.head();
    const until = sequences[EVENT_SHARD] ?? 0;
    const query = { shard: EVENT_SHARD, after: until - PAGE, until, limit: PAGE };
    return async () => (await log.read(query)).events.length === PAGE;
  },
  'sweep with nothing due': async ({ images }) => {
    return async () => (await allDue(images, new Date(EARLIER), SWEPT)).length === 0;
  },
  'lease of the sweeper':
    async ({ coordination }) =>
    () =>
      coordination.holdLease(SWEEPING, NOW),
  'readiness check': async ({ images }) => {
    return () => images.check(NOW).then(() => true);
  },
  'image by id': async ({ images }) => {
    const image = await published(images, 5);
    return async () => (await images.get(image.id)) !== undefined;
  },

  'usage of an owner': async ({ counted, usage }) => {
    const { userId } = await granted(counted, 0);
    return async () => (await usage.usageOf(userId)).usage.pending > 0;
  },
  'images of an owner by status': async ({ counted, usage }) => {
    const { userId } = await granted(counted, 0);
    return async () => ((await usage.usageOf(userId)).byStatus?.pending ?? 0) > 0;
  },

  'API key checked': async ({ keys }) => {
    const key = await createdKey(keys);
    return async () => (await keys.get(key.id)) !== undefined;
  },
  'view token checked':
    async ({ revocations }) =>
    async () =>
      (await revocations.of({ id: 'vAAAAAAAAAAAAAAAAAAAAAA', userId: OWNER })).length === 0,
  'view tokens of a user revoked':
    async ({ revocations }) =>
    () =>
      revocations.add(revocationOf({ userId: OWNER, tokenId: null }, NOW)).then(() => true),
  'API key created':
    async ({ keys }) =>
    () =>
      keys.create(sampleKey()).then(() => true),
  'API key rotated': async ({ keys }) => {
    const key = await createdKey(keys);
    return () => keys.rotate(rotated(key, { issued: issued(), now: SOON, overlapSeconds: 60 }));
  },
  'API key revoked': async ({ keys }) => {
    const key = await createdKey(keys);
    return () => keys.replace(key, revoked(key, SOON));
  },
  'last use of an API key': async ({ keys }) => {
    const key = await createdKey(keys);
    return () => keys.recordUse(key.id, later(60)).then(() => true);
  },
  'API keys of an owner': async ({ keys }) => {
    const owner = 'owner of keys';
    for (let n = 0; n < PAGE; n += 1) await keys.create(sampleKey({ owner }, later(n)));
    return async () => (await keys.find({ owner, after: undefined, limit: PAGE })).keys.length === PAGE;
  },
  'delivery for a webhook added': async ({ webhooks }) => {
    const one = sampleDelivery(sampleWebhook(), sampleEvent());
    return () => webhooks.addDeliveries([one]).then(() => true);
  },
  'attempt of a delivery that is tried again': async ({ webhooks }) => {
    const one = await delivery(webhooks);
    return () => webhooks.record(one, { status: 'waiting', dueAt: SOON, attempt: ANSWERED });
  },
  'attempt of a delivery that ends it': async ({ webhooks }) => {
    const one = await delivery(webhooks);
    return () => webhooks.record(one, { status: 'delivered', dueAt: SOON, attempt: ANSWERED });
  },

  'an owner': page({ userId: OWNER }),
  "an owner's dates": page({ userId: OWNER, ...DATES, order: 'oldest' }),
  'an owner, a tag': page({ userId: OWNER, tags: ['seaside'] }),
  'an owner, by capture': page({ userId: OWNER, order: 'taken-newest' }),
  'an owner, a tag, by capture': page({ userId: OWNER, tags: ['seaside'], order: 'taken-newest' }),
  'an owner, all of two tags, by capture': page({ userId: OWNER, tags: ['seaside', 'holiday'], order: 'taken-newest' }),
  'an owner, a type': page({ userId: OWNER, contentType: 'image/jpeg' }),
  'an owner, all of two tags': page({ userId: OWNER, tags: ['seaside', 'holiday'] }),
  'an owner, any of two tags': page({ userId: OWNER, tags: ['seaside', 'holiday'], tagMode: 'any' }),
  'an owner, a tag and a type': page({ userId: OWNER, tags: ['seaside'], contentType: 'image/jpeg' }),
  'an owner, a metadata filter': filteredPage('one', {}),
  'an owner, a metadata filter and a tag': filteredPage('two', { tags: ['tag1'] }),
  'all owners': page({}),
  'dates, all owners': page({ ...DATES, order: 'oldest' }),
  'a tag': page({ tags: ['seaside'] }),
  'a type': page({ contentType: 'image/jpeg' }),
  'all of two tags': page({ tags: ['seaside', 'holiday'] }),
  'any of two tags': page({ tags: ['seaside', 'holiday'], tagMode: 'any' }),
  'a tag and a type': page({ tags: ['seaside'], contentType: 'image/jpeg' }),
  "an owner's pending, none": find({ status: 'pending', userId: 'nobody', ...PROBE }, 0),
  "an owner's pending, 20 and more": find({ status: 'pending', userId: OWNER, ...PROBE }, PROBE.limit),
  "all owners' pending, 20 and more": find({ status: 'pending', ...PROBE }, PROBE.limit),
  "all owners' rejected": find({ status: 'rejected', order: 'newest', limit: PAGE }, PAGE),
};

/**
 * Adds the images that the patterns find, of two owners alternately: first ready ones, then pending ones, then rejected
 * ones.
 */
export async function addListed({ images, counted, logged }: Repositories): Promise<void> {
  await granted(counted, 0); // a process lists an owner with its first grant
  await published(logged, 0); // and reads the number of shards of the log with its first event
  const add = async (n: number): Promise<void> => {
    const listed = { userId: n % 2 === 0 ? OWNER : 'another', tags: ['seaside', 'holiday'] };
    const pending = weighedPending({ ...listed, id: idOf(n) });
    const refused = weighedPending({ ...listed, id: idOf(2 * LISTED + n) });
    await images.create(weighedPending({ ...listed, id: idOf(LISTED + n) }));
    await images.create(pending);
    await images.replace(pending, samplePublished(pending));
    await images.create(refused);
    await images.replace(refused, reject(refused, { code: 'empty-upload', detail: 'no bytes' }, NOW));
  };
  await Promise.all(Array.from({ length: LISTED }, (_, n) => add(n)));
}

/** Enough for more than one page of either owner. */
const LISTED = 160;

const ANSWERED = { at: SOON, httpStatus: 500, durationMs: 12, answer: 'later' };

async function delivery(webhooks: WebhookRepository) {
  const one = sampleDelivery(sampleWebhook(), sampleEvent());
  await webhooks.addDeliveries([one]);
  return one;
}

const EVENT_SHARD = 0;

async function moveAll(log: EventLog): Promise<void> {
  for (let shard = 0; shard < log.shards; shard += 1) while ((await log.mover?.move(shard, NOW))?.isMore);
}

async function publishedInShard(logged: ImageRepository, log: EventLog, count: number): Promise<void> {
  for (let made = 0; made < count; ) {
    const pending = newPending(0);
    if (log.shardOf(pending.id) !== EVENT_SHARD) continue;
    await logged.create(pending);
    await logged.replace(pending, samplePublished(pending));
    made += 1;
  }
}

/** By a mover that is at work for longer. */
function publishing(count: number): Pattern {
  return async ({ logged, log }) => {
    await publishedInShard(logged, log, 1);
    await moveAll(log);
    await publishedInShard(logged, log, count);
    return async () => (await log.mover?.move(EVENT_SHARD, NOW))?.moved === count;
  };
}

async function createdKey(keys: KeyRepository) {
  const key = sampleKey();
  await keys.create(key);
  return key;
}

const RESERVED = 5_000_000;

const newPending = (tagCount: number): PendingImage =>
  weighedPending({
    id: newImageId(new Date(EARLIER)),
    userId: 'uploader',
    tags: Array.from({ length: tagCount }, (_, number) => `tag${number}`),
    reservedBytes: RESERVED,
  });

async function granted(images: ImageRepository, tagCount: number): Promise<PendingImage> {
  const pending = newPending(tagCount);
  await images.create(pending);
  return pending;
}

const claimed = (pending: PendingImage): PendingImage => ({ ...pending, claim: { attempt: 'first', leaseUntil: NOW } });

async function published(images: ImageRepository, tagCount: number): Promise<ReadyImage> {
  const pending = await granted(images, tagCount);
  const ready = samplePublished(pending);
  await images.replace(pending, ready);
  return ready;
}

/** With the facts of a telephone. */
const detailed = (pending: PendingImage): ReadyImage => ({
  ...samplePublished(pending),
  facts: sampleFacts,
  hasDetails: true,
});

async function publishedWithDetails(images: ImageRepository): Promise<ReadyImage> {
  const pending = newPending(5);
  await images.create(pending);
  const ready = detailed(pending);
  await images.replace(pending, ready, { details: sampleDetails });
  return ready;
}

async function publishedWithId(images: ImageRepository): Promise<ReadyImage> {
  const pending = named(newPending(5));
  await images.create(pending);
  const ready = samplePublished(pending);
  await images.replace(pending, ready);
  return ready;
}

async function publishedWithFilter(images: ImageRepository, image = newPending(5)): Promise<ReadyImage> {
  const pending = described(image);
  await images.create(pending);
  const ready = samplePublished(pending, 'image/jpeg', ['order']);
  await images.replace(pending, ready);
  return ready;
}

/** The first page of an owner with one image more. */
function filteredPage(userId: string, fields: Parameters<typeof readyQuery>[0]): Pattern {
  const query = readyQuery({ ...fields, userId, metadata: [{ name: 'order', value: 'A17' }], limit: PAGE });
  return async (repositories) => {
    const all = Array.from({ length: PAGE + 1 }, () => ({ ...newPending(2), userId }));
    await Promise.all(all.map((image) => publishedWithFilter(repositories.images, image)));
    return find(query, PAGE)(repositories);
  };
}

async function publishedWithRenditions(images: ImageRepository): Promise<ReadyImage> {
  const pending = await granted(images, 5);
  const ready = scheduleMaintenance(samplePublished(pending), NOW);
  await images.replace(pending, ready);
  return ready;
}

function plain(image: PendingImage): PendingImage {
  return image;
}

function named(image: PendingImage): PendingImage {
  return { ...image, externalId: image.id };
}

function described(image: PendingImage): PendingImage {
  return { ...image, metadata: { order: 'A17' } };
}

function grant(by: Lists, shaped = plain): Pattern {
  return async ({ [by]: images }) => {
    const pending = shaped(newPending(5));
    return () => images.create(pending);
  };
}

function grantWithKey(by: Lists, shaped = plain): Pattern {
  return async ({ [by]: images }) => {
    const pending = shaped(newPending(5));
    const use = sampleKeyUse({ key: pending.id, imageId: pending.id, leaseUntil: null });
    return async () => (await images.useKey(use, NOW, pending)) === undefined;
  };
}

function rejection(by: Lists): Pattern {
  return async ({ [by]: images }) => {
    const pending = await granted(images, 5);
    await images.replace(pending, claimed(pending));
    return () =>
      images.replace(claimed(pending), reject(claimed(pending), { code: 'empty-upload', detail: 'no bytes' }, NOW));
  };
}

function givingUp(by: Lists): Pattern {
  return async ({ [by]: images }) => {
    const pending = await granted(images, 5);
    return () => images.replace(pending, expire(pending, new Date(pending.expiresAt.getTime() + DAY_MS)));
  };
}

function upload(by: Lists): Pattern {
  return async ({ [by]: images }) => {
    const pending = newPending(5);
    return async () =>
      (await images.create(pending)) &&
      (await images.get(pending.id)) !== undefined &&
      (await images.replace(pending, claimed(pending))) &&
      images.replace(claimed(pending), samplePublished(claimed(pending)));
  };
}

function ready(tagCount: number, by: Lists): Pattern {
  return async ({ [by]: images }) => {
    const pending = await granted(images, tagCount);
    await images.replace(pending, claimed(pending));
    return () => images.replace(claimed(pending), samplePublished(claimed(pending)));
  };
}

function passing(by: Lists): Pattern {
  return async ({ [by]: images }) => {
    const pending = await granted(images, 5);
    const held = sampleHeld(pending);
    await images.replace(pending, held);
    return () => images.replace(held, publishHeld(held, { maintainAt: null, filteredBy: [], decided: [], at: NOW }));
  };
}

function anotherTag(by: Lists): Pattern {
  return async ({ [by]: images }) => {
    const image = await published(images, 5);
    const tags = ['tag5', ...image.tags.slice(1)];
    return () => images.replace(image, { ...image, tags, revision: image.revision + 1 });
  };
}

function anotherDescription(by: Lists): Pattern {
  return async ({ [by]: images }) => {
    const image = await published(images, 5);
    return () => images.replace(image, { ...image, description: 'another', revision: image.revision + 1 });
  };
}

function anotherDate(by: Lists): Pattern {
  return async ({ [by]: images }) => {
    const image = await published(images, 5);
    return () => images.replace(image, taken(image, '2024-07-14T18:22:31.000'));
  };
}

function deletion(by: Lists): Pattern {
  return async ({ [by]: images }) => {
    const image = await published(images, 5);
    return () => images.replace(image, tombstone(image, NOW));
  };
}

async function trashedImage(images: ImageRepository): Promise<TrashedImage> {
  const image = await published(images, 5);
  const trashed = trash(image, NOW, SOON);
  await images.replace(image, trashed);
  return trashed;
}

function trashing(by: Lists): Pattern {
  return async ({ [by]: images }) => {
    const image = await published(images, 5);
    return () => images.replace(image, trash(image, NOW, SOON));
  };
}

function restoring(by: Lists): Pattern {
  return async ({ [by]: images }) => {
    const trashed = await trashedImage(images);
    return () => images.replace(trashed, restore(trashed, NOW, []));
  };
}

function purging(by: Lists): Pattern {
  return async ({ [by]: images }) => {
    const trashed = await trashedImage(images);
    return () => images.replace(trashed, tombstone(trashed, NOW));
  };
}

function find(query: FindQuery, count: number): Pattern {
  return async ({ images }) =>
    async () =>
      (await images.find(query)).images.length === count;
}

function page(fields: Parameters<typeof readyQuery>[0]): Pattern {
  return find(readyQuery({ ...fields, limit: PAGE }), PAGE);
}
