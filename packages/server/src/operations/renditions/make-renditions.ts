import type { Client } from '../../domain/access/client.ts';
import { payerOfImage, payerOfUpload, UNKNOWN_PAYER } from '../../domain/access/payer.ts';
import { AppError, invalidField } from '../../domain/errors.ts';
import type { PublishedImage } from '../../domain/image/image.ts';
import { recordRenditionCrash, renditionFailure } from '../../domain/image/rendition-failures.ts';
import type { PlannedRendition } from '../../domain/rendition/planned-rendition.ts';
import { entityTagOf, type StoredRendition } from '../../domain/rendition/rendition.ts';
import type { MadeFile } from '../../object-store/staging.ts';
import type { Services } from '../../services.ts';
import { amendImage } from '../images/amend-image.ts';
import { discard } from '../images/image-objects.ts';
import { checkOutOriginal, type OriginalServices } from '../images/read-original.ts';

export type RenderServices = OriginalServices &
  Pick<Services, 'staging' | 'diskSpace' | 'imaging' | 'renditions' | 'clock' | 'settings'>;

export type MakeOptions = { readonly urgency: 'request'; readonly client: Client } | { readonly urgency: 'background' };

/**
 * Makes renditions of one image in one decode and stores those that don't exist yet; returns what is stored now, `undefined` for one
 * that another process stored before. If the disk has no space beyond its reserve, a client gets them unstored. Errors:
 * `rendition-failed` if it can't be made of this image, or was given up; `decoder-failed`, which counts against a rendition that was
 * made alone; `image-not-found` if the image is trashed, restored or deleted meanwhile; those of `Imaging.render` and of the store.
 * Renditions of an image in the trash aren't stored: nothing would schedule their removal.
 */
export async function makeRenditions(
  services: RenderServices,
  image: PublishedImage,
  all: readonly PlannedRendition[],
  options: MakeOptions,
): Promise<readonly (StoredRendition | undefined)[]> {
  for (const { name } of all) {
    const failure = renditionFailure(image, name);
    if (failure)
      throw new AppError('rendition-failed', `given up after ${failure.crashes} attempts: ${failure.detail}`, {
        params: { reason: 'crashed', attempts: failure.crashes },
      });
  }
  const startMs = services.clock.elapsedMs();
  const stored = await draw(services, image, all, options).catch(async (error: unknown) => {
    const [only, ...others] = all;
    if (only && others.length === 0 && error instanceof AppError && error.code === 'decoder-failed') {
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
  // A concurrent delete may have listed renditions before these existed, and nothing schedules the removal of those stored in the trash.
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
  await using files = new AsyncDisposableStack();
  const { objects, staging, imaging, settings } = services;
  const { contentType, sizeBytes } = image;
  const types: string[] = [];
  const turn = turnOf(image, options);
  const made = await staging.stageFiles(all.length, async (paths) => {
    await using originals = new AsyncDisposableStack(); // the temporary file is removed before its renditions are stored
    const fetch = async (signal: AbortSignal) => {
      const { path } = originals.use(await checkOutOriginal(services, image, signal));
      return { path, contentType };
    };
    const outputs = paths.flatMap((path, index) => {
      const recipe = all[index]?.recipe;
      return recipe ? [{ recipe, path }] : [];
    });
    for (const one of await imaging.render({ sizeBytes, fetch }, outputs, turn)) {
      if (one.outcome === 'refused') throw refusal(one.refusal);
      types.push(one.contentType);
    }
  });
  for (const file of made) files.use(file);

  const isKept = image.status === 'ready' && (await haveRoom(services, made, options));
  const stored: (StoredRendition | undefined)[] = [];
  for (const [index, { key }] of all.entries()) {
    const [file, contentType] = [made[index], types[index]];
    if (!file || !contentType) throw new Error(`expected a file for ${key}; got none`);
    if (!isKept) {
      const bytes = await file.read();
      const { sizeBytes } = file;
      stored.push({ key, contentType, sizeBytes, entityTag: entityTagOf(bytes), bytes, revision: image.revision });
      continue;
    }
    const entityTag = await objects.putFirst(key, file, { contentType });
    const bytes = settings.redirectsBytes ? null : file.bytes; // clients are redirected to the store: the bytes aren't read here
    stored.push(
      entityTag === undefined
        ? undefined // the stored object wins, and is what all clients get
        : { key, contentType, sizeBytes: file.sizeBytes, entityTag, bytes, revision: image.revision },
    );
  }
  return stored;
}

/** Whether these files may stay on the disk. Nobody waits for those of the background: they are made when there is space. */
async function haveRoom(
  { diskSpace, settings }: RenderServices,
  files: readonly (MadeFile | undefined)[],
  { urgency }: MakeOptions,
): Promise<boolean> {
  if (!settings.keepsObjects) return true;
  const bytes = files.reduce((sum, file) => sum + (file?.sizeBytes ?? 0), 0);
  try {
    using arriving = await diskSpace.open({ announcedBytes: bytes, leaving: 'reserve' });
    await arriving.add(bytes);
    return true;
  } catch (error) {
    if (urgency === 'request' && error instanceof AppError && error.isReserve) return false;
    throw error;
  }
}

type Unmade = 'no-such-page' | 'too-many-pixels' | 'unreadable-image';

const refusal = ({ code, detail }: { readonly code: Unmade; readonly detail: string }): AppError =>
  code === 'no-such-page'
    ? invalidField('?page', detail)
    : new AppError('rendition-failed', detail, { params: { reason: code } });
