import type { SignIn } from '../../callers/authenticator/sign-in.ts';
import { toldOrders } from '../../operations/images/order-by-capture.ts';
import type { Services } from '../../services.ts';
import { answer } from '../answers/answer.ts';
import { searchOf } from '../request/query.ts';
import type { RouteContext } from '../route.ts';
import { assetAnswer, withHeaders } from './asset.ts';
import type { GalleryFiles } from './gallery-files.ts';
import { pageHeaders } from './page-headers.ts';

/** For routes of the gallery. */
export interface GalleryParts {
  readonly gallery: GalleryFiles;
  /** null: the gallery sends nobody to an issuer. */
  readonly signIn: SignIn | null;
}

export interface GalleryPageOptions extends GalleryParts, Pick<Services, 'presigner' | 'images'> {
  /** Whether everybody may ask for everything. */
  readonly isOpen: boolean;
}

/** The gallery; the documentation where it isn't installed. */
export async function galleryPage(
  c: RouteContext,
  { gallery, presigner, signIn, images, isOpen }: GalleryPageOptions,
): Promise<Response> {
  const page = await gallery.page('index.html');
  if (!page) return answer(c, null, 302, { location: '/docs' });
  const { scheme, host } = c.get('addressed');
  const service = c.get('publicOrigin');
  const headers = pageHeaders({
    own: `${scheme}://${host}`,
    service,
    store: presigner.originOf(service),
    signIn: (await signIn?.origins()) ?? [],
  });
  const list = isOpen && searchOf(c) === '' ? await firstListOf({ gallery, images }) : undefined;
  return assetAnswer(c, withHeaders(page, { ...headers, ...(list !== undefined && { link: preloaded(list) }) }));
}

/** Without a sign-in and a query it is everybody's, which first-requests.js would ask for a round trip later. */
async function firstListOf({ gallery, images }: Pick<GalleryPageOptions, 'gallery' | 'images'>) {
  return gallery.firstList((await toldOrders(images)) === 'of-all' ? 'capture' : 'upload');
}

const preloaded = (query: string): string => `</images?${query}>; rel=preload; as=fetch; crossorigin`;
