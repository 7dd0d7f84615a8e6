import { MEDIA_TYPES } from '../../domain/image/media-type.ts';
import { MAX_LINKS } from '../../domain/image/share-link.ts';
import { BYTES_DETAILS, BYTES_RESPONSES } from '../answers/picture.openapi.ts';
import { BODY_PROBLEMS, WORK_PROBLEMS } from '../answers/problem.openapi.ts';
import { changeQuery } from '../images/image-schemas.ts';
import { EXAMPLE_ID, EXAMPLE_LINK_ID } from '../request/path-parts.ts';
import type { Operation } from '../route.ts';
import {
  createLinkBody,
  EXAMPLE_LINK,
  linkRevocation,
  openLinkQuery,
  shareLink,
  shareLinkList,
  urlRevocation,
} from './link-schemas.ts';

export const create: Operation = {
  id: 'createLink',
  summary: 'Make a link to an image',
  description: `A URL that anyone may open, for the original or for one preset of a ready image. An image has up to ${MAX_LINKS} links that have not expired. The revision and the ETag of the image stay the same.`,
  tag: 'links',
  query: changeQuery,
  headers: ['X-User-Id'],
  body: {
    'application/json': {
      schema: createLinkBody,
      examples: {
        original: { summary: 'The original, for a week', value: { what: 'original' } },
        preset: { summary: 'A preset, for an hour', value: { what: 'preset', preset: 'medium', expires_in: 3_600 } },
      },
    },
  },
  responses: {
    201: {
      description: 'The link.',
      json: shareLink,
      examples: { created: { summary: 'A link to a preset', value: EXAMPLE_LINK } },
    },
  },
  problems: [
    ...BODY_PROBLEMS,
    'forbidden',
    'image-not-found',
    'unknown-preset',
    'image-not-ready',
    'too-many-links',
    'insufficient-storage',
  ],
};

export const list: Operation = {
  id: 'listLinks',
  summary: "An image's links",
  description: 'The links that have neither expired nor been revoked, the oldest first.',
  tag: 'links',
  headers: ['X-User-Id'],
  responses: {
    200: {
      description: 'All links.',
      json: shareLinkList,
      examples: { one: { summary: 'One link', value: { count: 1, links: [EXAMPLE_LINK] } } },
    },
  },
  problems: ['image-not-found'],
};

export const open: Operation = {
  id: 'openLink',
  summary: 'Open a link',
  description:
    'Anyone with the URL gets the bytes, on any page and without a credential. A link that is revoked, or whose image is not ready, is a 404.',
  tag: 'links',
  query: openLinkQuery,
  refusesUnknownNames: true,
  headers: ['Range', 'If-None-Match'],
  responses: {
    200: {
      description: 'The bytes.',
      headers: {
        ETag: 'The ETag of these bytes.',
        'Cache-Control': 'Public, until the link expires, for a day at most.',
        'Content-Disposition': '`attachment` with `download=true`, else `inline`.',
        Vary: '`Accept` where the preset names no format.',
      },
      mediaTypes: MEDIA_TYPES,
    },
    ...BYTES_RESPONSES,
  },
  problems: [
    'signature-invalid',
    'link-not-found',
    'unknown-preset',
    'link-expired',
    'rendition-failed',
    'revision-conflict',
    'range-not-satisfiable',
    'original-lost',
    ...WORK_PROBLEMS,
  ],
  details: BYTES_DETAILS,
};

export const revoke: Operation = {
  id: 'revokeLink',
  summary: 'Revoke a link',
  description: 'The service refuses the URL of the link at once. A repeated call is a 404.',
  tag: 'links',
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
  problems: ['forbidden', 'image-not-found', 'link-not-found', 'insufficient-storage'],
};

export const revokeAll: Operation = {
  id: 'revokeLinks',
  summary: 'Revoke all signed URLs of an image',
  description:
    'The image loses all links, and the service refuses every URL of its presets and renders that was signed before. The revision goes up. Presigned URLs of the store are valid until they expire.',
  tag: 'links',
  query: changeQuery,
  headers: ['X-User-Id'],
  responses: {
    200: {
      description: 'All former signed URLs are refused.',
      json: urlRevocation,
      examples: {
        revoked: {
          summary: 'All URLs are revoked',
          value: { image_id: EXAMPLE_ID, revoked_at: '2026-02-01T08:00:00.000Z' },
        },
      },
    },
  },
  problems: ['forbidden', 'image-not-found', 'insufficient-storage'],
};
