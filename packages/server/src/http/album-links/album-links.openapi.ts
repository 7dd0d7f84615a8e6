import { MAX_ALBUM_LINKS } from '../../domain/album/album-link.ts';
import { MEDIA_TYPES } from '../../domain/image/media-type.ts';
import { BYTES_DETAILS, BYTES_RESPONSES, RENDITION_TYPES, TO_STORE } from '../answers/picture.openapi.ts';
import { BODY_PROBLEMS, WORK_PROBLEMS } from '../answers/problem.openapi.ts';
import { changeQuery } from '../images/image-schemas.ts';
import { linkRevocation } from '../links/link-schemas.ts';
import { EXAMPLE_LINK_ID } from '../request/path-parts.ts';
import type { Operation } from '../route.ts';
import {
  albumLink,
  albumLinkList,
  changeAlbumLinkBody,
  createAlbumLinkBody,
  EXAMPLE_ALBUM_LINK,
  EXAMPLE_SHARED_ALBUM,
  EXAMPLE_SHARED_IMAGE,
  guestPass,
  openAlbumLinkQuery,
  sharedAlbum,
  sharedFileQuery,
  sharedImageList,
  sharedImagesQuery,
  sharedRenditionQuery,
  unlockBody,
} from './album-link-schemas.ts';

const ONE = { summary: 'A link', value: EXAMPLE_ALBUM_LINK };

export const create: Operation = {
  id: 'createAlbumLink',
  summary: 'Make a link to an album',
  description: `Whoever has its URL sees the ready images of the album, also those that are added later, and nothing else of its owner. An album has up to ${MAX_ALBUM_LINKS} links that have not expired. The revision and the ETag of the album stay the same.`,
  tag: 'albums',
  query: changeQuery,
  headers: ['X-User-Id'],
  body: {
    'application/json': {
      schema: createAlbumLinkBody,
      examples: {
        view: { summary: 'To look at, for a week', value: {} },
        password: {
          summary: 'With files and a password, for a day',
          value: { allow: ['view', 'download'], expires_in: 86_400, password: 'correct horse' },
        },
      },
    },
  },
  responses: { 201: { description: 'The link.', json: albumLink, examples: { created: ONE } } },
  problems: [...BODY_PROBLEMS, 'forbidden', 'album-not-found', 'too-many-links', 'insufficient-storage'],
};

export const list: Operation = {
  id: 'listAlbumLinks',
  summary: 'The links of an album',
  description: 'Those that have neither expired nor been revoked, the oldest first.',
  tag: 'albums',
  query: changeQuery,
  headers: ['X-User-Id'],
  responses: {
    200: {
      description: 'All links.',
      json: albumLinkList,
      examples: { one: { summary: 'One link', value: { count: 1, links: [EXAMPLE_ALBUM_LINK] } } },
    },
  },
  problems: ['album-not-found'],
};

export const change: Operation = {
  id: 'changeAlbumLink',
  summary: 'Change a link of an album',
  description:
    'Changes only the given fields. The URL stays. Once a change takes something from guests, such as a right, they open the link anew: the URLs of pictures and the passes that they have end.',
  tag: 'albums',
  query: changeQuery,
  headers: ['X-User-Id'],
  body: {
    'application/json': {
      schema: changeAlbumLinkBody,
      examples: { longer: { summary: 'Thirty days from now', value: { expires_in: 2_592_000 } } },
    },
  },
  responses: { 200: { description: 'The changed link.', json: albumLink, examples: { changed: ONE } } },
  problems: [...BODY_PROBLEMS, 'forbidden', 'album-not-found', 'link-not-found', 'insufficient-storage'],
};

export const revoke: Operation = {
  id: 'revokeAlbumLink',
  summary: 'Revoke a link of an album',
  description:
    'The service refuses the URL of the link and those of its pictures at once. A URL of the store to which it sent somebody lasts a minute at most; shared caches keep pictures for a day at most.',
  tag: 'albums',
  query: changeQuery,
  headers: ['X-User-Id'],
  responses: {
    200: {
      description: 'The link is revoked.',
      json: linkRevocation,
      examples: {
        revoked: { summary: 'The link is revoked', value: { link_id: EXAMPLE_LINK_ID, status: 'revoked' } },
      },
    },
  },
  problems: ['forbidden', 'album-not-found', 'link-not-found', 'insufficient-storage'],
};

const BY_LINK = ['signature-invalid', 'link-expired', 'link-not-found', 'password-required'] as const;

export const open: Operation = {
  id: 'openAlbumLink',
  summary: 'Open a link of an album',
  description:
    'For whoever has the URL, without a credential. A link with a password is a 401 without a pass, which `POST .../unlock` gives. A link that is revoked, or whose album is deleted, is a 404.',
  tag: 'albums',
  query: openAlbumLinkQuery,
  refusesUnknownNames: true,
  responses: {
    200: {
      description: 'The album as guests see it.',
      json: sharedAlbum,
      examples: { album: { summary: 'An album', value: EXAMPLE_SHARED_ALBUM } },
    },
  },
  problems: [...BY_LINK],
};

export const unlock: Operation = {
  id: 'unlockAlbumLink',
  summary: 'Give the password of a link',
  description:
    'For a pass of an hour at most. Ten wrong passwords a minute from one address are compared, of each link. The pass is sent as `Authorization: Bearer` with the link’s URL.',
  tag: 'albums',
  query: openAlbumLinkQuery,
  refusesUnknownNames: true,
  body: {
    'application/json': {
      schema: unlockBody,
      examples: { password: { summary: 'A password', value: { password: 'correct horse' } } },
    },
  },
  responses: {
    200: {
      description: 'The pass.',
      json: guestPass,
      examples: {
        pass: { summary: 'A pass', value: { pass: 'slg_eyJhbGJ1bSI6Ii...', expires_at: '2026-01-31T13:00:00.000Z' } },
      },
    },
  },
  problems: [...BODY_PROBLEMS, 'signature-invalid', 'link-expired', 'link-not-found', 'wrong-password'],
};

export const listImages: Operation = {
  id: 'listSharedImages',
  summary: 'The pictures of a link of an album',
  description:
    'In the order of the album, or in that which is asked for. The URLs of the pictures need neither credential nor pass; they end with the link, with its next change that takes something from guests, with the pass, and otherwise after two windows of `READ_URL_SECONDS` at most.',
  tag: 'albums',
  query: sharedImagesQuery,
  refusesUnknownNames: true,
  responses: {
    200: {
      description: 'A page of pictures.',
      json: sharedImageList,
      examples: {
        page: { summary: 'One picture', value: { count: 1, images: [EXAMPLE_SHARED_IMAGE], next_cursor: null } },
      },
    },
  },
  problems: [...BY_LINK, 'forbidden', 'invalid-cursor'],
};

const OF_PICTURE = [
  ...['signature-invalid', 'link-expired', 'link-not-found', 'forbidden', 'rendition-failed'],
  ...['revision-conflict', 'range-not-satisfiable', 'original-lost', ...WORK_PROBLEMS],
] as Operation['problems'];

export const readPreset: Operation = {
  id: 'readSharedRendition',
  summary: 'A preset of a picture of a link',
  description:
    'By the URL of the list. Each request asks image and album: once the image leaves the album, goes to the trash or its URLs are revoked, it is a 404 or a 403.',
  tag: 'albums',
  query: sharedRenditionQuery,
  refusesUnknownNames: true,
  headers: ['Range', 'If-None-Match'],
  responses: {
    200: {
      description: 'The bytes.',
      headers: {
        ETag: 'The ETag of these bytes.',
        'Cache-Control': 'Public, until the URL expires, for a day at most.',
        Vary: '`Accept` where the preset names no format.',
      },
      mediaTypes: RENDITION_TYPES,
    },
    ...BYTES_RESPONSES,
  },
  problems: ['unknown-preset', ...OF_PICTURE],
  details: { ...BYTES_DETAILS, 'unknown-preset': 'expected a preset of this service; got another' },
};

export const download: Operation = {
  id: 'downloadSharedImage',
  summary: 'A picture of a link as a file',
  description:
    'By the URL of the list: a JPEG of full size without metadata, or with `original=true` the file as it was uploaded, which is never a redirect.',
  tag: 'albums',
  query: sharedFileQuery,
  refusesUnknownNames: true,
  headers: ['Range', 'If-None-Match'],
  responses: {
    200: {
      description: 'The bytes.',
      headers: {
        ETag: 'The ETag of these bytes.',
        'Cache-Control': 'Public, until the URL expires, for a day at most.',
        'Content-Disposition': '`attachment`, with the filename of the image.',
      },
      mediaTypes: MEDIA_TYPES,
    },
    ...BYTES_RESPONSES,
    302: { description: 'With `BYTES=redirect`, of a JPEG: to a presigned URL of the store.', headers: TO_STORE },
  },
  problems: [...OF_PICTURE],
  details: BYTES_DETAILS,
};
