import * as z from 'zod';
import { MAX_PARTS } from '../../domain/image/image.ts';
import { EXAMPLE_EXPIRY, image } from '../images/image-schemas.ts';
import { batchOf, closedObject, got, sha256 } from '../request/fields.ts';
import { EXAMPLE_ID } from '../request/path-parts.ts';

/** S3 takes five times as much; no client needs parts of this size. */
const MAX_PART_BYTES = 1_073_741_824;

/** What a grant of parts says besides the others. */
export const partsFields = {
  parts: z.boolean('expected true or false').nullish().meta({
    description:
      'true: the bytes go in parts, each to a URL of its own, in any order; what has arrived stays over a cut connection. Needs `size`, and method PUT. See docs/uploads.md.',
  }),
  part_size: z
    .int('expected the size of a part in bytes, a whole number')
    .min(1, got('expected at least 1 byte'))
    .max(MAX_PART_BYTES, got(`expected at most ${MAX_PART_BYTES} bytes`))
    .nullish()
    .meta({
      description:
        'With `parts`: the size of each part but the last, in bytes. One that is too small for the store is raised: to 5 MiB with S3, 1 MiB without.',
    }),
  part_checksums: z.boolean('expected true or false').nullish().meta({
    description:
      'With `parts`, true: the SHA-256 of each part is told with the request for its URL, which then accepts no other bytes, if the store can check that.',
  }),
};

/** URLs of one answer: each costs a signature. */
const MAX_PARTS_ASKED = 100;

const partAsked = closedObject({
  number: z
    .int('expected the number of a part, a whole number')
    .min(1, got('expected at least 1'))
    .max(MAX_PARTS, got(`expected at most ${MAX_PARTS}`)),
  sha256: sha256.nullish().meta({ description: 'Hex or base64, of this part; needed if `checksums` is true.' }),
});

/** Bounded before any of them is parsed. */
export const partsBody = closedObject({ parts: batchOf('part', partAsked, MAX_PARTS_ASKED).nullish() });

/** For the contract. */
export const describedPartsBody = closedObject({
  parts: z.array(partAsked).min(1).max(MAX_PARTS_ASKED).nullish().meta({
    description: 'The parts to get URLs for. Absent: the first ten that are missing, none if `checksums` is true.',
  }),
});

const partUrl = z.object({
  number: z.int().meta({ description: 'From 1.' }),
  size: z.int().meta({ description: 'Bytes: exactly so many are accepted.' }),
  url: z.url().meta({ description: 'Accepts the part by PUT, with exactly these headers.' }),
  headers: z.record(z.string(), z.string()),
  expires_at: z.iso.datetime(),
});

export const parts = z
  .object({
    part_size: z.int().meta({ description: 'Bytes of each part but the last.' }),
    count: z.int(),
    checksums: z.boolean().meta({ description: 'Whether each part needs its SHA-256 to get a URL.' }),
    received: z.array(z.int()).meta({ description: 'The numbers of the parts that have arrived, ascending.' }),
    urls: z.array(partUrl),
  })
  .meta({ id: 'Parts' });

/** The answer of `POST /uploads/{id}/parts`. */
export const uploadParts = z
  .object({
    image_id: z.uuid(),
    expires_at: z.iso.datetime().nullable().meta({ description: 'When the upload ends; null if it is not pending.' }),
    status: image.shape.status,
    parts: parts.optional().meta({ description: 'Absent of an upload that is no longer pending.' }),
  })
  .meta({ id: 'UploadParts' });

export const EXAMPLE_UPLOAD_URL = `http://127.0.0.1:8000/objects/safelight/incoming/user123/${EXAMPLE_ID}`;

export const EXAMPLE_PARTS = {
  part_size: 5_242_880,
  count: 12,
  checksums: false,
  received: [1, 2],
  urls: [
    {
      number: 3,
      size: 5_242_880,
      url: `${EXAMPLE_UPLOAD_URL}?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Expires=300&X-Amz-Signature=...&partNumber=3&uploadId=2~4a`,
      headers: { 'Content-Length': '5242880' },
      expires_at: EXAMPLE_EXPIRY,
    },
  ],
};

export const EXAMPLE_UPLOAD_PARTS = {
  image_id: EXAMPLE_ID,
  expires_at: EXAMPLE_EXPIRY,
  status: 'pending',
  parts: EXAMPLE_PARTS,
};
