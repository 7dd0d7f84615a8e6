import * as z from 'zod';
import { VISIBILITIES } from '../../domain/image/visibility.ts';
import { BODY_PROBLEMS, exampleProblem, problem } from '../answers/problem.openapi.ts';
import { EXAMPLE_ID } from '../request/path-parts.ts';
import type { Operation } from '../route.ts';
import { batchOfImagesBody, changeImagesBody } from './batch-schemas.ts';
import { NOT_TRASHED } from './image-schemas.ts';

const count = z.int().meta({ description: 'The number of successes.' });

const EXAMPLE_PURGE = '2026-03-02T12:00:00.000Z';

interface BatchExample {
  readonly summary: string;
  readonly value: object;
  /** The detail for an unknown image, where it isn't the usual one. */
  readonly detail?: string;
}

const ONE_IMAGE = { one: { summary: 'One image', value: { user_id: 'user123', image_ids: [EXAMPLE_ID] } } };

/** A batch about images, whose successes have `fields`. */
const imagesBatch = (
  fields: z.ZodRawShape,
  example: BatchExample,
  body: NonNullable<Operation['body']>[string] = { schema: batchOfImagesBody, examples: ONE_IMAGE },
) =>
  ({
    tag: 'images',
    headers: ['X-User-Id'],
    body: { 'application/json': body },
    responses: {
      200: {
        description: 'A status or a problem for each image.',
        json: z.object({
          count,
          results: z.array(z.object({ image_id: z.string(), ...fields, error: problem.optional() })),
        }),
        examples: {
          mixed: {
            summary: example.summary,
            value: {
              count: 1,
              results: [
                { image_id: EXAMPLE_ID, ...example.value },
                { image_id: 'holiday', error: exampleProblem('image-not-found', example.detail) },
              ],
            },
          },
        },
      },
    },
    problems: [...BODY_PROBLEMS, 'insufficient-storage'],
  }) as const satisfies Partial<Operation>;

const EACH =
  'Each image has its own result, in the order of the request. The answer comes after at most 25 s: an unfinished item is `unavailable`, and `detail` says whether it was started.';

export const deleteMany: Operation = {
  id: 'deleteImages',
  summary: 'Delete up to 1,000 images at once',
  description: EACH,
  ...imagesBatch(
    { status: z.literal('deleted').optional() },
    { summary: 'One was deleted, one is unknown', value: { status: 'deleted' } },
  ),
};

const EXAMPLE_IDS = { user_id: 'user123', image_ids: [EXAMPLE_ID, 'holiday'] };

export const changeMany: Operation = {
  id: 'changeImages',
  summary: 'Change up to 1,000 images at once',
  description: `Changes tags, visibility and metadata, and corrects when pictures were taken. ${EACH} A success tells what this request changed: a repeated one, which finds it done, tells nothing.`,
  refusesUnknownNames: true,
  ...imagesBatch(
    {
      status: z.enum(['pending', 'held', 'ready']).optional(),
      revision: z.int().optional(),
      added_tags: z.array(z.string()).optional().meta({ description: 'Those that the image lacked.' }),
      removed_tags: z.array(z.string()).optional().meta({ description: 'Those that the image had.' }),
      former_metadata: z
        .looseObject({})
        .optional()
        .meta({ description: 'The members that changed, as they were; null: there was none.' }),
      former_visibility: z.enum(VISIBILITIES).optional(),
      ended_links: z.int().optional().meta({ description: 'How many links another visibility has ended.' }),
      former_taken_at: z.string().nullable().optional().meta({ description: 'The date, if it changed; null: none.' }),
    },
    {
      summary: 'One was changed, one is unknown',
      value: { status: 'ready', revision: 3, added_tags: ['sea'] },
    },
    {
      schema: changeImagesBody,
      examples: {
        tags: { summary: 'Other tags', value: { ...EXAMPLE_IDS, add_tags: ['sea'], remove_tags: ['new'] } },
        set: { summary: 'One date for all', value: { ...EXAMPLE_IDS, taken_at: '2019-05-04T10:00:00' } },
        shift: {
          summary: 'A clock that was an hour fast',
          value: { ...EXAMPLE_IDS, shift_taken_seconds: -3_600, revisions: [2, 5] },
        },
      },
    },
  ),
};

/** A service with TRASH_DAYS=0 doesn't have these routes. */
const TRASH_PROBLEMS = [...BODY_PROBLEMS, 'insufficient-storage', 'route-not-found'] as const;

export const trashMany: Operation = {
  id: 'trashImages',
  summary: 'Move up to 1,000 images to the trash at once',
  description: EACH,
  ...imagesBatch(
    { status: z.literal('trashed').optional(), purge_at: z.iso.datetime().optional() },
    { summary: 'One was trashed, one is unknown', value: { status: 'trashed', purge_at: EXAMPLE_PURGE } },
  ),
  problems: TRASH_PROBLEMS,
};

export const restoreMany: Operation = {
  id: 'restoreImages',
  summary: 'Restore up to 1,000 images from the trash at once',
  description: EACH,
  ...imagesBatch(
    { status: z.literal('ready').optional() },
    {
      summary: 'One was restored, one is not in the trash',
      value: { status: 'ready' },
      detail: NOT_TRASHED,
    },
  ),
  problems: TRASH_PROBLEMS,
};
