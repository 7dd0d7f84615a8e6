import { guestUrlOf } from '../../domain/access/access.ts';
import type { AlbumLink } from '../../domain/album/album-link.ts';
import type { AlbumUrl } from '../../domain/album/album-url.ts';
import { requestedBox } from '../../domain/rendition/requested-box.ts';
import { canonicalTransform } from '../../domain/rendition/transform-parameters.ts';
import { lockedAlbumLink, readSharedAlbum } from '../../operations/album-links/open-album-link.ts';
import type { Services } from '../../services.ts';
import { escaped } from '../answers/html-text.ts';
import type { PresetVersions } from '../images/image-view.ts';
import { refusedPage } from '../links/link-page.ts';
import type { Route, RouteContext } from '../route.ts';
import { sharedImageJson } from './album-link-json.ts';
import { open } from './album-links.openapi.ts';

const { refusesUnknownNames: _, ...OPEN_PAGE } = open;

const SENTENCES = {
  gone: 'These pictures are no longer shared.',
  unavailable: 'These pictures can’t be shown at the moment. Please try again later.',
};

export interface GuestPage {
  /** The page that guests get; `head`: more for its head, as HTML. */
  readonly guestPage: (c: RouteContext, head: string) => Promise<Response>;
}

type PageServices = Services & PresetVersions & GuestPage;

/**
 * The page of a link of an album, for people. Its document says nothing of the album unless the link has a card: its
 * script asks for the rest, by the page's own URL. Messengers add parameters to URLs, which don't matter here.
 */
export const albumLinkPageRoutes: readonly Route<PageServices>[] = [
  {
    method: 'GET',
    path: '/s/albums/:album_id/:link_id',
    operation: OPEN_PAGE,
    async handle(c, services) {
      const url = guestUrlOf(c.get('access'));
      const { link } = await lockedAlbumLink(services, url);
      const card = hasCard(link) ? await cardHtml(c, services, url) : '';
      return services.guestPage(c, presetsHtml(services) + card);
    },
    refuse: (c, error) => refusedPage(c, error, SENTENCES),
  },
];

const hasCard = ({ card, password }: AlbumLink): boolean => card && password === null;

/** Title and cover, for messengers. */
async function cardHtml(c: RouteContext, services: PageServices, url: AlbumUrl): Promise<string> {
  const { cover, ...opened } = await readSharedAlbum(services, url);
  const { renditions = {} } = cover ? sharedImageJson(services, c.get('publicOrigin'), opened)(cover) : {};
  const image = renditions[cardPreset(services) ?? ''];
  return metaHtml('property', 'og:title', opened.album.title) + (image ? metaHtml('property', 'og:image', image) : '');
}

/** Pixels. Messengers show a narrower picture as a small square beside the title. */
const CARD_WIDTH = 600;

/** The smallest preset that is wide enough, or else the largest. */
function cardPreset({ settings }: Services): string | undefined {
  const sizes = [...settings.sharedPresets].map(([name, transform]) => {
    const { width, height } = requestedBox(transform);
    return { name, width: width ?? height ?? Number.POSITIVE_INFINITY };
  });
  const bySize = sizes.toSorted((one, other) => one.width - other.width);
  return (bySize.find(({ width }) => width >= CARD_WIDTH) ?? bySize.at(-1))?.name;
}

/** The transforms of the presets, by which the script chooses among the URLs of a picture. */
function presetsHtml({ settings }: Services): string {
  const presets = [...settings.presets].map(([name, transform]) => [name, canonicalTransform(transform)]);
  return metaHtml('name', 'presets', JSON.stringify(Object.fromEntries(presets)));
}

const metaHtml = (kind: 'name' | 'property', name: string, content: string): string =>
  `<meta ${kind}="${name}" content="${escaped(content)}">\n  `;
