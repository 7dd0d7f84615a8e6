import { crashRetryAt } from '../../domain/image/deadlines.ts';
import { type ReadyImage, scheduleMaintenance } from '../../domain/image/image.ts';
import { renditionFailure } from '../../domain/image/rendition-failures.ts';
import { WORKING_COPY } from '../../domain/image/working-copy.ts';
import { copyRecipe, recipeFromCopy } from '../../domain/rendition/copy-recipes.ts';
import type { Recipe } from '../../domain/rendition/recipe.ts';
import type { Services } from '../../services.ts';
import { amendImage } from '../images/amend-image.ts';
import { isShortOfRoom } from './room-for-files.ts';
import { sendMaintenance } from './send-maintenance.ts';

type AskServices = Pick<Services, 'images' | 'jobs' | 'diskSpace' | 'clock' | 'settings'>;

/** How the image's working copy is made; undefined if it is to have none, or making it was given up. */
export function recipeOfCopy({ settings }: Pick<Services, 'settings'>, image: ReadyImage): Recipe | undefined {
  if (!settings.workingCopies || renditionFailure(image, WORKING_COPY)) return undefined;
  return copyRecipe(image);
}

/**
 * After renditions were made from the original: has a working copy made in the background, if one would have served.
 * Failures don't matter: the next rendition asks again.
 */
export async function askForWorkingCopy(
  services: AskServices,
  image: ReadyImage,
  recipes: readonly Recipe[],
): Promise<void> {
  const size = recipeOfCopy(services, image)?.scaled;
  if (!size) return;
  const copy = { ...size, contentType: 'image/jpeg' } as const;
  if (!recipes.some((recipe) => recipeFromCopy(recipe, image, copy))) return;
  if (await isShortOfRoom(services)) return;
  await ask(services, image).catch(() => undefined);
}

async function ask(services: AskServices, { id }: ReadyImage): Promise<void> {
  let isAsked = false;
  await amendImage(services, id, (current) => {
    const now = services.clock.now();
    const isDue = current.maintainAt !== null && current.maintainAt <= now;
    isAsked = current.workingCopy === null && !isDue && !isBackingOff(current, now);
    return isAsked ? scheduleMaintenance(current, now) : current;
  });
  if (isAsked) await sendMaintenance(services, id);
}

/** Making it has crashed a decoder: maintenance is scheduled for the next attempt. */
function isBackingOff({ renditionFailures }: ReadyImage, now: Date): boolean {
  const failure = renditionFailures.find(({ rendition }) => rendition === WORKING_COPY);
  return failure !== undefined && now < crashRetryAt(failure.crashes, new Date(failure.crashedAt));
}
