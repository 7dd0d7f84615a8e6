import { type PendingImage, pendingImage, type UploadDescription } from '../domain/image.ts';
import type { ImageId } from '../domain/image-id.ts';
import { incomingKey } from '../domain/object-key.ts';
import { ownerOf, type Principal } from '../domain/principal.ts';
import type { PresignedRequest } from '../object-store/object-store.ts';
import type { Services } from '../services.ts';

export interface CreateUploadInput extends UploadDescription {
  /** As the client will send it; an accepted type, or `image/jpg`. */
  readonly contentType: string;
  readonly publicOrigin: string;
}

export interface Grant {
  readonly image: PendingImage;
  readonly request: PresignedRequest;
}

/** Permits one upload: a pending record, and a URL that takes bytes of this type for it. */
export async function createUpload(
  services: Pick<Services, 'images' | 'objects' | 'clock' | 'newId' | 'settings'>,
  principal: Principal,
  input: CreateUploadInput,
): Promise<Grant> {
  const userId = ownerOf(principal);
  const id = services.newId() as ImageId;
  const request = services.objects.presignPut(incomingKey(userId, id), {
    publicOrigin: input.publicOrigin,
    contentType: input.contentType,
    expiresInSeconds: services.settings.presignedSeconds,
  });
  const image = pendingImage({ ...input, id, userId }, services.clock.now(), {
    expiresAt: request.expiresAt,
    claim: null,
    isDirect: false,
  });
  if (!(await services.images.create(image))) throw new Error(`new image id ${id} is taken`);
  return { image, request };
}
