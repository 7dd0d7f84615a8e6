import { accepts } from 'hono/accepts';
import { AppError } from '../../domain/errors.ts';
import { canonicalTransform } from '../../domain/rendition/transform-parameters.ts';
import { toldOrders } from '../../operations/images/order-by-capture.ts';
import type { Services } from '../../services.ts';
import { truncated } from '../../text/preview.ts';
import { addHeaders, jsonAnswer, NO_STORE, varyBy } from '../answers/answer.ts';
import { imageTypesJson } from '../answers/image-types.ts';
import type { Route, RouteContext } from '../route.ts';
import { type Asset, assetAnswer } from './asset.ts';
import { type GalleryParts, galleryPage } from './gallery-page.ts';

/** Where an issuer sends people back to. */
const SIGNED_IN = '/signed-in';

/**
 * The gallery's files, and what it must know before anybody signs in. The page itself is at `/` too
 * (service/service.ts).
 */
export const galleryRoutes = ({
  auth,
}: {
  readonly auth: readonly string[];
}): readonly Route<Services & GalleryParts>[] => [
  {
    method: 'GET',
    path: SIGNED_IN,
    handle(c, services) {
      addHeaders(c, NO_STORE); // its address has a code
      return galleryPage(c, services);
    },
  },
  {
    method: 'GET',
    path: '/assets/:name',
    async handle(c, { gallery }) {
      const name = c.req.param('name') ?? '';
      varyBy(c, 'Accept-Encoding');
      return found(c, await gallery.hashed(name, acceptsGzip(c) ? 'gzip' : 'identity'), name);
    },
  },
  {
    method: 'GET',
    path: '/lamp.svg',
    handle: async (c, { gallery }) => found(c, await gallery.page('lamp.svg'), 'lamp.svg'),
  },
  {
    method: 'GET',
    path: '/app.json',
    async handle(c, { settings, images, events, ingest, signIn }) {
      const orders = await toldOrders(images);
      return jsonAnswer(
        c,
        {
          auth,
          oidc: signIn && {
            issuer: signIn.issuer,
            client_id: signIn.clientId,
            scopes: signIn.scopes,
            resource: signIn.resource,
            redirect_uri: `${c.get('publicOrigin')}${SIGNED_IN}`,
          },
          search: images.searches,
          filters_of_all: settings.listsAllOwners,
          taken: orders !== 'none',
          taken_of_all: orders === 'of-all',
          events: events !== null,
          ingest: ingest !== null,
          usage: settings.countsUsage,
          trash_days: settings.trashDays,
          limits: {
            max_upload_bytes: settings.maxUploadBytes,
            max_direct_upload_bytes: settings.maxDirectUploadBytes,
          },
          image_types: imageTypesJson(settings),
          presets: Object.fromEntries([...settings.presets].map(([name, one]) => [name, canonicalTransform(one)])),
        },
        NO_STORE,
      );
    },
  },
];

/** Brotli would save a tenth of the bytes more, and browsers accept it over https only. */
const acceptsGzip = (c: RouteContext): boolean =>
  accepts(c, {
    header: 'Accept-Encoding',
    supports: ['gzip'],
    default: '',
    match: (accepted, { default: none }) => (accepted.some(({ type, q }) => type === 'gzip' && q > 0) ? 'gzip' : none),
  }) === 'gzip';

function found(c: RouteContext, asset: Asset | undefined, name: string): Response {
  if (asset) return assetAnswer(c, asset);
  throw new AppError('route-not-found', `expected a file of the gallery; got ${truncated(name)}`);
}
