import type { Client } from '../../domain/access/client.ts';
import { payerOfImage, payerOfUpload, UNKNOWN_PAYER } from '../../domain/access/payer.ts';
import { AppError } from '../../domain/errors.ts';
import type { PublishedImage } from '../../domain/image/image.ts';
import { recordRenditionCrash, renditionFailure } from '../../domain/image/rendition-failures.ts';
import type { PlannedRendition } from '../../domain/rendition/planned-rendition.ts';
import { entityTagOf, type StoredRendition } from '../../domain/rendition/rendition.ts';
import type { Services } from '../../services.ts';
import { amendImage } from '../images/amend-image.ts';
import { discard } from '../images/image-objects.ts';
import type { OriginalServices } from '../images/read-original.ts';
import { askForWorkingCopy } from './ask-for-working-copy.ts';
import { isTooManyBytes, type RenderedFile, renderFiles } from './render-files.ts';
import { fromOriginal, fromWorkingCopy, withMarks } from './render-sources.ts';
import { haveRoom } from './room-for-files.ts';

export type RenderServices = OriginalServices &
  Pick<
    Services,
    'staging' | 'diskSpace' | 'imaging' | 'renditions' | 'watermarks' | 'jobs' | 'clock' | 'settings' | 'tracing'
  >;

export type MakeOptions = { readonly urgency: 'request'; readonly client: Client } | { readonly urgency: 'background' };

/**
 * Makes renditions of one image in one decode and stores those that don't exist yet; returns what is stored now,
 * `undefined` for one that another process stored before. If the disk has no space beyond its reserve, a client gets
 * them unstored. Errors: `rendition-failed` if it can't be made of this image, or was given up; `decoder-failed`, which
 * counts against a rendition that was made alone; `image-not-found` if the image is trashed, restored or deleted
 * meanwhile; those of `Imaging.render` and of the store. Renditions of an image in the trash aren't stored: nothing
 * would schedule their removal.
 */
export async function makeRenditions(
  services: RenderServices,
  image: PublishedImage,
  all: readonly PlannedRendition[],
  options: MakeOptions,
): Promise<readonly (StoredRendition | undefined)[]> {
  for (const { name, key } of all) {
    const refusal = services.renditions.refusal(key);
    if (refusal) throw refusal;
    const failure = renditionFailure(image, name);
    if (failure)
      throw new AppError('rendition-failed', `given up after ${failure.crashes} attempts: ${failure.detail}`, {
        params: { reason: 'crashed', attempts: failure.crashes },
      });
  }
  const startMs = services.clock.elapsedMs();
  const drawing = services.tracing.span('render', { 'safelight.image.id': image.id }, () =>
    draw(services, image, all, options),
  );
  const stored = await drawing.catch(async (error: unknown) => {
    const [only, ...others] = all;
    const isAlone = only !== undefined && others.length === 0;
    if (isAlone && isTooManyBytes(error)) services.renditions.keepRefusal(only.key, error);
    if (isAlone && error instanceof AppError && error.code === 'decoder-failed') {
      const crash = { rendition: only.name, detail: error.detail, at: services.clock.now() };
      await amendImage(services, image.id, (current) => recordRenditionCrash(current, crash));
    }
    throw (await isAsBefore(services, image)) ? error : gone(error); // the bytes were removed while they were read
  });
  const elapsedMs = services.clock.elapsedMs() - startMs;
  services.observe({
    event: 'renditions-made',
    imageId: image.id,
    renditions: all.length,
    urgency: options.urgency,
    elapsedMs,
  });
  if (await isAsBefore(services, image)) return stored;
  if (image.status === 'trashed') throw gone();
  // A concurrent delete may have listed renditions before these existed, and nothing schedules the removal of those
  // stored in the trash.
  await discard(
    services,
    all.map(({ key }) => key),
  );
  throw gone();
}

const isAsBefore = async ({ images }: Pick<Services, 'images'>, { id, status }: PublishedImage): Promise<boolean> =>
  (await images.get(id))?.status === status;

const gone = (cause?: unknown): AppError => new AppError('image-not-found', 'Image not found', { cause });

/** Eager renditions are a part of the upload. */
function turnOf(image: PublishedImage, options: MakeOptions) {
  const { urgency } = options;
  if (options.urgency === 'background') return { urgency, payer: payerOfUpload(image, UNKNOWN_PAYER) };
  const { payer, signal } = options.client;
  return { urgency, payer: payerOfImage(image, payer), signal };
}

async function draw(
  services: RenderServices,
  image: PublishedImage,
  all: readonly PlannedRendition[],
  options: MakeOptions,
): Promise<(StoredRendition | undefined)[]> {
  const { made, isFromCopy } = await drawFiles(services, image, all, options);
  await using files = new AsyncDisposableStack();
  for (const { file } of made) files.use(file);
  const stored = await store(services, image, { all, made, options });
  if (!isFromCopy && image.status === 'ready' && options.urgency === 'request')
    await askForWorkingCopy(
      services,
      image,
      all.map(({ recipe }) => recipe),
    );
  return stored;
}

/**
 * From the working copy, if the image has one and it serves all of them; otherwise, or if it is lost, from the
 * original.
 */
async function drawFiles(
  services: RenderServices,
  image: PublishedImage,
  all: readonly PlannedRendition[],
  options: MakeOptions,
): Promise<{ readonly made: readonly RenderedFile[]; readonly isFromCopy: boolean }> {
  const turn = turnOf(image, options);
  const copied = fromWorkingCopy(services, image, all);
  const marks = all.flatMap(({ mark }) => mark ?? []);
  let fault: { readonly error: unknown } | undefined;
  if (copied) {
    try {
      return {
        made: await renderFiles(services, withMarks(services, copied.source, marks), copied.recipes, turn),
        isFromCopy: true,
      };
    } catch (error) {
      if (!copied.mayBeLost(error)) throw error;
      fault = { error };
    }
  }
  const recipes = all.map(({ recipe }) => recipe);
  const made = await renderFiles(services, withMarks(services, fromOriginal(services, image), marks), recipes, turn);
  if (fault) await copied?.forget(fault.error);
  return { made, isFromCopy: false };
}

interface Storing {
  readonly all: readonly PlannedRendition[];
  readonly made: readonly RenderedFile[];
  readonly options: MakeOptions;
}

async function store(
  services: RenderServices,
  image: PublishedImage,
  { all, made, options }: Storing,
): Promise<(StoredRendition | undefined)[]> {
  const { objects, settings } = services;
  const isKept = image.status === 'ready' && (await isRoomFor(services, made, options));
  const stored: (StoredRendition | undefined)[] = [];
  for (const [index, { file, contentType }] of made.entries()) {
    const key = all[index]?.key;
    if (!key) throw new Error(`expected ${all.length} files; got ${made.length}`);
    const putting = isKept ? objects.putFirst(key, file, { contentType }) : UNSTORED;
    const entityTag = await putting.catch((error: unknown) => {
      if (options.urgency === 'request' && file.bytes && isFull(error)) return UNSTORED;
      throw error;
    });
    if (entityTag === null) {
      const bytes = file.bytes ?? (await file.read());
      const { sizeBytes } = file;
      stored.push({ key, contentType, sizeBytes, entityTag: entityTagOf(bytes), bytes, revision: image.revision });
      continue;
    }
    const bytes = settings.redirectsBytes ? null : file.bytes; // clients are redirected to the store: the bytes aren't read here
    stored.push(
      entityTag === undefined
        ? undefined // the stored object wins, and is what all clients get
        : { key, contentType, sizeBytes: file.sizeBytes, entityTag, bytes, revision: image.revision },
    );
  }
  return stored;
}

const UNSTORED = Promise.resolve(null);

/** The disk has less space than was measured a moment before, or the bucket is full. */
const isFull = (error: unknown): boolean => error instanceof AppError && error.code === 'insufficient-storage';

/** Nobody waits for those of the background: they are made when there is space. */
async function isRoomFor(
  services: RenderServices,
  made: readonly RenderedFile[],
  { urgency }: MakeOptions,
): Promise<boolean> {
  const files = made.map(({ file }) => file);
  if (await haveRoom(services, files)) return true;
  if (urgency === 'request') return false;
  throw new AppError('insufficient-storage', 'expected room for renditions beyond the reserve; got none', {
    isExpected: true,
  });
}
