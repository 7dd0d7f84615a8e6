/**
 * The fields of an image's record: rows in SQLite, items in DynamoDB and lines of archives are generated from this
 * table. A new field is a row here, beside its declaration in domain/image/image.ts and its column in schema.sql.
 *
 * - The type at the end requires a row for each field that the domain gives a status: no codec can forget one.
 * - Each field has cells of its own (an attribute; a column, named like it in snake case). Conditions of writes compare
 *   single fields, and an earlier version keeps the attributes that it doesn't know (decision 19).
 * - Older records and archives lack a new field, so it needs `or(...)`: its value in them. Names are stored: a renamed
 *   field is a new one.
 * - Cells are text, numbers, flags and lists of text. stored-values.ts parses and checks the text of other values: a
 *   list reads hundreds of records, too many for a schema library. Archives have one (archive/image-json.ts).
 */
import type { Image, Remains, Status } from '../../domain/image/image.ts';
import type { ObjectKey } from '../../domain/image/object-key.ts';
import { isByPerson, type PersonDecision } from '../../domain/image/screening.ts';
import { parseTraceParent } from '../../domain/trace-parent.ts';
import { unexpected } from '../stored-values.ts';
import { factsText, storedFacts } from './facts-text.ts';
import { composed, type Field, type FieldsOf, FLAG, hintOf, INTEGER, TEXT, TEXTS, TIME, textOf } from './fields.ts';
import {
  albumsText,
  decisionsJson,
  failuresJson,
  focalPointJson,
  linksJson,
  partsText,
  replacedText,
  screeningJson,
  storedAlbums,
  storedDecisions,
  storedFailures,
  storedFocalPoint,
  storedFormer,
  storedId,
  storedLinks,
  storedMediaType,
  storedMetadata,
  storedParts,
  storedRejection,
  storedReplaced,
  storedScreening,
  storedTexts,
  storedVisibility,
  storedWorkingCopy,
  workingCopyJson,
} from './stored-values.ts';

type ImageOf<S extends Status> = Extract<Image, { readonly status: S }>;
type Held = Pick<ImageOf<'held'>, 'screening' | 'former'>;

const itself = <Text extends string>(text: Text): Text => text;

/** A record's status decides which fields are read, so it is known. */
const is = <S extends Status>(status: S): Field<S> & { readonly plain: 'text' } => ({
  ...TEXT,
  reader: () => () => status,
});

const DECISIONS = textOf(storedDecisions, decisionsJson).or([]);

const TOKEN = composed(
  { tokenId: TEXT.or(null), tokenMaxBytes: INTEGER.or(null) },
  {
    read: ({ tokenId: id, tokenMaxBytes: maxBytes }) => (id === null ? null : { id, maxBytes }),
    write: (token) => ({ tokenId: token?.id ?? null, tokenMaxBytes: token?.maxBytes ?? null }),
  },
);

const CLAIM = composed(
  { attempt: TEXT.or(null), leaseUntil: TIME.or(null) },
  {
    read: ({ attempt, leaseUntil }) =>
      attempt === null ? null : { attempt, leaseUntil: leaseUntil ?? unexpected('the end of a lease', 'nothing') },
    write: (claim) => ({ attempt: claim?.attempt ?? null, leaseUntil: claim?.leaseUntil ?? null }),
  },
);

const PROMISED = composed(
  { promisedSize: INTEGER.or(null), promisedSha256: TEXT.or(null) },
  {
    read: ({ promisedSize: sizeBytes, promisedSha256: sha256 }) => ({ sizeBytes, sha256 }),
    write: ({ sizeBytes: promisedSize, sha256: promisedSha256 }) => ({ promisedSize, promisedSha256 }),
  },
);

/** In the cell that has the screening of a held image. */
const GATES = composed(
  {
    screening: textOf(
      (json) => storedTexts(json, 'gates'),
      (gates) => JSON.stringify(gates),
    ).or([]),
  },
  { read: ({ screening }) => screening, write: (gates) => ({ screening: gates }) },
);

const SERVED = {
  renditionFailures: textOf(storedFailures, failuresJson).or([]),
  links: textOf(storedLinks, linksJson).or([]),
  workingCopy: textOf(storedWorkingCopy, (copy) => copy && workingCopyJson(copy)).or(null),
};

/** One cell has the screening and the former state. Fields that conditions compare are beside it. */
const SCREENING = textOf(storedScreening, (_, held: Held) => screeningJson(held));
const FORMER = composed(
  { screening: TEXT, ...SERVED },
  {
    read: ({ screening, ...served }) => storedFormer(screening, served),
    write: (former, held: Held) => ({
      renditionFailures: former?.renditionFailures ?? [],
      links: former?.links ?? [],
      workingCopy: former?.workingCopy ?? null,
      screening: screeningJson(held),
    }),
  },
);

/** Names have no comma. One cell of text, because conditions compare it. */
const FILTERED_BY = textOf(
  (names): readonly string[] => names.split(','),
  (names) => (names.length === 0 ? null : names.join(',')),
).or([]);

const REJECTION = composed(
  { rejectionCode: TEXT, rejectionDetail: TEXT, rejectionParams: hintOf(itself<string>, itself).or(null) },
  {
    read: (stored) => storedRejection(stored.rejectionCode, stored.rejectionDetail, stored.rejectionParams),
    write: ({ code, detail, params }) => ({
      rejectionCode: code,
      rejectionDetail: detail,
      rejectionParams: params ? JSON.stringify(params) : null,
    }),
  },
);

const REMAINS = composed(
  { removeAt: TIME.or(null), forgetAt: TIME.or(null) },
  {
    read: ({ removeAt, forgetAt }): Remains =>
      removeAt ? { removeAt } : { forgetAt: forgetAt ?? unexpected('the last day of a record', 'nothing') },
    write: (remains) => ({ removeAt: null, forgetAt: null, ...remains }),
  },
);

const PARTS = textOf(storedParts, (parts) => parts && partsText(parts)).or(null);

const REPLACES = textOf(storedReplaced, (replaced) => replaced && replacedText(replaced)).or(null);

const DESCRIPTION = {
  id: textOf(storedId, itself),
  userId: TEXT,
  formerId: TEXT.or(null),
  uploadedBy: TEXT.or(null),
  guestName: TEXT.or(null),
  token: TOKEN,
  epoch: INTEGER.or(0),
  filename: TEXT,
  tags: TEXTS,
  description: TEXT.or(null),
  metadata: textOf(storedMetadata, (metadata) => JSON.stringify(metadata)),
  visibility: textOf(storedVisibility, itself).or('private'),
  externalId: TEXT.or(null),
  focalPoint: textOf(storedFocalPoint, focalPointJson).or(null),
  albums: textOf(storedAlbums, albumsText).or([]),
  expiresAt: TIME,
  updatedAt: TIME,
  revision: INTEGER,
};

const STORED = {
  ...DESCRIPTION,
  contentType: textOf(storedMediaType, itself),
  sizeBytes: INTEGER,
  sha256: TEXT,
  width: INTEGER,
  height: INTEGER,
  placeholder: TEXT,
  dominantColor: TEXT.or(null),
  objectKey: textOf((key) => key as ObjectKey, itself),
  objectTag: TEXT.or(null),
  uploadedAt: TIME,
  decisions: DECISIONS,
  facts: hintOf(storedFacts, (facts) => facts && factsText(facts)).or(null),
  hasDetails: FLAG.or(false),
};

const PUBLISHED = { ...STORED, maintainAt: TIME.or(null), ...SERVED };

/** An ended image keeps the type that its client declared. */
const ENDED = { ...DESCRIPTION, contentType: TEXT, replaces: REPLACES, parts: PARTS, remains: REMAINS };

/** Archives write the fields in this order. */
export const IMAGE_FIELDS = {
  pending: {
    ...DESCRIPTION,
    contentType: TEXT,
    status: is('pending'),
    claim: CLAIM,
    isDirect: FLAG,
    lookAt: TIME,
    crashes: INTEGER,
    promised: PROMISED,
    fetchFrom: TEXT.or(null),
    parts: PARTS,
    reservedBytes: INTEGER.or(0),
    gates: GATES,
    decisions: textOf((json): readonly PersonDecision[] => storedDecisions(json).filter(isByPerson), decisionsJson).or(
      [],
    ),
    replaces: REPLACES,
    trace: hintOf(
      (text) => parseTraceParent(text) ?? null,
      (trace) => trace,
    ).or(null),
  },
  held: { ...STORED, status: is('held'), isDirect: FLAG, replaces: REPLACES, screening: SCREENING, former: FORMER },
  ready: { ...PUBLISHED, status: is('ready'), filteredBy: FILTERED_BY },
  trashed: { ...PUBLISHED, status: is('trashed'), purgeAt: TIME },
  rejected: { ...ENDED, status: is('rejected'), rejection: REJECTION, decisions: DECISIONS },
  expired: { ...ENDED, status: is('expired') },
  deleted: { ...ENDED, status: is('deleted'), deletedAt: TIME },
} satisfies { readonly [S in Status]: FieldsOf<ImageOf<S>> };

export const STATUSES = Object.keys(IMAGE_FIELDS) as readonly Status[];

type CellsOf<Fields> = {
  [Name in keyof Fields]: Fields[Name] extends { readonly parts: infer Parts } ? keyof Parts : Name;
}[keyof Fields];

/** The name of a cell, as DynamoDB has it. */
export type CellName = { [S in Status]: CellsOf<(typeof IMAGE_FIELDS)[S]> }[Status];
