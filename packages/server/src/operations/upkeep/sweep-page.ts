import { type Image, removed } from '../../domain/image/image.ts';
import { workAtMost } from '../../flow/work-at-most.ts';
import { postpone } from './postpone.ts';
import { lookAtDue, type Outcome, type Removal, type SweepServices, workOnDue } from './sweep-image.ts';

/** Concurrent images that need only calls: each call takes milliseconds, and little CPU of this process. */
export const CALLS_AT_ONCE = 10;
/**
 * Concurrent images that may be fetched and decoded: fewer than may wait for a decoder (imaging), each up to
 * `maxUploadBytes` on disk.
 */
export const WORKS_AT_ONCE = 10;

/**
 * Does the due work of these images; one that fails emits `sweep-postponed` and is due again later. Errors: those of
 * the repository.
 */
export async function sweepPage(services: SweepServices, page: readonly Image[]): Promise<void> {
  const removals: Removal[] = [];
  const works: Image[] = [];
  const careful = (step: (image: Image) => Promise<Outcome | 'work'>) => async (image: Image) => {
    const outcome = await attempt(services, image, () => step(image));
    if (outcome === 'work') works.push(image);
    else if (outcome !== undefined && outcome !== 'done') removals.push(outcome);
  };
  await workAtMost(
    CALLS_AT_ONCE,
    page,
    careful((image) => lookAtDue(services, image)),
  );
  await workAtMost(
    WORKS_AT_ONCE,
    works,
    careful((image) => workOnDue(services, image)),
  );
  await removeAll(services, removals);
}

/** The result of the step; if it fails, undefined: then it emits `sweep-postponed` and the image is due again later. */
export async function attempt<Result>(
  services: Pick<SweepServices, 'images' | 'clock' | 'observe'>,
  image: Image,
  step: () => Promise<Result>,
): Promise<Result | undefined> {
  try {
    return await step();
  } catch (error) {
    services.observe({ event: 'sweep-postponed', subject: image.id, error });
    await postpone(services, image);
    return undefined;
  }
}

/**
 * Deletes in as few calls as the store allows. If one fails each image gets its own delete, so that one can't block the
 * others.
 */
export async function removeAll(services: SweepServices, removals: readonly Removal[]): Promise<void> {
  const keys = removals.flatMap((removal) => removal.keys);
  const failed = await services.objects.delete(keys).then(
    () => null,
    (error: unknown) => ({ error }),
  );
  await workAtMost(CALLS_AT_ONCE, removals, async (removal) => {
    try {
      if (failed && removals.length === 1) throw failed.error;
      if (failed) await services.objects.delete(removal.keys);
      await noteRemoval(services, removal);
    } catch (error) {
      services.observe({ event: 'sweep-postponed', subject: removal.image.id, error });
      await postpone(services, removal.image);
    }
  });
}

/** Ends the removals of an image that no more bytes can reach. */
async function noteRemoval({ images, clock }: SweepServices, { image }: Removal): Promise<void> {
  if ('removeAt' in image.remains) await images.replace(image, removed(image, clock.now()));
}
