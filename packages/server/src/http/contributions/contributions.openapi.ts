import { openAlbumLinkQuery } from '../album-links/album-link-schemas.ts';
import { BODY_PROBLEMS, WORK_PROBLEMS } from '../answers/problem.openapi.ts';
import { changeQuery } from '../images/image-schemas.ts';
import { EXAMPLE_ID } from '../request/path-parts.ts';
import type { Operation } from '../route.ts';
import { EXAMPLE_GRANT, upload } from '../uploads/upload-schemas.ts';
import {
  contribution,
  contributionDecision,
  contributionList,
  contributionRemoval,
  contributionsQuery,
  decideContributionBody,
  EXAMPLE_CONTRIBUTION,
  EXAMPLE_CONTRIBUTIONS,
  grantContributionBody,
} from './contribution-schemas.ts';

const BY_LINK = ['signature-invalid', 'link-expired', 'link-not-found', 'password-required', 'forbidden'] as const;

export const grant: Operation = {
  id: 'grantContribution',
  summary: 'Get a presigned URL to add a picture by a link',
  description:
    'For a link that allows `contribute`, without a credential. `Guest-Secret` is a text that the page makes and keeps: it alone finds its uploads again. Send the bytes to `upload_url` with its `method` and `headers`, then `POST .../complete`. The picture belongs to the owner of the album, whose quota it counts to.',
  tag: 'albums',
  query: openAlbumLinkQuery,
  refusesUnknownNames: true,
  headers: ['Guest-Secret', 'Idempotency-Key'],
  body: {
    'application/json': {
      schema: grantContributionBody,
      examples: {
        photo: {
          summary: 'A photograph',
          value: { content_type: 'image/jpeg', filename: 'sunset.jpg', size: 1_234_567, name: 'Anna' },
        },
      },
    },
  },
  responses: {
    201: {
      description: 'A grant for one upload.',
      json: upload,
      examples: { grant: { summary: 'A grant', value: EXAMPLE_GRANT } },
    },
  },
  problems: [
    ...BODY_PROBLEMS,
    ...BY_LINK,
    'unsupported-type',
    'quota-exceeded',
    'album-full',
    'idempotency-conflict',
    'insufficient-storage',
  ],
  details: {
    'album-full': 'expected a link that takes one more picture; got one for 1,000, all used',
    'quota-exceeded': 'expected room for the picture where the album is stored; got none',
  },
};

export const complete: Operation = {
  id: 'completeContribution',
  summary: 'Say that the bytes of a picture are uploaded',
  description:
    'Answers once they are verified, and again later: what became of the picture. An upload with another `Guest-Secret` is a 404.',
  tag: 'albums',
  query: openAlbumLinkQuery,
  refusesUnknownNames: true,
  headers: ['Guest-Secret'],
  responses: {
    200: {
      description: 'What became of it.',
      json: contribution,
      examples: { ready: { summary: 'It is in the album', value: EXAMPLE_CONTRIBUTION } },
    },
  },
  problems: [...BY_LINK, 'image-not-found', 'upload-missing', ...WORK_PROBLEMS],
};

export const takeBack: Operation = {
  id: 'takeBackContribution',
  summary: 'Take a picture back',
  description: 'Deletes it for good, within an hour of its grant, with the `Guest-Secret` that it was uploaded with.',
  tag: 'albums',
  query: openAlbumLinkQuery,
  refusesUnknownNames: true,
  headers: ['Guest-Secret'],
  responses: {
    200: {
      description: 'It is deleted.',
      json: contributionRemoval,
      examples: { deleted: { summary: 'Deleted', value: { image_id: EXAMPLE_ID, status: 'deleted' } } },
    },
  },
  problems: [...BY_LINK, 'image-not-found', 'insufficient-storage'],
};

export const list: Operation = {
  id: 'listContributions',
  summary: 'Pictures of guests that wait for the owner',
  description: 'The oldest first. Those that wait for a gate of the service before are not among them.',
  tag: 'albums',
  query: contributionsQuery,
  headers: ['X-User-Id'],
  responses: {
    200: {
      description: 'A page of them.',
      json: contributionList,
      examples: { one: { summary: 'One picture', value: EXAMPLE_CONTRIBUTIONS } },
    },
  },
  problems: ['album-not-found', 'invalid-cursor'],
};

export const preview: Operation = {
  id: 'previewContribution',
  summary: 'See a picture that waits for the owner',
  description:
    'At most 512 pixels wide and high, without metadata, of an animation its first frame. It is made for each request, which counts as a render.',
  tag: 'albums',
  query: changeQuery,
  headers: ['X-User-Id'],
  responses: {
    200: {
      description: 'The picture.',
      headers: { 'Cache-Control': '`no-store`' },
      mediaTypes: ['image/jpeg'],
    },
  },
  problems: [
    'album-not-found',
    'image-not-found',
    'not-awaited',
    'rendition-failed',
    'original-lost',
    ...WORK_PROBLEMS,
  ],
};

export const decide: Operation = {
  id: 'decideContribution',
  summary: 'Accept or refuse a picture of a guest',
  description:
    'Once all gates of the service have passed it. The same decision again changes nothing. A picture about which nobody decides is refused after 30 days. Closed without AUTH.',
  tag: 'albums',
  query: changeQuery,
  headers: ['X-User-Id'],
  body: {
    'application/json': {
      schema: decideContributionBody,
      examples: { pass: { summary: 'Accept it', value: { verdict: 'pass' } } },
    },
  },
  responses: {
    200: {
      description: 'The decision is recorded.',
      json: contributionDecision,
      examples: { ready: { summary: 'It is in the album', value: EXAMPLE_CONTRIBUTION } },
    },
  },
  problems: [
    ...BODY_PROBLEMS,
    'forbidden',
    'album-not-found',
    'image-not-found',
    'not-awaited',
    'already-decided',
    'album-full',
    'insufficient-storage',
  ],
  details: {
    'album-full': 'expected fewer than 100000 images in the album; got 100000',
    'already-decided': 'expected the verdict pass, which is recorded for the gate owner and these bytes; got refuse',
  },
};
