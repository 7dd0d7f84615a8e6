import { guestUrlOf } from '../../domain/access/access.ts';
import { shareOfGuest } from '../../domain/access/rate-limits.ts';
import type { AlbumLinkTerms } from '../../domain/album/album-link.ts';
import type { AlbumPicture, AlbumUrl } from '../../domain/album/album-url.ts';
import { MAX_PASSWORD_LENGTH } from '../../domain/album/password-text.ts';
import { AppError } from '../../domain/errors.ts';
import { changeAlbumLink } from '../../operations/album-links/change-album-link.ts';
import { createAlbumLink } from '../../operations/album-links/create-album-link.ts';
import { findAlbumLinks } from '../../operations/album-links/find-album-links.ts';
import { findSharedImages } from '../../operations/album-links/find-shared-images.ts';
import { downloadsOf } from '../../operations/album-links/link-terms.ts';
import { readSharedAlbum } from '../../operations/album-links/open-album-link.ts';
import { openSharedImage, type SharedFile } from '../../operations/album-links/open-shared-image.ts';
import { revokeAlbumLink } from '../../operations/album-links/revoke-album-link.ts';
import { type Guesses, unlockAlbumLink } from '../../operations/album-links/unlock-album-link.ts';
import { linkNotFound } from '../../operations/links/open-link.ts';
import { findFullSize } from '../../operations/renditions/create-full-size-download.ts';
import { findRendition } from '../../operations/renditions/find-rendition.ts';
import type { RenditionPlans } from '../../operations/renditions/rendition-plans.ts';
import type { Services } from '../../services.ts';
import { type PasswordGuesses, takeAll } from '../admission/request-rates.ts';
import { createdAnswer, jsonAnswer, UNCACHED, varyBy } from '../answers/answer.ts';
import { isoTime } from '../answers/iso-time.ts';
import { blamePreset, formatsFor } from '../answers/rendition-answer.ts';
import { allowAnyPage } from '../answers/shared-picture.ts';
import { readJson } from '../bodies/request-body.ts';
import type { PresetVersions } from '../images/image-view.ts';
import { linkAnswer } from '../links/link-answer.ts';
import { addressOf, clientOf, payerFor } from '../request/client.ts';
import { parametersOf } from '../request/query.ts';
import { parse } from '../request/validation.ts';
import type { Route, RouteContext } from '../route.ts';
import { albumLinkJson, contributionsJson, sharedImageJson } from './album-link-json.ts';
import {
  changeAlbumLinkBody,
  createAlbumLinkBody,
  newLinkInput,
  sharedFileQuery,
  sharedImagesQuery,
  unlockBody,
} from './album-link-schemas.ts';
import * as operations from './album-links.openapi.ts';

/** The longest password, in any escaping, and several times the rest. It may be a password that is no JSON. */
const LINK_LIMITS = { maxBytes: 1_024 + 12 * MAX_PASSWORD_LENGTH, isSecret: true };

type LinkServices = Services & PresetVersions & PasswordGuesses & RenditionPlans;

export const albumLinkRoutes: readonly Route<LinkServices>[] = [
  {
    method: 'POST',
    path: '/albums/:album_id/links',
    operation: operations.create,
    async handle(c, services) {
      const given = parse(createAlbumLinkBody, await readJson(c, LINK_LIMITS), 'body');
      const made = await createAlbumLink(
        services,
        c.get('access'),
        { id: albumIdOf(c), ...newLinkInput(given) },
        clientOf(c),
      );
      c.set('concerns', { albumId: made.album.id, linkId: made.link.id });
      return createdAnswer(c, albumLinkJson(services, c.get('publicOrigin'), made), UNCACHED);
    },
  },
  {
    method: 'GET',
    path: '/albums/:album_id/links',
    operation: operations.list,
    async handle(c, services) {
      const found = await findAlbumLinks(services, c.get('access'), albumIdOf(c));
      const links = found.map((one) => albumLinkJson(services, c.get('publicOrigin'), one));
      return jsonAnswer(c, { count: links.length, links }, UNCACHED);
    },
  },
  {
    method: 'PATCH',
    path: '/albums/:album_id/links/:link_id',
    operation: operations.change,
    async handle(c, services) {
      const given = parse(changeAlbumLinkBody, await readJson(c, LINK_LIMITS), 'body');
      const asked = {
        id: albumIdOf(c),
        linkId: linkIdOf(c),
        changes: changesOf(given),
        expiresInSeconds: given.expires_in,
        password: given.password,
      };
      const changed = await changeAlbumLink(services, c.get('access'), asked, clientOf(c));
      return jsonAnswer(c, albumLinkJson(services, c.get('publicOrigin'), changed), UNCACHED);
    },
  },
  {
    method: 'DELETE',
    path: '/albums/:album_id/links/:link_id',
    operation: operations.revoke,
    async handle(c, services) {
      const asked = { id: albumIdOf(c), linkId: linkIdOf(c), payer: payerFor(c) };
      const linkId = await revokeAlbumLink(services, c.get('access'), asked);
      return jsonAnswer(c, { link_id: linkId, status: 'revoked' });
    },
  },
  {
    method: 'GET',
    path: '/albums/:album_id/links/:link_id',
    operation: operations.open,
    async handle(c, services) {
      varyBy(c, 'Authorization');
      const { album, images, cover, ...opened } = await readSharedAlbum(services, guestUrlOf(c.get('access')));
      const { link } = opened;
      const downloads = downloadsOf(services, link);
      const json = sharedImageJson(services, c.get('publicOrigin'), { album, ...opened });
      const shared = {
        album_id: album.id,
        title: album.title,
        description: album.description,
        order: album.order,
        images,
        ...(cover && { cover: json(cover) }),
        allow: link.allow.filter((right) => right !== 'download' || downloads),
        originals: link.originals && downloads,
        contributions: contributionsJson(services, link),
        expires_at: isoTime(link.expiresAt),
      };
      return jsonAnswer(c, shared, UNCACHED);
    },
  },
  {
    method: 'POST',
    path: '/albums/:album_id/links/:link_id/unlock',
    operation: operations.unlock,
    async handle(c, services) {
      const { password } = parse(unlockBody, await readJson(c, LINK_LIMITS), 'body');
      const url = guestUrlOf(c.get('access'));
      const guesses = guessesOf(c, services, url);
      const pass = await unlockAlbumLink(services, { url, password, guesses, signal: c.req.raw.signal });
      const json = { pass: services.guestPasses.textOf(pass), expires_at: isoTime(pass.expiresAt) };
      return jsonAnswer(c, json, UNCACHED);
    },
  },
  {
    method: 'GET',
    path: '/albums/:album_id/links/:link_id/images',
    operation: operations.listImages,
    async handle(c, services) {
      varyBy(c, 'Authorization');
      const { order, limit, cursor } = parse(LISTED, parametersOf(c), 'query');
      const asked = { url: guestUrlOf(c.get('access')), order, limit, cursor };
      const { opened, images, nextCursor } = await findSharedImages(services, asked);
      const json = sharedImageJson(services, c.get('publicOrigin'), opened);
      return jsonAnswer(c, { count: images.length, images: images.map(json), next_cursor: nextCursor }, UNCACHED);
    },
  },
  {
    method: 'GET',
    path: '/albums/:album_id/links/:link_id/images/:id/renditions/:preset',
    operation: operations.readPreset,
    handle: presetAnswer,
  },
  {
    method: 'GET',
    path: '/albums/:album_id/links/:link_id/images/:id/download',
    operation: operations.download,
    async handle(c, services) {
      const { original } = parse(FILE, parametersOf(c), 'query');
      return withoutImage(() => fileAnswer(c, services, original ? 'original' : 'jpeg'));
    },
  },
];

/** The other parameters form the seal, which was verified before. */
const LISTED = sharedImagesQuery.pick({ order: true, limit: true, cursor: true });
const FILE = sharedFileQuery.pick({ original: true });

async function presetAnswer(c: RouteContext, services: LinkServices): Promise<Response> {
  const url = pictureUrlOf(c);
  const name = c.req.param('preset') ?? '';
  return withoutImage(async () => {
    const { image, expiresAt } = await openSharedImage(services, url, 'preset');
    const transform = services.settings.sharedPresets.get(name);
    if (!transform) throw new AppError('unknown-preset', 'expected a preset of this service; got another');
    allowAnyPage(c);
    try {
      const asked = { image, kind: 'preset', transform, accepted: formatsFor(c, transform) } as const;
      const { rendition, tookLong } = await findRendition(services, asked, clientOf(c));
      if (tookLong) await openSharedImage(services, url, 'preset');
      const opened = { image, preset: { name, transform }, expiresAt };
      return await linkAnswer(c, services, { opened, rendition }, 'inline');
    } catch (error) {
      throw blamePreset(name, error);
    }
  });
}

async function fileAnswer(
  c: RouteContext,
  services: LinkServices,
  file: Exclude<SharedFile, 'preset'>,
): Promise<Response> {
  const url = pictureUrlOf(c);
  const { image, expiresAt } = await openSharedImage(services, url, file);
  allowAnyPage(c);
  const opened = { image, preset: null, expiresAt };
  const rendition = file === 'jpeg' ? await findFullSize(services, image, clientOf(c)) : null;
  if (rendition) await openSharedImage(services, url, file); // it may have taken long
  // Never by a URL of the store: the key of an original has its owner's id.
  return linkAnswer(c, services, { opened, rendition, streamsOriginal: true }, 'attachment');
}

/** An image that is removed since the look-up is gone as any other. */
async function withoutImage<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof AppError && error.code === 'image-not-found' ? linkNotFound() : error;
  }
}

function guessesOf(c: RouteContext, { guesses }: PasswordGuesses, { linkId }: AlbumUrl): Guesses {
  const address = addressOf(c);
  const share = shareOfGuest(linkId, address);
  const take = (requests: number) => takeAll(c, guesses, [{ policy: 'passwords', share, requests, held: 0 }]);
  return {
    address,
    count: () => take(1),
    uncount: () => take(-1),
  };
}

type Changes = Partial<Omit<AlbumLinkTerms, 'expiresAt' | 'password'>>;

const changesOf = (given: ReturnType<typeof parse<typeof changeAlbumLinkBody>>): Changes => {
  const { allow, originals, card, max_images, max_bytes, content_types, approve } = given;
  return {
    ...(allow !== undefined && { allow }),
    ...(originals !== undefined && { originals }),
    ...(card !== undefined && { card }),
    ...(max_images !== undefined && { maxImages: max_images }),
    ...(max_bytes !== undefined && { maxBytes: max_bytes }),
    ...(content_types !== undefined && { contentTypes: content_types }),
    ...(approve !== undefined && { approve }),
  };
};

function pictureUrlOf(c: RouteContext): AlbumUrl & { readonly picture: AlbumPicture } {
  const url = guestUrlOf(c.get('access'));
  if (url.picture) return { ...url, picture: url.picture };
  throw new Error('expected the signed URL of a picture; got that of a link');
}

const albumIdOf = (c: RouteContext): string => c.req.param('album_id') ?? '';
const linkIdOf = (c: RouteContext): string => c.req.param('link_id') ?? '';
