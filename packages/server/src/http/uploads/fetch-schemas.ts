import * as z from 'zod';
import { MAX_URL } from '../../domain/ingest/fetch-source.ts';
import { problem } from '../answers/problem.openapi.ts';
import { EXAMPLE_EXPIRY, image } from '../images/image-schemas.ts';
import {
  batchOf,
  closedObject,
  description,
  externalId,
  filename,
  got,
  metadata,
  tags,
  userId,
  visibility,
} from '../request/fields.ts';
import { EXAMPLE_ID } from '../request/path-parts.ts';

/** In JSON a null field counts as absent. */
const described = {
  url: z
    .string('expected a URL as text')
    .min(1, got('expected a URL'))
    .max(MAX_URL, got(`expected at most ${MAX_URL} characters`))
    .meta({
      description:
        'https on port 443 of a host that INGEST_HOSTS names; without credentials. No answer and no log repeats it.',
      examples: ['https://images.example.org/sunset.jpg'],
    }),
  filename: filename
    .nullish()
    .meta({ description: "Default: the last part of the URL's path, if it has a known type." }),
  description: description.nullish(),
  tags: tags.nullish(),
  metadata: metadata.nullish(),
  visibility: visibility.nullish(),
  external_id: externalId.nullish(),
};

export const fetchItem = closedObject(described);
export const fetchBody = closedObject({ ...described, user_id: userId.nullish() });

const MAX_BATCH_FETCHES = 100;

/** Parsed one by one, so that an invalid item doesn't affect the others. */
export const fetchBatchBody = closedObject({
  user_id: userId.nullish(),
  images: batchOf('image', z.unknown(), MAX_BATCH_FETCHES).meta({
    type: 'array',
    minItems: 1,
    maxItems: MAX_BATCH_FETCHES,
    items: {},
  }),
});

export const describedFetchBody = z.union([
  fetchBody,
  fetchBatchBody.extend({ images: z.array(fetchItem).min(1).max(MAX_BATCH_FETCHES) }),
]);

export type FetchFields = z.infer<typeof fetchItem>;

export const fetchedImage = z
  .object({
    image_id: z.uuid(),
    user_id: z.string(),
    status: image.shape.status,
    expires_at: z.iso.datetime().nullable().meta({
      description: 'When the image is given up unless its bytes have come; null if it is no longer pending.',
    }),
  })
  .meta({ id: 'FetchedImage' });

export const fetchAnswer = z.union([
  fetchedImage,
  z.object({
    count: z.int().meta({ description: 'The number of successes.' }),
    results: z.array(z.object({ index: z.int(), image: fetchedImage.optional(), error: problem.optional() })),
  }),
]);

export const EXAMPLE_FETCHED = {
  image_id: EXAMPLE_ID,
  user_id: 'user123',
  status: 'pending',
  expires_at: EXAMPLE_EXPIRY,
};
