import type { Album } from '../../domain/album/album.ts';
import type { AlbumUrl } from '../../domain/album/album-url.ts';
import { AppError } from '../../domain/errors.ts';
import type { ReadyImage } from '../../domain/image/image.ts';
import { isByCapture, LIST_ORDERS, type ListOrder, type ListPosition } from '../../domain/lists/list-position.ts';
import type { Services } from '../../services.ts';
import { requireOrderByCapture } from '../images/order-by-capture.ts';
import { type OpenedAlbumLink, openAlbumLink, requireView } from './open-album-link.ts';

export interface FindSharedInput {
  readonly url: AlbumUrl;
  /** undefined: that of the cursor, or else the album's. */
  readonly order: ListOrder | undefined;
  /** 1 to 1,000. */
  readonly limit: number;
  readonly cursor: string | undefined;
}

export interface SharedImages {
  readonly opened: OpenedAlbumLink;
  readonly images: readonly ReadyImage[];
  readonly nextCursor: string | null;
}

type FindServices = Pick<Services, 'albums' | 'blocked' | 'images' | 'viewCursors' | 'clock'>;

/**
 * A page of what a link shows: the ready images of its album. One that was just removed may still be named; its URLs
 * open nothing. Errors: those of `openAlbumLink`, `forbidden` for a link that shows nothing, `invalid-cursor`,
 * `unavailable` for an order by capture that the service doesn't have.
 */
export async function findSharedImages(
  services: FindServices,
  { url, order: asked, limit, cursor }: FindSharedInput,
): Promise<SharedImages> {
  const opened = await openAlbumLink(services, url);
  const { album, link } = opened;
  requireView(opened);
  const filtersBy = (order: ListOrder): string => JSON.stringify(['album-link', album.id, link.id, order]);
  const first = asked ?? (await orderOf(services, album));
  const { order, after } = positionIn(services, cursor, { first, asked, filtersBy });
  if (isByCapture(order)) await requireOrderByCapture(services, album.userId);
  const { images, next } = await services.images.find({
    status: 'ready',
    userId: album.userId,
    album: album.id,
    tags: [],
    tagMode: 'all',
    contentType: undefined,
    createdFrom: undefined,
    createdBefore: undefined,
    order,
    after,
    limit,
  });
  const shown = images.filter((image): image is ReadyImage => image.status === 'ready');
  return { opened, images: shown, nextCursor: next && services.viewCursors.seal(next, filtersBy(order)) };
}

/** That of the album, or by upload where the service has none by capture yet. */
async function orderOf({ images }: FindServices, { order }: Album): Promise<ListOrder> {
  return isByCapture(order) && (await images.ordersByCapture()) === 'none' ? 'newest' : order;
}

interface Orders {
  /** That of a first page. */
  readonly first: ListOrder;
  readonly asked: ListOrder | undefined;
  readonly filtersBy: (order: ListOrder) => string;
}

/**
 * A list goes on in the order in which it began, also if the album has another one by now. Errors: `invalid-cursor`.
 */
function positionIn(
  { viewCursors }: Pick<FindServices, 'viewCursors'>,
  cursor: string | undefined,
  { first, asked, filtersBy }: Orders,
): { readonly order: ListOrder; readonly after: ListPosition | undefined } {
  if (cursor === undefined) return { order: first, after: undefined };
  const others = asked ? [] : LIST_ORDERS.filter((order) => order !== first);
  for (const order of others) {
    try {
      return { order, after: viewCursors.open(cursor, filtersBy(order)) };
    } catch (error) {
      if (!(error instanceof AppError && error.code === 'invalid-cursor')) throw error;
    }
  }
  return { order: first, after: viewCursors.open(cursor, filtersBy(first)) };
}
