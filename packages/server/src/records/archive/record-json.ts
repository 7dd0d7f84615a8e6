import { z } from 'zod';
import type { ApiKey } from '../../domain/access/api-key.ts';
import { kindOf } from '../../domain/access/api-key.ts';
import { type KeyId, parseKeyId } from '../../domain/access/api-key-text.ts';
import { SCOPES } from '../../domain/access/principal.ts';
import type { Revocation } from '../../domain/access/revocation.ts';
import { MAX_PREFIXES, prefixFault } from '../../domain/access/user-id.ts';
import type { Album } from '../../domain/album/album.ts';
import { ALBUM_RIGHTS, type AlbumLink, parseLinkRevision } from '../../domain/album/album-link.ts';
import { EVENT_TYPES } from '../../domain/event/image-event.ts';
import { PAUSES } from '../../domain/event/webhook.ts';
import { MEDIA_TYPES } from '../../domain/image/media-type.ts';
import { LIST_ORDERS } from '../../domain/lists/list-position.ts';
import { MAX_ERASED_IDS } from '../../domain/user/erasure.ts';
import { details } from './facts-json.ts';
import { albumId, imageId, linkId, sha256, storedImage } from './image-json.ts';
import { time, whole } from './json-values.ts';
import type { ArchivedRecord, UnplacedWebhook } from './record-archive.ts';

/** The version of the lines: a line of a newer one is refused. */
export const RECORDS_FORMAT = 1;

const keyId = z.custom<KeyId>(
  (value) => typeof value === 'string' && parseKeyId(value) !== undefined,
  'expected the id of a key',
);

const userPrefix = z.string().refine((value) => prefixFault(value) === undefined, 'expected a prefix of user ids');

const usersByPrefix = z.strictObject({ prefixes: z.array(userPrefix).min(1).max(MAX_PREFIXES) });

const apiKey: z.ZodType<ApiKey> = z
  .strictObject({
    id: keyId,
    secretHash: sha256,
    name: z.string(),
    owner: z.string().nullable(),
    actsAs: z.union([z.literal('everyone'), z.array(z.string()), usersByPrefix]).nullable(),
    scopes: z.array(z.enum(SCOPES)),
    createdAt: time,
    expiresAt: time.nullable(),
    lastUsedAt: time.nullable(),
    revokedAt: time.nullable(),
    replaces: z.array(keyId),
    successor: keyId.nullable(),
    keyspace: keyId,
  })
  .refine((key) => kindOf(key) !== undefined, 'expected an owner, users to act for, or the scope of admins');

const linkRevision = z
  .string()
  .refine((value) => parseLinkRevision(value) !== undefined, 'expected the revision of a link');

const albumLink: z.ZodType<AlbumLink> = z.strictObject({
  id: linkId,
  revision: linkRevision,
  createdAt: time,
  expiresAt: time,
  allow: z.array(z.enum(ALBUM_RIGHTS)),
  originals: z.boolean(),
  card: z.boolean(),
  password: z.string().nullable(),
  maxImages: whole.nullable().default(null),
  maxBytes: whole.nullable().default(null),
  contentTypes: z.array(z.enum(MEDIA_TYPES)).nullable().default(null),
  approve: z.boolean().default(false),
});

const album: z.ZodType<Album> = z.strictObject({
  id: albumId,
  userId: z.string().min(1),
  title: z.string(),
  description: z.string().nullable(),
  cover: imageId.nullable(),
  order: z.enum(LIST_ORDERS),
  createdAt: time,
  updatedAt: time,
  revision: whole,
  version: whole,
  contributedAt: time.nullable().default(null),
  links: z.array(albumLink).default([]),
  deletion: z.null(),
});

type StoredWebhook = Omit<UnplacedWebhook, 'userPrefix'> & { readonly userPrefix?: string };

const storedWebhook: z.ZodType<StoredWebhook> = z.strictObject({
  id: z.uuid(),
  url: z.string(),
  types: z.array(z.enum(EVENT_TYPES)),
  userId: z.string().nullable(),
  userPrefix: userPrefix.exactOptional(),
  secrets: z.array(z.strictObject({ sealed: z.string(), until: time.nullable() })),
  paused: z.strictObject({ why: z.enum(PAUSES), at: time }).nullable(),
  failingSince: time.nullable(),
  skipped: z.strictObject({ at: time, since: time }).nullable(),
  createdAt: time,
  updatedAt: time,
  version: whole,
});

/** One for no prefix is a line as earlier versions write it; they refuse others. */
const webhook = z.codec(storedWebhook, z.custom<UnplacedWebhook>(), {
  decode: ({ userPrefix = null, ...rest }) => ({ ...rest, userPrefix }),
  encode: ({ userPrefix, ...rest }) => (userPrefix === null ? rest : { ...rest, userPrefix }),
});

const ofRevocation = { notBefore: time, forgetAt: time };

const revocation: z.ZodType<Revocation> = z.union([
  z.strictObject({ userId: z.string().min(1), tokenId: z.string().min(1).nullable(), ...ofRevocation }),
  z.strictObject({ userId: z.null(), tokenId: z.string().min(1), ...ofRevocation }),
]);

const limit = whole.nullable();

const record: z.ZodType<ArchivedRecord> = z.discriminatedUnion('kind', [
  z
    .strictObject({ kind: z.literal('image'), image: storedImage, details: details.exactOptional() })
    .refine(({ image, details }) => image.hasDetails === (details !== undefined), {
      path: ['details'],
      message: "expected what the image's hasDetails says",
    }),
  z.strictObject({ kind: z.literal('album'), album }),
  z.strictObject({ kind: z.literal('key'), key: apiKey }),
  z.strictObject({
    kind: z.literal('limits'),
    userId: z.string(),
    limits: z.strictObject({ bytes: limit, images: limit, pending: limit }),
  }),
  z.strictObject({ kind: z.literal('token-count'), tokenId: z.string(), used: whole, forgetAt: time }),
  z.strictObject({ kind: z.literal('revocation'), revocation }),
  z.strictObject({
    kind: z.literal('erasure'),
    erasure: z.strictObject({
      id: z.uuid(),
      userHash: sha256,
      imageIds: z.array(imageId).max(MAX_ERASED_IDS),
      erasedAt: time,
      blockedUntil: time,
    }),
  }),
  z.strictObject({ kind: z.literal('erasure-key'), key: sha256 }),
  z.strictObject({ kind: z.literal('webhook'), webhook }),
]);

/** One line of `records.jsonl`, without its end. Errors: TypeError for a record that `recordOf` couldn't read. */
export function recordLine(archived: ArchivedRecord): string {
  const { data, error } = z.safeEncode(record, archived);
  if (error) throw unreadable(error);
  return JSON.stringify({ format: RECORDS_FORMAT, ...Object(data) });
}

/** Errors: TypeError, which says what was expected, for a line that this version can't read whole. */
export function recordOf(line: string): ArchivedRecord {
  const value = parsed(line);
  if (typeof value !== 'object' || value === null || !('format' in value)) throw expected('a format', 'none');
  const { format, ...rest } = value;
  if (format !== RECORDS_FORMAT) throw expected(`format ${RECORDS_FORMAT}`, otherFormat(format));
  if (elementsOf(rest) > MAX_ELEMENTS) throw expected(`at most ${MAX_ELEMENTS} elements of lists`, 'more');
  const { data, error } = record.safeDecode(rest as never);
  if (error) throw unreadable(error);
  return data;
}

/** An erasure has a thousand. For each element zod may make several faults of a kilobyte. */
const MAX_ELEMENTS = 4_000;
const DEPTH = 5;

/** Those of all lists in a record. Metadata has a limit of its own. */
function elementsOf(value: unknown, depth = DEPTH): number {
  if (typeof value !== 'object' || value === null || depth === 0) return 0;
  if (Array.isArray(value) && value.length > MAX_ELEMENTS) return value.length;
  let count = Array.isArray(value) ? value.length : 0;
  for (const [name, one] of Object.entries(value)) if (name !== 'metadata') count += elementsOf(one, depth - 1);
  return count;
}

const otherFormat = (format: unknown): string =>
  typeof format === 'number' && format > RECORDS_FORMAT
    ? `format ${format}, which a newer Safelight wrote`
    : 'another one';

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw expected('JSON', 'other text'); // the parser's own message repeats a part of the text
  }
}

const expected = (what: string, got: string): TypeError => new TypeError(`expected a record with ${what}; got ${got}`);

/** The limit of zod's message, which names every unknown member. */
const MAX_MESSAGE_LENGTH = 300;

/** The first fault. Its message has no value of the record. */
function unreadable({ issues }: z.core.$ZodError): TypeError {
  const [first] = issues;
  const path = first?.path.join('.').slice(0, MAX_MESSAGE_LENGTH) ?? '';
  const message = first?.message.slice(0, MAX_MESSAGE_LENGTH);
  return new TypeError(`expected a whole record; got a fault${path && ` in ${path}`}: ${message}`);
}
