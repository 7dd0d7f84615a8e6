import { type Image, removed } from '../../domain/image/image.ts';
import { workAtMost } from '../../flow/work-at-most.ts';
import { postpone } from './postpone.ts';
import { lookAtDue, type Outcome, type Removal, type SweepServices, workOnDue } from './sweep-image.ts';

/** Images that only calls are made about: each call takes milliseconds, and little of this process. */
const CALLS_AT_ONCE = 10;
/** Images that may be fetched and decoded: fewer than may wait for a decoder (imaging), each up to `maxUploadBytes` on the disk. */
const WORKS_AT_ONCE = 10;

/** Does what is due of these images; one that fails emits `sweep-postponed` and is due again later. Errors: those of the repository. */
export async function sweepPage(services: SweepServices, page: readonly Image[]): Promise<void> {
  const removals: Removal[] = [];
  const works: Image[] = [];
  const careful = (step: (image: Image) => Promise<Outcome | 'work'>) => async (image: Image) => {
    try {
      const outcome = await step(image);
      if (outcome === 'work') works.push(image);
      else if (outcome !== 'done') removals.push(outcome);
    } catch (error) {
      services.observe({ event: 'sweep-postponed', subject: image.id, error });
      await postpone(services, image);
    }
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

/** In as few deletes as the store takes. Where that fails each image has its own, so that one can't hold up the others. */
async function removeAll(services: SweepServices, removals: readonly Removal[]): Promise<void> {
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

/** Nothing more is due of one that nothing can come of any more. */
async function noteRemoval({ images, clock }: SweepServices, { image }: Removal): Promise<void> {
  if ('removeAt' in image.remains) await images.replace(image, removed(image, clock.now()));
}
