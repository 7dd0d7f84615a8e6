import * as z from 'zod';
import { MAX_USER_ID_LENGTH } from '../../domain/access/user-id.ts';
import type { deletionReport } from '../../operations/users/deletion-report.ts';

export const deleteUserQuery = z.object({
  confirm: z
    .string('expected the id of the path once more')
    .meta({ maxLength: MAX_USER_ID_LENGTH, description: 'The id of the path once more.', examples: ['user123'] }),
});

const moment = (description: string) => z.iso.datetime().nullable().meta({ description });
const count = (description: string) => z.int().meta({ description });

export const deletion = z
  .object({
    state: z.enum(['waiting', 'open', 'ended']).meta({
      description:
        '`waiting`: it was asked for, and has not begun. `open`: the user is blocked, and images are being hidden and removed. `ended`: nothing is left.',
    }),
    user_hash: z.string().meta({ description: 'An HMAC-SHA256 of the id by a key of the service.' }),
    started_at: moment('null: it has not begun.'),
    blocked_until: moment('Until then the service takes nothing from or for the user. null: it has not begun.'),
    urls_end_at: moment('By then the last URL for an upload has ended, and the deletion can end.'),
    ended_at: moment('null: it has not ended.'),
    removed: z.object({
      images: count('Records, in all states.'),
      objects: count('Originals, uploads, renditions and working copies.'),
      versions: count('Former versions, and markers of deletions.'),
      api_keys: count('Keys that the user owned, and those that acted for nobody else.'),
      api_keys_changed: count('Keys that act for others too.'),
      token_counts: count('Counts of upload tokens.'),
      idempotency_keys: count('Uses of Idempotency-Keys.'),
    }),
    kept_objects: count('Objects and versions whose removal the bucket denied.'),
  })
  .meta({ id: 'UserDeletion' }) satisfies z.ZodType<ReturnType<typeof deletionReport>>;

export const userExport = z
  .object({
    state: z.enum(['waiting', 'ready']).meta({
      description: '`waiting`: it was asked for, and is being made. `ready`: it can be fetched.',
    }),
    asked_at: z.iso.datetime(),
    url: z.url().nullable().meta({
      description: 'Answers the file, a zip, to anyone. Each `GET` of the export signs a new one. null: not ready.',
    }),
    url_expires_at: moment('null: not ready.'),
    removed_at: moment('When the file is removed, a day after it was made. null: not ready.'),
    size: z.int().nullable().meta({ description: 'Bytes of the file.' }),
    images: z.int().nullable().meta({ description: 'Records of images, in all states.' }),
    originals: z.int().nullable().meta({ description: 'Those whose originals are in the file.' }),
    missing: z.int().nullable().meta({
      description:
        'Originals that are absent or damaged, and faults of a damaged database: the file may lack something.',
    }),
  })
  .meta({ id: 'UserExport' });

export const EXAMPLE_ASKED_EXPORT = {
  state: 'waiting',
  asked_at: '2026-01-31T12:00:00.000Z',
  url: null,
  url_expires_at: null,
  removed_at: null,
  size: null,
  images: null,
  originals: null,
  missing: null,
} satisfies z.input<typeof userExport>;

export const EXAMPLE_EXPORT = {
  ...EXAMPLE_ASKED_EXPORT,
  state: 'ready',
  url: 'http://127.0.0.1:8000/objects/safelight/renditions/exports/6f2c/export.zip?X-Amz-Signature=8c1d',
  url_expires_at: '2026-02-01T12:01:00.000Z',
  removed_at: '2026-02-01T12:01:00.000Z',
  size: 734_003_200,
  images: 214,
  originals: 209,
  missing: 0,
} satisfies z.input<typeof userExport>;

const NOTHING = {
  images: 0,
  objects: 0,
  versions: 0,
  api_keys: 0,
  api_keys_changed: 0,
  token_counts: 0,
  idempotency_keys: 0,
};

const USER_HASH = '4be8d3c1fb7a51c1c25a6e7a0f5a7c8b5a5e0e1d0d4b7d5c2f9a3b6c7d8e9f01';

export const EXAMPLE_WAITING = {
  state: 'waiting',
  user_hash: USER_HASH,
  started_at: null,
  blocked_until: null,
  urls_end_at: null,
  ended_at: null,
  removed: NOTHING,
  kept_objects: 0,
} satisfies z.input<typeof deletion>;

export const EXAMPLE_ENDED = {
  ...EXAMPLE_WAITING,
  state: 'ended',
  started_at: '2026-01-31T12:00:00.000Z',
  blocked_until: '2026-03-02T12:00:00.000Z',
  urls_end_at: '2026-01-31T12:20:06.000Z',
  ended_at: '2026-01-31T12:21:00.000Z',
  removed: { ...NOTHING, images: 214, objects: 1_311, api_keys: 1 },
} satisfies z.input<typeof deletion>;
