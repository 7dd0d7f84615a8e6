import type { Client } from '../../domain/access/client.ts';
import { AppError } from '../../domain/errors.ts';
import type { PublishedImage, ReadyImage, TrashedImage } from '../../domain/image/image.ts';
import type { ObjectKey } from '../../domain/image/object-key.ts';
import type { PlannedRendition } from '../../domain/rendition/planned-rendition.ts';
import type { FoundRendition, StoredRendition } from '../../domain/rendition/rendition.ts';
import type { ObjectHead, StoredObject } from '../../object-store/object-store.ts';
import type { Services } from '../../services.ts';
import { keepFewRenditions } from './keep-few-renditions.ts';
import { makeRenditions, type RenderServices } from './make-renditions.ts';

/*
 * One rendition, `GET /images/{id}/renditions/thumb`.
 *
 * 1. http/admission/access.ts says whether a signature, a credential or the image itself decides.
 *    http/renditions/renditions.ts finds the preset and the image; http/renditions/renders.ts verifies the signed URL
 *    of one transform. http/answers/shared-picture.ts says which caches keep the answer, and for how long.
 * 2. find-rendition.ts asks for the plan. domain/rendition/plan-rendition.ts turns image, transform and `Accept` into a
 *    recipe (domain/rendition/recipe.ts), in which every number is decided. domain/rendition/rendition-name.ts hashes
 *    recipe, original and encoder to the rendition's name.
 * 3. This file looks in memory (imaging/rendition-cache.ts), then in the store, and otherwise makes the rendition.
 *    Concurrent requests share one attempt (flow/single-flight.ts).
 * 4. make-renditions.ts checks out the original, or the working copy of a large image (render-sources.ts), and sends a
 *    decoder its path and the recipe. Jobs wait in a fair line (flow/fair-line.ts), in which the payer that has used
 *    least is next. In the decoder imaging/render/render.ts runs the steps of imaging/render/pipeline.ts. The output
 *    is stored only if no rendition is stored yet, and everyone is served the stored one.
 * 5. If that took more than a second, the route judges a caller without a credential again.
 *    http/answers/bytes-answer.ts answers preconditions and ranges, as for originals.
 *
 * maintain-renditions.ts makes eager presets by a job or in the sweep.
 */

/**
 * Renditions up to this size are read whole for all waiting requests: a picture of 2,048 pixels a side takes about half
 * of it.
 */
const MAX_SMALL_BYTES = 1_048_576;

/**
 * The stored rendition: found, or made now, once for all concurrent callers, in the turn of the first caller. If that
 * turn is `overloaded`, the others ask once more in their own turn. Errors: those of `makeRenditions`, and the client's
 * abort reason; a rendition that a decoder has begun is finished and stored.
 */
export async function renderImage(
  services: RenderServices,
  image: ReadyImage,
  planned: PlannedRendition,
  client: Client,
): Promise<StoredRendition> {
  const startMs = services.clock.elapsedMs();
  const known = services.renditions.find(planned.key, image.revision);
  const found: FoundRendition = known
    ? { rendition: known, source: 'memory' }
    : await findOrMake(services, image, planned, client);
  return tellFound(services, found, startMs);
}

/** The event of a rendition that a request gets. */
export function tellFound(
  { clock, observe }: Pick<Services, 'clock' | 'observe'>,
  { rendition, source }: FoundRendition,
  startMs: number,
): StoredRendition {
  observe({ event: 'rendition-found', source, elapsedMs: clock.elapsedMs() - startMs });
  return rendition;
}

/** `renderImage` without what is remembered, and without its event. */
export async function findOrMake(
  services: RenderServices,
  image: ReadyImage,
  planned: PlannedRendition,
  client: Client,
): Promise<FoundRendition> {
  let isOurs = false;
  const work = async (abandoned: AbortSignal): Promise<FoundRendition> => {
    isOurs = true;
    const stored = await findStored(services, image, planned.key);
    if (stored) return { rendition: stored, source: 'stored' };
    const made = await make(services, image, planned, { payer: client.payer, signal: abandoned });
    return { rendition: made, source: 'made' };
  };
  const ask = () => services.renditions.once(planned.key, work, client.signal);
  return ask().catch((error: unknown) => {
    if (!isOurs && error instanceof AppError && error.code === 'overloaded') return ask();
    throw error;
  });
}

/**
 * `renderImage` of an image in the trash. One that isn't stored is made for this client alone, and neither stored nor
 * remembered.
 */
export async function renderTrashedImage(
  services: RenderServices,
  image: TrashedImage,
  planned: PlannedRendition,
  client: Client,
): Promise<StoredRendition> {
  const startMs = services.clock.elapsedMs();
  const known = services.renditions.find(planned.key, image.revision);
  if (known) return tellFound(services, { rendition: known, source: 'memory' }, startMs);
  const stored = await findStored(services, image, planned.key);
  if (stored) return tellFound(services, { rendition: stored, source: 'stored' }, startMs);
  const [made] = await makeRenditions(services, image, [planned], { urgency: 'request', client });
  if (!made) throw removed();
  return tellFound(services, { rendition: made, source: 'made' }, startMs);
}

async function make(
  services: RenderServices,
  image: ReadyImage,
  planned: PlannedRendition,
  client: Client,
): Promise<StoredRendition> {
  const [made] = await makeRenditions(services, image, [planned], { urgency: 'request', client });
  if (made) services.renditions.keepNew(made);
  const stored = made ?? (await findStored(services, image, planned.key)); // another process was quicker
  if (!stored) throw removed();
  if (planned.kind === 'free') {
    // The rendition exists, so a failure here is not the caller's; the next rendition enforces the limit.
    await keepFewRenditions(services, image, stored).catch(() => undefined);
  }
  return stored;
}

const removed = (): AppError =>
  new AppError('unavailable', 'The rendition was removed while it was made; try again', { retryAfterSeconds: 1 });

/** Reads a small rendition at once for the next requests; not if clients are redirected to the store. */
async function findStored(
  services: RenderServices,
  { revision }: PublishedImage,
  key: ObjectKey,
): Promise<StoredRendition | undefined> {
  const { objects, renditions, settings } = services;
  const object = settings.redirectsBytes ? await objects.head(key) : await objects.get(key);
  if (!object) return undefined;
  const { contentType, sizeBytes, entityTag } = object;
  const bytes = isOpen(object) ? await smallBytes(object) : null;
  const found = { key, contentType, sizeBytes, entityTag, bytes, revision };
  renditions.keep(found);
  return found;
}

const isOpen = (object: ObjectHead): object is StoredObject => 'body' in object;

async function smallBytes({ body, sizeBytes }: StoredObject): Promise<Uint8Array<ArrayBuffer> | null> {
  if (body instanceof Uint8Array) return body;
  if (sizeBytes <= MAX_SMALL_BYTES) return Buffer.from(await new Response(body).arrayBuffer());
  await body.cancel();
  return null;
}
