import { answer } from '../answers/answer.ts';
import type { AppServices } from '../app-services.ts';
import type { RouteContext } from '../route.ts';
import { withHeaders } from './asset.ts';
import { assetAnswer } from './asset-answer.ts';
import { pageHeaders } from './page-headers.ts';

/** The gallery; the documentation where it isn't installed. */
export async function galleryPage(
  c: RouteContext,
  { gallery, presigner, signIn }: Pick<AppServices, 'gallery' | 'presigner' | 'signIn'>,
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
