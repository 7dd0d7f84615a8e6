import { actorOf, keyspaceOf, ownerOf, tokenOf } from '../../domain/access/access.ts';
import type { Access } from '../../domain/access/policy.ts';
import { maxBytesWithin, requireWithin } from '../../domain/access/upload-bounds.ts';
import { markOf, useOf } from '../../domain/access/upload-token.ts';
import { invalidField } from '../../domain/errors.ts';
import { type Image, pendingImage, type UploadDescription } from '../../domain/image/image.ts';
import type { ImageId } from '../../domain/image/image-id.ts';
import { typeByExtension } from '../../domain/image/media-type.ts';
import { allGates } from '../../domain/image/screening.ts';
import type { IngestServices, Services } from '../../services.ts';
import { namingHolder } from '../images/name-holder.ts';
import { fingerprint } from '../uploads/fingerprint.ts';
import {
  fingerprintedExternalId,
  fingerprintedVisibility,
  finishedUse,
  requireSameRequest,
  requireSeen,
} from '../uploads/idempotency.ts';
import { fetchEndsAt, nextLookAt, sendFetch } from './fetch-plan.ts';

export interface CreateFetchInput extends UploadDescription {
  /** One that may be asked (`requireFetchable`). */
  readonly url: URL;
  readonly idempotencyKey: string | undefined;
}

export type CreateFetchServices = Pick<
  Services,
  'images' | 'jobs' | 'diskSpace' | 'gates' | 'clock' | 'newId' | 'settings' | 'tracing'
> & { readonly ingest: Pick<IngestServices, 'sources'> };

/** Until its bytes are here. */
const GUESSED_TYPE = 'image/jpeg';

/**
 * A pending image whose bytes the service fetches. A repeated Idempotency-Key answers the image of the first request.
 * Errors: `invalid-request`, `upload-token-used-up`, `quota-exceeded`, `external-id-taken`, `idempotency-conflict`,
 * `insufficient-storage`, `unavailable`.
 */
export async function createFetch(
  services: CreateFetchServices,
  access: Access,
  input: CreateFetchInput,
): Promise<Image> {
  const { settings, images, clock } = services;
  const token = tokenOf(access);
  const userId = ownerOf(access);
  const contentType = typeByExtension(input.filename) ?? GUESSED_TYPE;
  requireWithin(token && { ...token, contentTypes: null }, { ...input, contentType }); // the type shows when it is here
  if (token?.fixed.ifExists !== undefined)
    throw invalidField('/url', 'expected the bytes of an upload that may replace a picture; got a URL');
  await services.diskSpace.require(0, 'reserve');
  const id = services.newId() as ImageId;
  const now = clock.now();
  const source = { url: input.url.href, types: token?.contentTypes ?? null, attempts: 0 };
  const pending = pendingImage({ ...input, id, userId, contentType }, now, {
    expiresAt: fetchEndsAt(now),
    claim: null,
    isDirect: false,
    uploadedBy: actorOf(access),
    token: token ? markOf(token) : null,
    fetchFrom: services.ingest.sources.seal(source, id),
    reservedBytes: maxBytesWithin(settings.maxUploadBytes, token),
    gates: allGates(services.gates.map(({ name }) => name)),
    trace: services.tracing.current(),
  });
  const image = { ...pending, lookAt: nextLookAt(services, 0) };
  const use = token && useOf(token);
  const naming = <Result>(work: () => Promise<Result>) => namingHolder(services, { access, ...input }, work);
  if (input.idempotencyKey === undefined) {
    if (!(await naming(() => images.create(image, use)))) throw new Error(`new image id ${id} is taken`);
    await sendFetch(services, id);
    return image;
  }
  const keyspace = keyspaceOf(access);
  const keyed = { userId, key: input.idempotencyKey, keyspace, fingerprint: fingerprintOf(input), imageId: id };
  const standing = await naming(() => images.useKey(finishedUse(keyed, now), now, image, use));
  if (!standing) {
    await sendFetch(services, id);
    return image;
  }
  requireSameRequest(standing, keyed);
  const before = await images.get(standing.imageId);
  if (!before) throw new Error(`image ${standing.imageId} of an Idempotency-Key has no record`);
  requireSeen(access, before);
  return before;
}

const fingerprintOf = (input: CreateFetchInput): string => {
  const { url, filename, tags, description, metadata } = input;
  const described = { url: url.href, filename, tags, description, metadata };
  return fingerprint({
    form: 'fetch',
    ...described,
    ...fingerprintedVisibility(input),
    ...fingerprintedExternalId(input),
  });
};
