import { isStored, type ReadyImage } from '../../domain/image/image.ts';
import type { ObjectStore } from '../../object-store/object-store.ts';
import type { Services } from '../../services.ts';

type CheckServices = Pick<Services, 'images'> & { readonly objects: Pick<ObjectStore, 'head'> };

/** Counts of originals that exist or are missing; an image that is deleted meanwhile isn't counted. */
export interface OriginalsCheck {
  readonly present: readonly ReadyImage[];
  readonly absent: readonly ReadyImage[];
  /** Images about which the store gave no answer. */
  readonly errors: readonly unknown[];
}

/** A sample of the oldest and of the newest: records of two origins in one table have two stores. */
const IMAGES_FROM_EACH_END = 3;

/** Checks whether the oldest and the newest ready images have their objects. Errors: those of a list. */
export async function checkOriginals(services: CheckServices): Promise<OriginalsCheck> {
  const ends = (['oldest', 'newest'] as const).map((order) =>
    services.images.find({ status: 'ready', tags: [], tagMode: 'all', order, limit: IMAGES_FROM_EACH_END }),
  );
  const found = (await Promise.all(ends)).flatMap(({ images }) => images);
  const ready = found.filter((image): image is ReadyImage => image.status === 'ready');
  const each = [...new Map(ready.map((image) => [image.id, image])).values()];
  const outcomes = await Promise.allSettled(each.map((image) => lookFor(services, image)));

  const having = (outcome: Outcome) =>
    each.filter((_, index) => {
      const one = outcomes[index];
      return one?.status === 'fulfilled' && one.value === outcome;
    });
  const errors = outcomes.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
  return { present: having('present'), absent: having('absent'), errors };
}

type Outcome = 'present' | 'absent' | 'gone';

async function lookFor({ images, objects }: CheckServices, { id, objectKey }: ReadyImage): Promise<Outcome> {
  if (await objects.head(objectKey)) return 'present';
  const current = await images.get(id); // another process may have deleted it since
  return current && isStored(current) && current.objectKey === objectKey ? 'absent' : 'gone';
}
