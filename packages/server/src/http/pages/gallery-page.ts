import type { SignIn } from '../../callers/authenticator/sign-in.ts';
import type { Services } from '../../services.ts';
import { answer, NO_STORE } from '../answers/answer.ts';
import type { AnswerHeaders, RouteContext } from '../route.ts';
import { assetAnswer, withHeaders } from './asset.ts';
import type { GalleryFiles } from './gallery-files.ts';
import { pageHeaders } from './page-headers.ts';

/** For routes of the gallery. */
export interface GalleryParts {
  readonly gallery: GalleryFiles;
  /** null: the gallery sends nobody to an issuer. */
  readonly signIn: SignIn | null;
}

/** The gallery; the documentation where it isn't installed. */
export async function galleryPage(
  c: RouteContext,
  { gallery, presigner, signIn }: GalleryParts & Pick<Services, 'presigner'>,
): Promise<Response> {
  const page = await gallery.page('index.html');
  if (!page) return withoutGallery(c);
  const headers = headersOf(c, { presigner }, (await signIn?.origins()) ?? []);
  return assetAnswer(c, withHeaders(page, headers));
}

/**
 * The page for the guests of links, with more in its head. No cache keeps it, and no search engine lists it. The
 * documentation where it isn't installed.
 */
export async function guestPage(
  c: RouteContext,
  { gallery, presigner }: Pick<GalleryParts, 'gallery'> & Pick<Services, 'presigner'>,
  head: string,
): Promise<Response> {
  const page = await gallery.page('guests.html');
  if (!page) return withoutGallery(c);
  const html = Buffer.from(page.body)
    .toString()
    .replace('</head>', () => `${head}</head>`);
  return answer(c, c.req.method === 'HEAD' ? null : html, 200, {
    'content-type': page.contentType,
    'x-robots-tag': 'noindex',
    ...headersOf(c, { presigner }, []),
    ...NO_STORE,
  });
}

const withoutGallery = (c: RouteContext): Response => answer(c, null, 302, { location: '/docs' });

function headersOf(
  c: RouteContext,
  { presigner }: Pick<Services, 'presigner'>,
  signIn: readonly string[],
): AnswerHeaders {
  const { scheme, host } = c.get('addressed');
  const service = c.get('publicOrigin');
  return pageHeaders({ own: `${scheme}://${host}`, service, store: presigner.originOf(service), signIn });
}
