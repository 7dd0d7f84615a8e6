import { guestIn } from '../../domain/access/guest-actor.ts';
import { eventIdOf } from '../../domain/event/image-event.ts';
import { type Image, isStored, type StoredImage } from '../../domain/image/image.ts';
import { createdAt, type ImageId } from '../../domain/image/image-id.ts';
import { concernsUser } from '../../domain/user/keys-of-user.ts';
import { workAtMost } from '../../flow/work-at-most.ts';
import type { ObjectStore, StoredObject } from '../../object-store/object-store.ts';
import type { ImageRecord, RecordArchive } from '../../records/archive/record-archive.ts';
import { unreadable } from '../../records/archive/unreadable.ts';
import type { UserRecords } from '../../records/archive/user-records.ts';
import type { EventLog } from '../../records/events/event-log.ts';
import type { OwnerUsage } from '../../records/usage/usage-repository.ts';
import type { Services } from '../../services.ts';
import { readableName } from './readable-name.ts';

export interface ExportServices extends Pick<Services, 'clock'> {
  readonly archive: RecordArchive;
  readonly userRecords: Pick<UserRecords, 'countKeyUses'>;
  readonly usage: Pick<Services['usage'], 'usageOf'>;
  readonly events: { readonly log: Pick<EventLog, 'head' | 'read'> } | null;
  readonly objects: Pick<ObjectStore, 'get'>;
}

/** The folder of an export. */
export interface ExportFolder {
  /**
   * Stores an original with that SHA-256, and nothing of other bytes. Returns the one that it found, in lower-case hex.
   */
  putOriginal(name: string, body: StoredObject['body'], sha256: string): Promise<string>;
  addImage(line: string): Promise<void>;
  addEvent(line: string): Promise<void>;
  putPerson(text: string): Promise<void>;
}

export interface ExportReport {
  readonly images: number;
  readonly originals: number;
  readonly bytes: number;
  /** Originals that are absent, or aren't the verified bytes. */
  readonly faults: readonly { readonly id: string; readonly detail: string }[];
  /** How the database is damaged: records of the user may be lost. */
  readonly damage: readonly string[];
  /** Whether nothing of the user was found. */
  readonly isEmpty: boolean;
}

export interface ExportOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((originals: number) => void) | undefined;
}

/** Originals that are copied at the same time. */
const AT_ONCE = 4;
const PAGE_EVENTS = 500;
/** The limit of reported faults of a damaged database. */
const MOST_DAMAGE = 100;

/**
 * Writes everything that the service knows of a user: each original, one JSON line for each image in any state and for
 * each event, and what is known of the person. Errors: those of the stores and of the folder.
 */
export async function exportUser(
  services: ExportServices,
  { userId, folder }: { readonly userId: string; readonly folder: ExportFolder },
  { signal, onProgress }: ExportOptions = {},
): Promise<ExportReport> {
  const counts = { images: 0, originals: 0, bytes: 0 };
  const faults: ExportReport['faults'][number][] = [];
  const damage: string[] = [];
  const onDamage = (detail: string): void => {
    if (damage.length < MOST_DAMAGE) damage.push(detail);
  };
  /** In a sound database an unreadable record may be the user's: the export would be incomplete, so it fails. */
  const onUnreadable = (id: ImageId, error: unknown): void => {
    const named = unreadable(`image ${id}`, error);
    if (damage.length === 0) throw named;
    onDamage(named.detail);
  };
  const byStatus: Record<string, number> = {};
  const tokenIds = new Set<string>();
  const tokenCounts = new Map<string, number>();
  const albums: object[] = [];
  const keys: object[] = [];
  const webhooks: object[] = [];
  const revocations: object[] = [];

  const exportOriginal = async (image: StoredImage): Promise<string | null> => {
    const name = readableName(image);
    const fault = await copyOriginal(services, image, { folder, name });
    if (fault === undefined) {
      counts.originals += 1;
      counts.bytes += image.sizeBytes;
      onProgress?.(counts.originals);
      return name;
    }
    faults.push({ id: image.id, detail: fault });
    return null;
  };

  const needsDetails = (image: Image) => image.userId === userId;
  const read = { signal, moment: 'of-each-page', needsDetails, onDamage, onUnreadable } as const;
  for await (const page of services.archive.all(read)) {
    const images: ImageRecord<Image>[] = [];
    for (const record of page) {
      if (record.kind === 'token-count') tokenCounts.set(record.tokenId, record.used);
      if (record.kind === 'key' && concernsUser(record.key, userId)) {
        const { secretHash: _, actsAs, ...key } = record.key;
        keys.push({ ...key, acts_as_user: Array.isArray(actsAs) && actsAs.includes(userId) }); // others' names are theirs
      }
      if (record.kind === 'album' && record.album.userId === userId) {
        const { userId: _, version: __, deletion: ___, ...album } = record.album;
        const links = album.links.map(({ password, revision: ____, ...link }) => ({
          ...link,
          hasPassword: password !== null,
        }));
        albums.push({ ...album, links });
      }
      if (record.kind === 'webhook' && record.webhook.userId === userId) {
        const { secrets: _, ...webhook } = record.webhook;
        webhooks.push(webhook);
      }
      if (record.kind === 'revocation' && record.revocation.userId === userId) {
        const { tokenId, notBefore } = record.revocation;
        revocations.push({ token_id: tokenId, not_before: notBefore });
      }
      if (record.kind === 'image' && record.image.userId === userId) images.push(record);
    }
    await workAtMost(AT_ONCE, images, async ({ image, details }) => {
      signal?.throwIfAborted();
      counts.images += 1;
      byStatus[image.status] = (byStatus[image.status] ?? 0) + 1;
      if (image.token && guestIn(image.uploadedBy) === undefined) tokenIds.add(image.token.id);
      const original = isStored(image) ? await exportOriginal(image) : null;
      await folder.addImage(JSON.stringify({ ...image, details, createdAt: createdAt(image.id), original }));
    });
  }

  let events = 0;
  if (services.events) {
    for await (const event of eventsOf(services.events.log, userId)) {
      signal?.throwIfAborted();
      events += 1;
      await folder.addEvent(JSON.stringify(event));
    }
  }

  const { usage, limits, hasOwnLimits }: OwnerUsage = await services.usage.usageOf(userId);
  const person = {
    user_id: userId,
    exported_at: services.clock.now(),
    images: byStatus,
    original_bytes: counts.bytes,
    usage: {
      images: usage.images,
      bytes: usage.bytes,
      trashed_bytes: usage.trashedBytes,
      pending: usage.pending,
      reserved_bytes: usage.reservedBytes,
    },
    limits,
    has_own_limits: hasOwnLimits,
    albums,
    api_keys: keys,
    webhooks,
    upload_tokens: [...tokenIds].map((id) => ({ id, counted_uploads: tokenCounts.get(id) ?? null })),
    view_tokens_revoked: revocations,
    idempotency_keys: await services.userRecords.countKeyUses(userId),
  };
  await folder.putPerson(`${JSON.stringify(person, null, 2)}\n`);
  const found = [counts.images, events, albums.length, keys.length, webhooks.length, revocations.length];
  const isEmpty = !hasOwnLimits && [...found, person.idempotency_keys].every((count) => count === 0);
  return { ...counts, faults, damage, isEmpty };
}

/** The events of the user's images that can be read now. */
async function* eventsOf(log: Pick<EventLog, 'head' | 'read'>, userId: string): AsyncGenerator<object> {
  const { sequences, forgotten } = await log.head();
  for (const [shard, until] of sequences.entries()) {
    for (let after = forgotten[shard] ?? 0; after < until; ) {
      const { events, through } = await log.read({ shard, after, until, limit: PAGE_EVENTS, userId });
      for (const { shard: _, sequence: __, ...event } of events) yield { eventId: eventIdOf(event), ...event };
      after = through;
    }
  }
}

/** Why the original could not be exported; undefined: it was. */
export async function copyOriginal(
  { objects }: Pick<ExportServices, 'objects'>,
  { objectKey, sha256 }: StoredImage,
  { folder, name }: { readonly folder: Pick<ExportFolder, 'putOriginal'>; readonly name: string },
): Promise<string | undefined> {
  const object = await objects.get(objectKey);
  if (!object) return 'expected its bytes in the store; got none';
  const found = await folder.putOriginal(name, object.body, sha256);
  return found === sha256 ? undefined : `expected bytes with the SHA-256 ${sha256}; got ${found}`;
}
