import * as z from 'zod';
import { MAX_ALBUM_DESCRIPTION, MAX_TITLE_LENGTH } from '../../domain/album/album.ts';
import { MAX_PLACE_DIGITS } from '../../domain/album/album-place.ts';
import { parseImageId } from '../../domain/image/image-id.ts';
import { LIST_ORDERS } from '../../domain/lists/list-position.ts';
import { problem } from '../answers/problem.openapi.ts';
import { EXAMPLE_IMAGE, image } from '../images/image-schemas.ts';
import {
  batchOf,
  booleanParameter,
  closedObject,
  description,
  got,
  imageIdText,
  line,
  listPage,
  shortText,
  userId,
} from '../request/fields.ts';
import { EXAMPLE_ALBUM_ID, EXAMPLE_ID } from '../request/path-parts.ts';
import { placeIn } from './album-json.ts';

const MAX_CHANGED_IMAGES = 1_000;

const title = line('a title', MAX_TITLE_LENGTH)
  .refine((value) => value.trim() !== '', got('expected a title that shows'))
  .meta({
    minLength: 1,
    maxLength: MAX_TITLE_LENGTH,
    examples: ['Lisbon'],
  });
const order = z.enum(LIST_ORDERS, got(`expected one of ${LIST_ORDERS.join(', ')}`)).meta({
  description:
    'How its pages show it: by upload, by capture, `added` (the order of addition) or `manual` (by hand, up to 5,000 images).',
});
const text = description.meta({ maxLength: MAX_ALBUM_DESCRIPTION, examples: ['A week by the sea'] });

export const createAlbumBody = closedObject({
  user_id: userId.nullish(),
  title,
  description: text.nullish(),
  order: order.optional().meta({ default: 'added' }),
});

const CHANGES = ['title', 'description', 'order', 'cover_id'] as const;

export const changeAlbumBody = closedObject({
  title: title.optional(),
  description: text.nullish(),
  order: order.optional(),
  cover_id: imageIdText
    .transform((id, context) => {
      const parsed = parseImageId(id);
      if (parsed) return parsed;
      context.addIssue({ code: 'custom', message: 'expected an image id; got another text' });
      return z.NEVER;
    })
    .nullish()
    .meta({ type: 'string', description: 'A ready image of the album. null: none, until the next image is added.' }),
}).refine((asked) => CHANGES.some((name) => asked[name] !== undefined), {
  error: `expected one of ${CHANGES.join(', ')}; got none`,
});

const images = (name: string) =>
  batchOf(name, imageIdText, MAX_CHANGED_IMAGES)
    .optional()
    .meta({ type: 'array', minItems: 1, maxItems: MAX_CHANGED_IMAGES, items: { type: 'string' } });

/** Two places and a colon. */
const MAX_PLACE_LENGTH = 2 * MAX_PLACE_DIGITS + 1;

const place = shortText('expected a place as text', MAX_PLACE_LENGTH).refine((value) => placeIn(value) !== undefined, {
  ...got('expected a place, as the removal of the image answered it'),
});

const areDifferent = (ids: readonly string[]): boolean =>
  new Set(ids.map((id) => id.toLowerCase())).size === ids.length;

export const changeAlbumImagesBody = closedObject({
  add: images('image id'),
  places: batchOf('place', place, MAX_CHANGED_IMAGES)
    .optional()
    .meta({
      type: 'array',
      minItems: 1,
      maxItems: MAX_CHANGED_IMAGES,
      items: { type: 'string' },
      description: 'Where each image of `add` comes back, as its removal answered it. Absent: they come last.',
    }),
  remove: images('image id'),
  move: closedObject({
    image_ids: batchOf('image id', imageIdText, MAX_CHANGED_IMAGES).meta({
      type: 'array',
      minItems: 1,
      maxItems: MAX_CHANGED_IMAGES,
      items: { type: 'string' },
    }),
    after: imageIdText.nullable().meta({ description: 'The image behind which they come; null: first.' }),
  })
    .optional()
    .meta({ description: 'Moves images in the order by hand; without `add` and `remove`.' }),
})
  .refine(({ add, remove, move }) => (add ?? remove ?? move) !== undefined, {
    error: 'expected add, remove or move; got none',
  })
  .refine(({ add, remove, move }) => move === undefined || (add ?? remove) === undefined, {
    error: 'expected move alone; got add or remove too',
    path: ['move'],
  })
  .refine(({ add = [], remove = [] }) => add.length + remove.length <= MAX_CHANGED_IMAGES, {
    error: `expected at most ${MAX_CHANGED_IMAGES} images in add and remove; got more`,
    path: ['remove'],
  })
  .refine(({ add = [], remove = [] }) => areDifferent([...add, ...remove]), {
    error: 'expected each image once in add and remove; got one twice',
    path: ['remove'],
  })
  .refine(({ move }) => areDifferent(move?.image_ids ?? []), {
    error: 'expected each image once; got one twice',
    path: ['move', 'image_ids'],
  })
  .refine(({ add, places }) => places === undefined || places.length === (add?.length ?? 0), {
    error: ({ input }) => {
      const { add = [], places } = Object(input);
      return `expected a place for each of the ${add.length} images of add; got ${places.length}`;
    },
    path: ['places'],
  });

export const albumsQuery = z.object({ user_id: userId.optional(), ...listPage });
export const deleteAlbumQuery = z.object({
  user_id: userId.optional(),
  with_images: booleanParameter
    .optional()
    .meta({ description: '`true`: its images go to the trash; they stay in other albums.' }),
});

export const album = z.object({
  album_id: z.uuid(),
  user_id: z.string(),
  title: z.string(),
  description: z.string().nullable(),
  order: z.enum(LIST_ORDERS),
  cover_id: z.uuid().nullable(),
  cover: image.optional().meta({ description: 'The image of `cover_id`; absent: there is none.' }),
  images: z.int().meta({ description: 'How many ready images it has. May lag by some seconds.' }),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
  contributed_at: z.iso
    .datetime()
    .nullable()
    .meta({ description: 'When a guest last added a picture by a link; null: none has.' }),
  revision: z.int(),
});

export const albumList = z.object({
  count: z.int(),
  albums: z.array(album),
  next_cursor: z.string().nullable(),
});

export const albumDeletion = z.object({
  album_id: z.uuid(),
  status: z.enum(['deleting', 'deleted']),
  with_images: z.boolean(),
  done: z.int().meta({ description: 'How many images have left the album, or are in the trash.' }),
  failed: z.int().meta({ description: "How many couldn't at the last attempt; they are tried again." }),
  finished_at: z.iso.datetime().nullable(),
});

export const albumChanges = z.object({
  count: z.int().meta({ description: 'The number of successes.' }),
  results: z.array(
    z.object({
      image_id: z.string(),
      status: z.enum(['added', 'removed', 'moved', 'unchanged']).optional(),
      place: z.string().optional().meta({ description: 'Of a removed image: adding it with this brings it back.' }),
      error: problem.optional(),
    }),
  ),
});

export const EXAMPLE_ALBUM = {
  album_id: EXAMPLE_ALBUM_ID,
  user_id: 'user123',
  title: 'Lisbon',
  description: 'A week by the sea',
  order: 'added',
  cover_id: EXAMPLE_ID,
  cover: EXAMPLE_IMAGE,
  images: 128,
  created_at: '2026-02-01T08:00:00.000Z',
  updated_at: '2026-02-01T08:05:00.000Z',
  contributed_at: null,
  revision: 1,
};

export const EXAMPLE_DELETION = {
  album_id: EXAMPLE_ALBUM_ID,
  status: 'deleting',
  with_images: false,
  done: 0,
  failed: 0,
  finished_at: null,
};
