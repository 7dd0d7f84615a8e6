import { BODY_PROBLEMS } from '../answers/problem.openapi.ts';
import { changeQuery } from '../images/image-schemas.ts';
import { EXAMPLE_ID } from '../request/path-parts.ts';
import type { Operation } from '../route.ts';
import {
  album,
  albumChanges,
  albumDeletion,
  albumList,
  albumsQuery,
  changeAlbumBody,
  changeAlbumImagesBody,
  createAlbumBody,
  deleteAlbumQuery,
  EXAMPLE_ALBUM,
  EXAMPLE_DELETION,
} from './album-schemas.ts';

const TAG = { ETag: 'The revision of the album, for a change with If-Match.' };
const ONE = { summary: 'An album', value: EXAMPLE_ALBUM };

export const create: Operation = {
  id: 'createAlbum',
  summary: 'Make an album',
  description:
    'A set of images of one user under a title. `GET /images?album=ID` lists its images, the newest first or in the `order` that it asks for.',
  tag: 'albums',
  query: changeQuery,
  headers: ['X-User-Id'],
  body: {
    'application/json': {
      schema: createAlbumBody,
      examples: { album: { summary: 'An album', value: { user_id: 'user123', title: 'Lisbon' } } },
    },
  },
  responses: {
    201: {
      description: 'The album.',
      headers: { ...TAG, Location: 'The path of the album.' },
      json: album,
      examples: { created: ONE },
    },
  },
  problems: [...BODY_PROBLEMS, 'insufficient-storage'],
};

export const list: Operation = {
  id: 'listAlbums',
  summary: "A user's albums",
  description: 'The newest first.',
  tag: 'albums',
  query: albumsQuery,
  headers: ['X-User-Id'],
  responses: {
    200: {
      description: 'A page of albums.',
      json: albumList,
      examples: { page: { summary: 'One album', value: { count: 1, albums: [EXAMPLE_ALBUM], next_cursor: null } } },
    },
  },
  problems: ['invalid-cursor'],
};

export const describe: Operation = {
  id: 'describeAlbum',
  summary: 'An album',
  tag: 'albums',
  query: changeQuery,
  headers: ['X-User-Id'],
  responses: { 200: { description: 'The album.', headers: TAG, json: album, examples: { album: ONE } } },
  problems: ['album-not-found'],
};

export const change: Operation = {
  id: 'changeAlbum',
  summary: 'Change title, description, order or cover of an album',
  description: 'Changes only the given fields. With `If-Match` the change applies only at that revision.',
  tag: 'albums',
  query: changeQuery,
  headers: ['X-User-Id', 'If-Match'],
  body: {
    'application/json': {
      schema: changeAlbumBody,
      examples: {
        rename: { summary: 'Another title', value: { title: 'Lisbon and Porto' } },
        cover: { summary: 'A cover', value: { cover_id: EXAMPLE_ID } },
      },
    },
  },
  responses: { 200: { description: 'The changed album.', headers: TAG, json: album, examples: { changed: ONE } } },
  problems: [
    ...BODY_PROBLEMS,
    'forbidden',
    'album-not-found',
    'album-full',
    'revision-conflict',
    'insufficient-storage',
  ],
};

export const remove: Operation = {
  id: 'deleteAlbum',
  summary: 'Delete an album',
  description:
    'At once nobody sees it. Then its images leave it, or go to the trash with `with_images=true`. Repeated within seven days, the call tells how far that is.',
  tag: 'albums',
  query: deleteAlbumQuery,
  headers: ['X-User-Id'],
  responses: {
    202: {
      description: 'The album is deleted; its images are leaving it.',
      json: albumDeletion,
      examples: { deleting: { summary: 'Just begun', value: EXAMPLE_DELETION } },
    },
  },
  problems: ['forbidden', 'album-not-found', 'insufficient-storage'],
};

export const changeMembers: Operation = {
  id: 'changeAlbumImages',
  summary: 'Add images to an album, take them out or move them',
  description:
    'Up to 1,000 images of the owner of the album, each with a result of its own. An image may be in 10 albums, an album may have 100,000 images. The revision of an image stays. With conflicts and waits the whole takes at most 25 s; the rest is answered as `unavailable`, to be sent again.',
  tag: 'albums',
  query: changeQuery,
  headers: ['X-User-Id'],
  body: {
    'application/json': {
      schema: changeAlbumImagesBody,
      examples: {
        add: { summary: 'Two images', value: { add: [EXAMPLE_ID, '01a1f82b-80d8-703c-9c86-1b8ba42038d2'] } },
        move: { summary: 'One image to the beginning', value: { move: { image_ids: [EXAMPLE_ID], after: null } } },
      },
    },
  },
  responses: {
    200: {
      description: 'A result for each image, in the order of `add` and `remove`, or of `move`.',
      json: albumChanges,
      examples: {
        added: {
          summary: 'One was added',
          value: { count: 1, results: [{ image_id: EXAMPLE_ID, status: 'added' }] },
        },
      },
    },
  },
  problems: [...BODY_PROBLEMS, 'forbidden', 'album-not-found', 'album-full', 'insufficient-storage'],
};
