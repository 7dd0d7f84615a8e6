import type { SignIn } from '../../callers/authenticator/sign-in.ts';
import type { Services } from '../../services.ts';
import { answer } from '../answers/answer.ts';
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

/** The gallery; the documentation where it isn't installed. */
export async function galleryPage(
  c: RouteContext,
  { gallery, presigner, signIn }: GalleryParts & Pick<Services, 'presigner'>,
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
  return assetAnswer(c, withHeaders(page, headers));
}
