import { ownerOf, requirePermission } from '../../domain/access/access.ts';
import type { Access } from '../../domain/access/policy.ts';
import type { ReadyImage, Replaced, UploadDescription } from '../../domain/image/image.ts';
import type { Services } from '../../services.ts';
import { requireReady } from '../images/read-image.ts';
import { changeableImage, requireOwnedBy } from '../images/visible-image.ts';

/** What an upload that is to replace the picture has of it. Gates see its tags. */
export const replacingOf = ({ id: imageId, sha256, filename, tags }: ReadyImage) =>
  ({
    replaces: { imageId, sha256 },
    filename,
    tags,
    description: null,
    metadata: {},
    visibility: 'private',
    externalId: null,
  }) as const satisfies UploadDescription & { readonly replaces: Replaced };

/** What an upload with an external id does if a ready image has that id; absent: it is refused. */
export type IfExists = 'replace';

/** The request as one that replaces bytes. */
export const replacing = (access: Access): Access => ({ ...access, operation: 'replaceContent' });

/**
 * The picture with that external id, if the caller asks to replace it, and there is a ready one. Errors: those of
 * `replaceable`.
 */
export async function namedToReplace(
  services: Pick<Services, 'images'>,
  access: Access,
  { externalId, ifExists }: { readonly externalId: string | null; readonly ifExists?: IfExists | undefined },
): Promise<ReadyImage | null> {
  if (ifExists === undefined || externalId === null) return null;
  requirePermission(replacing(access)); // also if no image has the id yet: the next upload would replace that of this one
  const holder = await services.images.findByExternalId(ownerOf(access), externalId);
  return holder?.status === 'ready' ? replaceable(services, access, holder.id) : null;
}

/**
 * The picture whose bytes the caller may replace. Errors: `missing-scope` without `images:write` and without an upload
 * token that replaces, `image-not-found`, `forbidden`, `image-not-ready`.
 */
export async function replaceable(services: Pick<Services, 'images'>, access: Access, id: string): Promise<ReadyImage> {
  requirePermission(replacing(access));
  const image = await changeableImage(services, replacing(access), id);
  requireOwnedBy(image, ownerOf(access));
  return requireReady(image);
}
