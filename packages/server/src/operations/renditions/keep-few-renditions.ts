import { type ReadyImage, scheduleMaintenance } from '../../domain/image/image.ts';
import { renditionKindPrefix } from '../../domain/image/object-key.ts';
import type { DatedRendition, StoredRendition } from '../../domain/rendition/rendition.ts';
import type { ListedObject } from '../../object-store/object-store.ts';
import type { Services } from '../../services.ts';
import { amendImage } from '../images/amend-image.ts';
import { beyondBounds, newestFirst } from './rendition-bounds.ts';

const FREE_RENDITION_DAYS = 30;

const DAY_MS = 86_400_000;

type KeepServices = Pick<Services, 'images' | 'objects' | 'renditions' | 'clock'>;

/** When a free rendition that is stored at that moment is dropped. */
const droppedAt = (storedAt: Date): Date => new Date(storedAt.getTime() + FREE_RENDITION_DAYS * DAY_MS);

/**
 * After a rendition was stored: records when to look for old ones. A record without that time has no free renditions.
 */
async function noteFreeRendition(services: KeepServices, { id }: ReadyImage): Promise<void> {
  const dueAt = droppedAt(services.clock.now());
  await amendImage(services, id, (current) =>
    current.maintainAt === null ? scheduleMaintenance(current, dueAt) : current,
  );
}

/** To be called after the time was removed from the record: a rendition that was stored meanwhile relied on it. */
export async function noteLateRendition(services: KeepServices, image: ReadyImage): Promise<void> {
  const [any] = await freeRenditions(services, image);
  if (any) await noteFreeRendition(services, image);
}

/**
 * After `made` was stored: removes the oldest beyond the bounds. `image`: the record as it was before. Lists an image
 * at most once a minute; renditions that other processes store meanwhile count from the next list on.
 */
export async function keepFewRenditions(
  services: KeepServices,
  image: ReadyImage,
  { key: made, sizeBytes }: Pick<StoredRendition, 'key' | 'sizeBytes'>,
): Promise<void> {
  const { renditions, clock } = services;
  await noteFreeRendition(services, image);
  if (image.maintainAt === null) return; // it is the first
  const known = renditions.freeOf(image) ?? (await newestFirst(await freeRenditions(services, image)));
  const others = known.filter(({ key }) => key !== made);
  const all = [{ key: made, sizeBytes, storedAt: clock.now() }, ...others]; // times may be equal, or of another clock
  const dropped = beyondBounds(image, all);
  renditions.keepFreeOf(image, all.slice(0, all.length - dropped.length)); // before concurrent renders look
  await drop(services, dropped);
}

export interface OldRenditions {
  readonly wereDropped: boolean;
  /** When the next one is due; null if none is left. */
  readonly againAt: Date | null;
}

/** Drops an image's old free renditions. */
export async function dropOldRenditions(services: KeepServices, image: ReadyImage): Promise<OldRenditions> {
  const all = await newestFirst(await freeRenditions(services, image));
  const now = services.clock.now();
  const old = all.filter(({ storedAt }) => droppedAt(storedAt) <= now);
  await drop(services, old);
  const oldest = all.findLast(({ storedAt }) => droppedAt(storedAt) > now);
  return { wereDropped: old.length > 0, againAt: oldest ? droppedAt(oldest.storedAt) : null };
}

const freeRenditions = ({ objects }: Pick<Services, 'objects'>, { id }: ReadyImage): Promise<ListedObject[]> =>
  Array.fromAsync(objects.list(renditionKindPrefix(id, 'free')));

async function drop({ objects, renditions }: KeepServices, dropped: readonly DatedRendition[]): Promise<void> {
  if (dropped.length === 0) return;
  const keys = dropped.map(({ key }) => key);
  await objects.delete(keys);
  renditions.forget(keys);
}
