import { MEDIA_TYPES } from '../image/media-type.ts';
import { VISIBILITIES } from '../image/visibility.ts';
import type { UploadBounds } from './upload-token.ts';

/** The bounds of uploads in the text of a token. An absent claim is null, or fixes nothing. */
export interface BoundClaims {
  readonly bytes?: number;
  readonly types?: readonly string[];
  readonly images?: number;
  readonly tags?: UploadBounds['fixed']['tags'];
  readonly meta?: UploadBounds['fixed']['metadata'];
  readonly vis?: string;
}

export const BOUND_NAMES: readonly string[] = ['bytes', 'types', 'images', 'tags', 'meta', 'vis'];

export const boundClaimsOf = ({ maxBytes, contentTypes, maxImages, fixed }: UploadBounds): BoundClaims => ({
  ...(maxBytes !== null && { bytes: maxBytes }),
  ...(contentTypes && { types: contentTypes }),
  ...(maxImages !== null && { images: maxImages }),
  ...(fixed.tags && { tags: fixed.tags }),
  ...(fixed.metadata && { meta: fixed.metadata }),
  ...(fixed.visibility && { vis: fixed.visibility }),
});

/**
 * Claims that we sealed are well-formed. A later version may know other media types, which are left out, or other
 * visibilities: then the result is undefined and the token is refused, because its uploads could become more visible
 * than it says.
 */
export function boundsIn({ bytes, types, images, tags, meta, vis }: BoundClaims): UploadBounds | undefined {
  const visibility = VISIBILITIES.find((one) => one === vis);
  if (visibility !== vis) return undefined;
  return {
    maxBytes: bytes ?? null,
    contentTypes: types ? MEDIA_TYPES.filter((type) => types.includes(type)) : null,
    maxImages: images ?? null,
    fixed: { tags, metadata: meta, visibility },
  };
}
