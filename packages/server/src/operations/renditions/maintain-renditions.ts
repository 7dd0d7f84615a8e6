import { AppError, type ErrorCode } from '../../domain/errors.ts';
import { EVERY_ACCEPTED } from '../../domain/image/accepted-formats.ts';
import { lookAfterStrike, MAX_STRIKES } from '../../domain/image/deadlines.ts';
import { type ReadyImage, renditionFailure, tended } from '../../domain/image/image.ts';
import type { ImageId } from '../../domain/image/image-id.ts';
import type { PlannedRendition } from '../../domain/rendition/planned-rendition.ts';
import { presetRendition } from '../../domain/rendition/preset-renditions.ts';
import { renditionRuns } from '../../domain/rendition/rendition-runs.ts';
import { amendImage } from '../images/amend-image.ts';
import { dropOldRenditions, noteLateRendition } from './keep-few-renditions.ts';
import { makeRenditions, type RenderServices } from './make-renditions.ts';

/**
 * Maintains a ready image's renditions: makes missing eager ones, drops old free ones, and records when to do so again. Does nothing
 * if none of that is due. Errors: those of `makeRenditions` that are transient.
 */
export async function tendRenditions(services: RenderServices, id: ImageId): Promise<void> {
  const image = await services.images.getToChange(id);
  if (image?.status !== 'ready' || image.tendAt === null) return;
  const again = [await dropOldRenditions(services, image), await makeEager(services, image)];
  const next = again.filter((time) => time !== null).sort((one, other) => one.getTime() - other.getTime())[0] ?? null;
  await amendImage(services, id, (current) => (isSame(current.tendAt, image.tendAt) ? tended(current, next) : current));
  if (next === null) await noteLateRendition(services, image);
}

const isSame = (one: Date | null, other: Date | null): boolean => one?.getTime() === other?.getTime();

/** When to retry those that crashed their decoder; null: all exist, or are given up. */
async function makeEager(services: RenderServices, image: ReadyImage): Promise<Date | null> {
  const missing = await missingOf(services, image);
  let areAllMade = true;
  for (const run of renditionRuns(image, missing)) {
    if (await tryToMake(services, image, run)) continue;
    areAllMade = false;
    // One of them fails all: make each alone, so that the failure counts against that one only.
    if (run.length > 1) for (const one of run) await tryToMake(services, image, [one]);
  }
  if (areAllMade) return null;
  const current = await services.images.get(image.id);
  const failures = current?.status === 'ready' ? current.renditionFailures : [];
  const strikes = failures
    .filter(({ rendition, strikes: count }) => count < MAX_STRIKES && missing.some(({ name }) => name === rendition))
    .map((failure) => failure.strikes);
  return strikes.length === 0 ? null : lookAfterStrike(Math.min(...strikes), services.clock.now());
}

/** Failures that are permanent for this rendition of this image. */
const OWN_FAULTS: readonly ErrorCode[] = ['decoder-failed', 'rendition-failed', 'invalid-request'];

/** False if the renditions failed permanently. */
async function tryToMake(
  services: RenderServices,
  image: ReadyImage,
  all: readonly PlannedRendition[],
): Promise<boolean> {
  try {
    await makeRenditions(services, image, all, { urgency: 'background' });
    return true;
  } catch (error) {
    if (error instanceof AppError && OWN_FAULTS.includes(error.code)) return false;
    throw error;
  }
}

/** The eager presets in the formats that today's browsers get, except those that exist or were given up. */
async function missingOf(services: RenderServices, image: ReadyImage): Promise<PlannedRendition[]> {
  const { presets, eagerPresets } = services.settings;
  const asked = { accepted: EVERY_ACCEPTED, encoder: services.imaging.encoder };
  const all = new Map<string, PlannedRendition>();
  for (const preset of eagerPresets) {
    const transform = presets.get(preset);
    const one = transform && presetRendition(image, transform, asked);
    if (one && !renditionFailure(image, one.name)) all.set(one.name, one);
  }
  const heads = await Promise.all([...all.values()].map(({ key }) => services.objects.head(key)));
  return [...all.values()].filter((_, index) => !heads[index]);
}
