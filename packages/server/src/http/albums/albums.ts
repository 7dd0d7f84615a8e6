import type { AlbumDescription } from '../../domain/album/album.ts';
import { changeAlbum } from '../../operations/albums/change-album.ts';
import { changeAlbumImages } from '../../operations/albums/change-album-images.ts';
import { createAlbum } from '../../operations/albums/create-album.ts';
import { removeAlbum } from '../../operations/albums/delete-album.ts';
import { findAlbums } from '../../operations/albums/find-albums.ts';
import { moveAlbumImages } from '../../operations/albums/move-album-images.ts';
import { type ReadAlbum, readAlbum, withImages } from '../../operations/albums/read-album.ts';
import type { Services } from '../../services.ts';
import type { BodyChecks } from '../admission/access.ts';
import { namingRoute } from '../admission/naming-route.ts';
import { acceptedAnswer, createdAnswer, jsonAnswer } from '../answers/answer.ts';
import { readBatch } from '../bodies/batch.ts';
import { readJson } from '../bodies/request-body.ts';
import { imagesAnswer } from '../images/batch-answer.ts';
import type { ImageViews } from '../images/image-view.ts';
import { header } from '../request/header.ts';
import { expectedRevisions } from '../request/if-match.ts';
import { parametersOf } from '../request/query.ts';
import { claimInBody } from '../request/user-claims.ts';
import { parse } from '../request/validation.ts';
import type { Route, RouteContext } from '../route.ts';
import { albumJson, deletionJson, placeIn, placeText } from './album-json.ts';
import {
  albumsQuery,
  changeAlbumBody,
  changeAlbumImagesBody,
  createAlbumBody,
  deleteAlbumQuery,
} from './album-schemas.ts';
import * as operations from './albums.openapi.ts';

/** The longest title and description, in any escaping. */
const MAX_ALBUM_BYTES = 32_768;

export const albumRoutes: readonly Route<Services & ImageViews & BodyChecks>[] = [
  namingRoute({
    method: 'POST',
    path: '/albums',
    operation: operations.create,
    async receive(c, services) {
      const given = parse(createAlbumBody, await readJson(c, { maxBytes: MAX_ALBUM_BYTES }), 'body');
      return {
        claims: [claimInBody(given)],
        async answer(access) {
          const { title, description = null, order = 'added' } = given;
          const album = await createAlbum(services, access, { title, description, order });
          const headers = { location: `/albums/${album.id}`, etag: tagOf(album) };
          return createdAnswer(c, albumJson({ album, images: 0, cover: null }, services.viewFor(c)), headers);
        },
      };
    },
  }),
  {
    method: 'GET',
    path: '/albums',
    operation: operations.list,
    async handle(c, services) {
      const { limit, cursor } = parse(albumsQuery, parametersOf(c), 'query');
      const { albums, nextCursor } = await findAlbums(services, c.get('access'), { limit, cursor });
      const view = services.viewFor(c);
      return jsonAnswer(c, {
        count: albums.length,
        albums: albums.map((album) => albumJson(album, view)),
        next_cursor: nextCursor,
      });
    },
  },
  {
    method: 'GET',
    path: '/albums/:album_id',
    operation: operations.describe,
    handle: async (c, services) => albumAnswer(c, services, await readAlbum(services, c.get('access'), idOf(c))),
  },
  {
    method: 'PATCH',
    path: '/albums/:album_id',
    operation: operations.change,
    async handle(c, services) {
      const revisions = expectedRevisions(header(c, 'if-match'));
      const given = parse(changeAlbumBody, await readJson(c, { maxBytes: MAX_ALBUM_BYTES }), 'body');
      const asked = { id: idOf(c), changes: changesOf(given), expectedRevisions: revisions };
      const album = await changeAlbum(services, c.get('access'), asked);
      return albumAnswer(c, services, await withImages(services, album));
    },
  },
  {
    method: 'DELETE',
    path: '/albums/:album_id',
    operation: operations.remove,
    async handle(c, services) {
      const { with_images: withTheImages = false } = parse(deleteAlbumQuery, parametersOf(c), 'query');
      const asked = { id: idOf(c), withImages: withTheImages };
      return acceptedAnswer(c, deletionJson(await removeAlbum(services, c.get('access'), asked)), {});
    },
  },
  namingRoute({
    method: 'POST',
    path: '/albums/:album_id/images',
    operation: operations.changeMembers,
    async receive(c, services) {
      const given = parse(changeAlbumImagesBody, await readBatch(c, services), 'body');
      const { add = [], places, remove = [], move } = given;
      const members = move?.image_ids.length ?? add.length + remove.length;
      c.set('concerns', { count: members });
      const added = add.map((imageId, index) => ({ imageId, place: placeIn(places?.[index] ?? '') }));
      return {
        claims: [],
        members,
        async answer(access) {
          if (move) {
            const asked = { id: idOf(c), imageIds: move.image_ids, after: move.after };
            return imagesAnswer(c, await moveAlbumImages(services, access, asked), ({ status }) => ({ status }));
          }
          const results = await changeAlbumImages(services, access, { id: idOf(c), add: added, remove });
          return imagesAnswer(c, results, ({ status, former }) => ({
            status,
            ...(former && { place: placeText(former) }),
          }));
        },
      };
    },
  }),
];

/** Changes only the given fields; null clears. */
const changesOf = ({
  title,
  description,
  order,
  cover_id: cover,
}: ReturnType<typeof parse<typeof changeAlbumBody>>): Partial<AlbumDescription> => ({
  ...(title !== undefined && { title }),
  ...(description !== undefined && { description }),
  ...(order !== undefined && { order }),
  ...(cover !== undefined && { cover }),
});

const idOf = (c: RouteContext): string => c.req.param('album_id') ?? '';
const tagOf = ({ revision }: { readonly revision: number }): string => `"${revision}"`;

const albumAnswer = (c: RouteContext, { viewFor }: ImageViews, read: ReadAlbum): Response =>
  jsonAnswer(c, albumJson(read, viewFor(c)), { etag: tagOf(read.album) });
