import { FORMAT_NAMES } from '../../domain/image/media-type.ts';
import { describeFormat } from '../../domain/image/other-formats.ts';
import { BODY_PROBLEMS, REJECTION_PROBLEMS, WORK_PROBLEMS } from '../answers/problem.openapi.ts';
import type { Operation } from '../route.ts';
import { changeBody, changeQuery, EXAMPLE_IMAGE, EXAMPLE_REJECTED, image, metadataQuery } from './image-schemas.ts';

const TAG = { ETag: 'Of this JSON, as `"<revision>.<hash>"`: for If-None-Match, and for a change\'s If-Match.' };
const READY = { summary: 'A ready image', value: EXAMPLE_IMAGE };

export const describe: Operation = {
  id: 'describeImage',
  summary: 'The image in JSON, in any state',
  description:
    "The ETag begins with the image's revision. With `wait` the answer comes as soon as the image is no longer pending.",
  tag: 'images',
  query: metadataQuery,
  headers: ['If-None-Match'],
  responses: {
    200: {
      description: 'The image.',
      headers: TAG,
      json: image,
      examples: { ready: READY, rejected: { summary: 'A rejected one', value: EXAMPLE_REJECTED } },
    },
    304: { description: "The client's copy is current.", headers: TAG },
  },
  problems: ['image-not-found', ...WORK_PROBLEMS],
};

/** Two paths share one operation, but ids must differ. */
export const change = (id: 'changeImage' | 'changeMetadata'): Operation => ({
  id,
  summary: 'Update metadata',
  description:
    "Changes only the given fields; null clears a field. With `If-Match` the change applies only at that revision, even if other parts of the JSON changed. The record of a rejected or expired image can't be changed.",
  tag: 'images',
  query: changeQuery,
  headers: ['X-User-Id', 'If-Match'],
  body: {
    'application/json': {
      schema: changeBody,
      examples: {
        describe: {
          summary: 'New tags and description',
          value: { tags: ['sunset', 'beach'], description: 'Sunset at the beach' },
        },
        clear: { summary: 'No tags, no description', value: { tags: null, description: null } },
        focus: {
          summary: 'The point that crops with `position=focal` keep',
          value: { focal_point: { x: 0.25, y: 0.4 } },
        },
        rename: {
          summary: 'New file name and metadata',
          value: { filename: 'evening.jpg', metadata: { place: 'Sylt' } },
        },
        correct: {
          summary: 'When it was taken, and that it says no place',
          value: { taken_at: '2019-05-04T10:00:00', position: null },
        },
      },
    },
  },
  responses: {
    200: { description: 'The updated image.', headers: TAG, json: image, examples: { changed: READY } },
  },
  problems: [
    ...BODY_PROBLEMS,
    'forbidden',
    'image-not-found',
    'image-not-ready',
    'revision-conflict',
    'external-id-taken',
    'insufficient-storage',
  ],
  details: { 'image-not-ready': 'expected a pending or ready image; got one that is rejected' },
});

export const complete: Operation = {
  id: 'completeUpload',
  summary: 'Finalize an upload now',
  description:
    'Optional: the first read of an image does the same. The answer says at once whether the bytes were accepted.',
  tag: 'images',
  query: changeQuery,
  headers: ['X-User-Id'],
  responses: {
    200: { description: 'The ready image.', headers: TAG, json: image, examples: { ready: READY } },
  },
  problems: [
    ...REJECTION_PROBLEMS,
    'content-mismatch',
    'forbidden',
    'image-not-found',
    'image-not-ready',
    'upload-missing',
    ...WORK_PROBLEMS,
  ],
  details: {
    'image-not-ready': 'expected an upload that has not expired; got an expired one',
    'unsupported-type': `expected a ${FORMAT_NAMES} image; got ${describeFormat('application/pdf')}`,
  },
};
