import { type GuestSecret, guestActor } from '../../domain/access/guest-actor.ts';
import type { Access, OperationId } from '../../domain/access/policy.ts';
import { urlEndsAt } from '../../domain/album/album-link.ts';
import { AppError, albumFull } from '../../domain/errors.ts';
import type { OpenedAlbumLink } from '../album-links/open-album-link.ts';

/** By which link, and as which of its guests, a request adds images. */
export interface Guest {
  readonly opened: OpenedAlbumLink;
  readonly secret: GuestSecret;
}

/**
 * The request of a guest as one of an upload token for the album's owner, whose terms are the link's. All uploads of a
 * link are counted: its owner may set `maxImages` later. Errors: `forbidden`.
 */
export function lentUpload({ opened: { album, link }, secret }: Guest, operation: OperationId): Access {
  if (!link.allow.includes('contribute'))
    throw new AppError('forbidden', 'expected a link by which pictures are added; got one without that right');
  const actor = guestActor(album.id, link.id, secret);
  const token = {
    id: link.id,
    userId: album.userId,
    expiresAt: urlEndsAt(link),
    maxBytes: link.maxBytes,
    contentTypes: link.contentTypes,
    maxImages: link.maxImages ?? Number.MAX_SAFE_INTEGER,
    fixed: { tags: [], metadata: {}, visibility: 'private' },
  } as const;
  return { principal: { kind: 'uploader', token, actors: [actor], keyspace: actor }, operation, named: null };
}

/** Does `work`, whose errors then tell a guest nothing of the owner. */
export async function asGuest<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof AppError ? forGuest(error) : error;
  }
}

function forGuest(error: AppError): AppError {
  switch (error.code) {
    case 'upload-token-used-up': {
      const limit = error.params?.max_images ?? 0;
      return albumFull(`expected a link that takes one more picture; got one for ${limit}, all used`, limit);
    }
    case 'quota-exceeded':
      return new AppError('quota-exceeded', 'expected room for the picture where the album is stored; got none');
    default:
      return error;
  }
}
