import { EXAMPLE_IMAGE, EXAMPLE_REJECTED } from '../example-answers.ts';
import { BODY_PROBLEMS, image, REJECTION_PROBLEMS, WORK_PROBLEMS } from '../responses.ts';
import type { Operation } from '../route.ts';
import { changeBody, changeQuery, metadataQuery } from '../schemas/images.ts';

const TAG = { ETag: 'Of this JSON, as `"<revision>.<hash>"`: for If-None-Match, and for a change\'s If-Match.' };
const READY = { summary: 'A ready image', value: EXAMPLE_IMAGE };

export const describe: Operation = {
  id: 'describeImage',
  summary: 'The image in JSON, in any state',
  description:
    'Its ETag begins with its revision. With `wait` the answer comes as soon as the image is no longer pending.',
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
    304: { description: 'The client has this very JSON.', headers: TAG },
  },
  problems: ['image-not-found', ...WORK_PROBLEMS],
};

/** Two paths, one operation: ids must differ. */
export const change = (id: string): Operation => ({
  id,
  summary: 'Change what is said of an image',
  description:
    'Only what is given changes; null clears. With `If-Match` only at that revision, whatever else changed in the JSON. The record of a rejected or expired image takes no change.',
  tag: 'images',
  query: changeQuery,
  headers: ['X-User-Id', 'If-Match'],
  body: {
    'application/json': {
      schema: changeBody,
      examples: {
        describe: {
          summary: 'Other tags, another description',
          value: { tags: ['sunset', 'beach'], description: 'Sunset at the beach' },
        },
        clear: { summary: 'No tags, no description', value: { tags: null, description: null } },
        rename: {
          summary: 'Another file name, other metadata',
          value: { filename: 'evening.jpg', metadata: { place: 'Sylt' } },
        },
      },
    },
  },
  responses: {
    200: { description: 'The image as it is now.', headers: TAG, json: image, examples: { changed: READY } },
  },
  problems: [
    ...BODY_PROBLEMS,
    'forbidden',
    'image-not-found',
    'image-not-ready',
    'revision-conflict',
    'insufficient-storage',
  ],
});

export const complete: Operation = {
  id: 'completeUpload',
  summary: 'Finalize an upload now',
  description:
    'Needed nowhere: the first look at an image does the same. It tells at once whether the bytes were taken.',
  tag: 'images',
  query: changeQuery,
  headers: ['X-User-Id'],
  responses: {
    200: { description: 'The ready image.', headers: TAG, json: image, examples: { ready: READY } },
  },
  problems: [
    ...REJECTION_PROBLEMS,
    'other-bytes',
    'forbidden',
    'image-not-found',
    'image-not-ready',
    'upload-missing',
    ...WORK_PROBLEMS,
  ],
};
