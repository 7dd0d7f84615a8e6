import { AppError, type ErrorCode } from '../../domain/errors.ts';
import { crashRetryAt, MAX_CRASHES } from '../../domain/image/deadlines.ts';
import { isSamePoint } from '../../domain/image/focal-point.ts';
import { type ReadyImage, scheduleMaintenance } from '../../domain/image/image.ts';
import type { ImageId } from '../../domain/image/image-id.ts';
import { renditionFailure } from '../../domain/image/rendition-failures.ts';
import { EVERY_ACCEPTED } from '../../domain/rendition/accepted-formats.ts';
import type { PlannedRendition } from '../../domain/rendition/planned-rendition.ts';
import { presetRendition } from '../../domain/rendition/preset-renditions.ts';
import { renditionRuns } from '../../domain/rendition/rendition-runs.ts';
import { amendImage } from '../images/amend-image.ts';
import { dropFormerBytes } from './drop-former-bytes.ts';
import { dropSupersededRenditions } from './drop-superseded-renditions.ts';
import { dropOldRenditions, noteLateRendition } from './keep-few-renditions.ts';
import { makeRenditions, type RenderServices } from './make-renditions.ts';
import { makeWorkingCopy } from './make-working-copy.ts';
import { fromWorkingCopy } from './render-sources.ts';
import { isShortOfRoom } from './room-for-files.ts';

/**
 * If maintenance of a ready image's renditions is due: drops bytes that were replaced and old free ones, makes its
 * working copy and missing eager ones, drops those of former focal points, and schedules the next maintenance. Errors:
 * the transient ones of `makeRenditions`.
 */
export async function maintainRenditions(services: RenderServices, id: ImageId): Promise<void> {
  const image = await services.images.getToChange(id);
  if (image?.status !== 'ready' || image.maintainAt === null) return;
  const old = await dropOldRenditions(services, image); // first: it needs neither the original nor space
  // What was due is the end of old renditions: nobody asks for a copy of an image that is no longer looked at.
  const { copy, againAt } = old.wereDropped
    ? { copy: image.workingCopy, againAt: null }
    : await makeWorkingCopy(services, image);
  const again = [
    old.againAt,
    againAt,
    await makeEager(services, { ...image, workingCopy: copy }),
    await dropSupersededRenditions(services, image),
    await dropFormerBytes(services, image),
  ];
  const next = again.filter((time) => time !== null).sort((one, other) => one.getTime() - other.getTime())[0] ?? null;
  await amendImage(services, id, (current) =>
    isSame(current.maintainAt, image.maintainAt) && isSamePoint(current.focalPoint, image.focalPoint)
      ? scheduleMaintenance(current, next)
      : current,
  );
  if (next === null) await noteLateRendition(services, image);
}

const isSame = (one: Date | null, other: Date | null): boolean => one?.getTime() === other?.getTime();

/** Until there is space for eager renditions, requests get theirs unstored. */
const FULL_DISK_RETRY_MS = 600_000;

/** When to retry renditions that crashed their decoder, or had no space; null if all exist or were given up. */
async function makeEager(services: RenderServices, image: ReadyImage): Promise<Date | null> {
  const missing = await missingOf(services, image);
  if (missing.length > 0 && (await isShortOfRoom(services)))
    return new Date(services.clock.now().getTime() + FULL_DISK_RETRY_MS);
  let areAllMade = true;
  for (const run of runsOf(services, image, missing)) {
    if (await tryToMake(services, image, run)) continue;
    areAllMade = false;
    // Make each alone, so that a crash counts against one rendition only.
    if (run.length > 1) for (const one of run) await tryToMake(services, image, [one]);
  }
  if (areAllMade) return null;
  const current = await services.images.get(image.id);
  const failures = current?.status === 'ready' ? current.renditionFailures : [];
  const crashes = failures
    .filter(({ rendition, crashes: count }) => count < MAX_CRASHES && missing.some(({ name }) => name === rendition))
    .map((failure) => failure.crashes);
  return crashes.length === 0 ? null : crashRetryAt(Math.min(...crashes), services.clock.now());
}

/** Renditions that can be made from the working copy are made together, and so are the others. */
function runsOf(services: RenderServices, image: ReadyImage, all: readonly PlannedRendition[]) {
  const copy = image.workingCopy;
  if (!copy) return renditionRuns(image, all);
  const { copied = [], direct = [] } = Object.groupBy(all, (one) =>
    fromWorkingCopy(services, image, [one]) ? 'copied' : 'direct',
  );
  return [...renditionRuns(copy, copied), ...renditionRuns(image, direct)];
}

/** Failures that the image itself causes. */
const OWN_FAULTS: readonly ErrorCode[] = ['decoder-failed', 'rendition-failed', 'invalid-request'];

/** False if the image itself caused a failure. */
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

/** The eager renditions for today's browsers that don't exist and weren't given up. */
async function missingOf(services: RenderServices, image: ReadyImage): Promise<PlannedRendition[]> {
  const { presets, eagerPresets } = services.settings;
  const { watermarks, imaging } = services;
  const asked = { accepted: EVERY_ACCEPTED, encoder: imaging.encoder, watermarks };
  const all = new Map<string, PlannedRendition>();
  for (const preset of eagerPresets) {
    const transform = presets.get(preset);
    if (transform) await watermarks.find(transform);
    const one = transform && presetRendition(image, transform, asked);
    if (one && !renditionFailure(image, one.name)) all.set(one.name, one);
  }
  const heads = await Promise.all([...all.values()].map(({ key }) => services.objects.head(key)));
  return [...all.values()].filter((_, index) => !heads[index]);
}
