import {
  batchOf,
  closedObject,
  got,
  imageIdText,
  metadata,
  tags,
  userId,
  visibility,
  wholeNumber,
} from '../request/fields.ts';
import { takenAt } from './correction-schemas.ts';

const MAX_BATCH_IMAGES = 1_000;
const SIZE_OF_BATCH = { type: 'array', minItems: 1, maxItems: MAX_BATCH_IMAGES };
const batchOfImages = {
  user_id: userId.nullish(),
  image_ids: batchOf('image id', imageIdText, MAX_BATCH_IMAGES).meta({ ...SIZE_OF_BATCH, items: { type: 'string' } }),
};
export const batchOfImagesBody = closedObject(batchOfImages);

/** A century, in seconds: clocks that were never set begin in 1970 or later. */
const MAX_SHIFT_SECONDS = 3_155_760_000;

const EXPECTED_SHIFT = `expected a whole number of seconds from -${MAX_SHIFT_SECONDS} to ${MAX_SHIFT_SECONDS}, not 0`;

const someTags = tags.refine((given) => given.length > 0, 'expected at least one tag; got none');

/** What is done to each image of a batch; one of them at least. */
const IMAGE_CHANGES = ['add_tags', 'remove_tags', 'visibility', 'metadata', 'taken_at', 'shift_taken_seconds'] as const;

export const changeImagesBody = closedObject({
  ...batchOfImages,
  add_tags: someTags.optional().meta({ description: 'Each image may have 20 afterwards.' }),
  remove_tags: someTags.optional(),
  visibility: visibility.optional(),
  metadata: metadata.optional().meta({
    description:
      'Members to set in the metadata of each image; null removes one. The others stay. Each may have 4,096 bytes of JSON afterwards.',
  }),
  taken_at: takenAt.optional(),
  shift_taken_seconds: wholeNumber(EXPECTED_SHIFT, { min: -MAX_SHIFT_SECONDS, max: MAX_SHIFT_SECONDS })
    .refine((seconds) => seconds !== 0, got(EXPECTED_SHIFT))
    .optional()
    .meta({
      description:
        'Moves the date of each image by so many seconds, not 0. An image without a date is an `invalid-request`.',
    }),
  revisions: batchOf(
    'revision',
    wholeNumber('expected a revision', { min: 1, max: Number.MAX_SAFE_INTEGER }),
    MAX_BATCH_IMAGES,
  )
    .optional()
    .meta({
      ...SIZE_OF_BATCH,
      items: { type: 'integer', minimum: 1 },
      description:
        'The revision of each image, in the order of `image_ids`: it is changed only at that revision. Needed with `shift_taken_seconds`, so that a repeated request moves nothing twice.',
    }),
})
  .refine((asked) => IMAGE_CHANGES.some((name) => asked[name] !== undefined), {
    error: `expected one of ${IMAGE_CHANGES.join(', ')}; got none`,
  })
  .refine(({ add_tags = [], remove_tags = [] }) => !add_tags.some((tag) => remove_tags.includes(tag)), {
    error: 'expected other tags than those of add_tags; got one of them',
    path: ['remove_tags'],
  })
  .refine(({ taken_at, shift_taken_seconds }) => taken_at === undefined || shift_taken_seconds === undefined, {
    error: 'expected taken_at or shift_taken_seconds; got both',
    path: ['shift_taken_seconds'],
  })
  .refine(({ shift_taken_seconds, revisions }) => shift_taken_seconds === undefined || revisions !== undefined, {
    error:
      'expected the revision of each image with shift_taken_seconds, so that a repeated request moves nothing twice; got none',
    path: ['revisions'],
  })
  .refine(({ image_ids, revisions }) => revisions === undefined || revisions.length === image_ids.length, {
    error: ({ input }) => {
      const { image_ids, revisions } = Object(input);
      return `expected a revision for each of the ${image_ids.length} image_ids; got ${revisions.length}`;
    },
    path: ['revisions'],
  });
