import { actorOf, keyspaceOf, ownerOf, tokenOf } from '../../domain/access/access.ts';
import type { Access } from '../../domain/access/policy.ts';
import { requireWithin } from '../../domain/access/upload-bounds.ts';
import { markOf, useOf } from '../../domain/access/upload-token.ts';
import type { Image } from '../../domain/image/image.ts';
import type { ImageId } from '../../domain/image/image-id.ts';
import type { Services } from '../../services.ts';
import { namingHolder } from '../images/name-holder.ts';
import { fingerprint } from './fingerprint.ts';
import { fingerprintedExternalId, fingerprintedVisibility, onceForKey, requireSeen } from './idempotency.ts';
import { pictureOf } from './replace-picture.ts';
import { type IfExists, namedToReplace, replacingOf } from './replaceable.ts';
import { requireDecoded } from './require-decoded.ts';
import { type VerifiableUpload, type VerifyAndStoreServices, verifyAndStore } from './store-verified.ts';

export interface StoreDirectUploadInput extends VerifiableUpload {
  readonly idempotencyKey: string | undefined;
  readonly ifExists?: IfExists | undefined;
}

type StoreServices = VerifyAndStoreServices & Pick<Services, 'keyWaits'>;

/**
 * Verifies a direct upload's file, then stores it, ready or held: a refused one leaves neither record nor object. A
 * repeated Idempotency-Key answers the current record of the first upload. Errors: those of `requireWithin` and of the
 * verification, `revision-conflict` if the picture to replace has changed, `upload-token-used-up`, `external-id-taken`,
 * `user-erased`, `idempotency-conflict`, `idempotency-in-progress`, `unavailable`.
 */
export async function storeDirectUpload(
  services: StoreServices,
  access: Access,
  given: StoreDirectUploadInput,
): Promise<Image> {
  const userId = ownerOf(access);
  const token = tokenOf(access);
  requireWithin(token, { ...given, replaces: given.replaces?.imageId });
  const named = await namedToReplace(services, access, given);
  const input = named ? { ...given, ...replacingOf(named) } : given;
  requireDecoded(services.settings, input.contentType);
  const newId = services.newId() as ImageId;
  const uploader = {
    userId,
    uploadedBy: actorOf(access),
    token: token ? markOf(token) : null,
    use: token && useOf(token),
  };
  const store = (id: ImageId) =>
    namingHolder(services, { access, ...input }, () => verifyAndStore(services, { ...uploader, id }, input));
  const { idempotencyKey: key } = input;
  if (key === undefined) return store(newId);

  const owned = { userId, key, keyspace: keyspaceOf(access), payer: input.client.payer };
  const keyed = { ...owned, fingerprint: fingerprintOf(given), imageId: newId };
  const outcome = await onceForKey(services, keyed, store);
  const image = 'done' in outcome ? outcome.done : await services.images.get(outcome.doneBefore);
  if (!image) throw new Error('an image of an Idempotency-Key has no record');
  requireSeen(access, image);
  return (await pictureOf(services, image)) ?? image;
}

const fingerprintOf = (input: StoreDirectUploadInput): string => {
  const { contentType, filename, tags, description, metadata, file } = input;
  const described = { contentType, filename, tags, description, metadata, sha256: file.sha256 };
  return fingerprint({
    form: 'direct',
    ...described,
    ...fingerprintedVisibility(input),
    ...fingerprintedExternalId(input),
    ...(input.replaces && { replaces: input.replaces.imageId }),
    ...(input.ifExists !== undefined && { ifExists: input.ifExists }),
  });
};
