import type { SQLInputValue, SQLOutputValue } from 'node:sqlite';
import {
  dueAt,
  type Image,
  type PublishedImage,
  type ReadyImage,
  type Remains,
  type StoredImage,
} from '../../../domain/image/image.ts';
import type { ImageId } from '../../../domain/image/image-id.ts';
import type { ObjectKey } from '../../../domain/image/object-key.ts';
import { isByPerson } from '../../../domain/image/screening.ts';
import { parseTraceParent } from '../../../domain/trace-parent.ts';
import type { Row } from '../../sqlite/rows.ts';
import { storedInteger, storedTime } from '../../stored-values.ts';
import {
  decisionsJson,
  failuresJson,
  focalPointJson,
  linksJson,
  screeningJson,
  storedDecisions,
  storedFailures,
  storedFocalPoint,
  storedFormer,
  storedGates,
  storedId,
  storedLinks,
  storedMediaType,
  storedMetadata,
  storedRejection,
  storedScreening,
  storedTags,
  storedVisibility,
  storedWorkingCopy,
  workingCopyJson,
} from '../stored-values.ts';

/** Columns in row order: those of every image, those that a ready one has, those of other statuses. */
const SHARED_COLUMNS = [
  'id',
  'user_id',
  'filename',
  'tags',
  'description',
  'metadata',
  'content_type',
  'updated_at',
  'revision',
  'expires_at',
  'focal_point',
  'uploaded_by',
  'visibility',
  'epoch',
  'token_id',
  'token_max_bytes',
] as const;

export const READY_COLUMNS = [
  ...SHARED_COLUMNS,
  'object_key',
  'size_bytes',
  'sha256',
  'width',
  'height',
  'placeholder',
  'uploaded_at',
  'dominant_color',
  'due_at',
  'rendition_failures',
  'object_tag',
  'links',
  'decisions',
  'working_copy',
] as const;

export const COLUMNS = [
  ...READY_COLUMNS,
  'status',
  'attempt',
  'lease_until',
  'is_direct',
  'look_at',
  'crashes',
  'promised_size',
  'promised_sha256',
  'rejection_code',
  'rejection_detail',
  'deleted_at',
  'forget_at',
  'maintain_at',
  'reserved_bytes',
  'rejection_params',
  'screening',
  'trace',
] as const;

type Column = (typeof COLUMNS)[number];

/** The record's values for `columns`; null for values that its status doesn't have. */
export const cellsOf = (image: Image, columns: readonly Column[]): SQLInputValue[] => {
  const cells = { ...sharedCells(image), ...stateCells(image) };
  return columns.map((column) => cells[column] ?? null);
};

type Cells = { readonly [column in Column]?: SQLInputValue };

const sharedCells = (image: Image): Cells => ({
  id: image.id,
  user_id: image.userId,
  status: image.status,
  filename: image.filename,
  tags: JSON.stringify(image.tags),
  description: image.description,
  metadata: JSON.stringify(image.metadata),
  content_type: image.contentType,
  updated_at: image.updatedAt.getTime(),
  revision: image.revision,
  expires_at: image.expiresAt.getTime(),
  focal_point: image.focalPoint && focalPointJson(image.focalPoint),
  uploaded_by: image.uploadedBy,
  visibility: image.visibility === 'private' ? null : image.visibility,
  epoch: image.epoch,
  token_id: image.token?.id ?? null,
  token_max_bytes: image.token?.maxBytes ?? null,
  due_at: dueAt(image)?.getTime() ?? null,
});

const stateCells = (image: Image): Cells => {
  switch (image.status) {
    case 'pending':
      return {
        attempt: image.claim?.attempt ?? null,
        lease_until: image.claim?.leaseUntil.getTime() ?? null,
        is_direct: image.isDirect ? 1 : 0,
        look_at: image.lookAt.getTime(),
        crashes: image.crashes,
        promised_size: image.promised.sizeBytes,
        promised_sha256: image.promised.sha256,
        reserved_bytes: image.reservedBytes,
        screening: image.gates.length === 0 ? null : JSON.stringify(image.gates),
        decisions: decisionsJson(image.decisions),
        trace: image.trace,
      };
    case 'held':
      return {
        ...storedCells(image),
        ...(image.former && servingCells(image.former)),
        is_direct: image.isDirect ? 1 : 0,
        screening: screeningJson(image),
      };
    case 'ready':
      return publishedCells(image);
    case 'trashed':
      return { ...publishedCells(image), maintain_at: image.maintainAt?.getTime() ?? null };
    case 'rejected':
      return {
        rejection_code: image.rejection.code,
        rejection_detail: image.rejection.detail,
        rejection_params: image.rejection.params ? JSON.stringify(image.rejection.params) : null,
        decisions: decisionsJson(image.decisions),
        ...remainsCells(image.remains),
      };
    case 'expired':
      return remainsCells(image.remains);
    case 'deleted':
      return { deleted_at: image.deletedAt.getTime(), ...remainsCells(image.remains) };
  }
};

const storedCells = (image: StoredImage): Cells => ({
  object_key: image.objectKey,
  object_tag: image.objectTag,
  size_bytes: image.sizeBytes,
  sha256: image.sha256,
  width: image.width,
  height: image.height,
  placeholder: image.placeholder,
  uploaded_at: image.uploadedAt.getTime(),
  dominant_color: image.dominantColor,
  decisions: decisionsJson(image.decisions),
});

const publishedCells = (image: PublishedImage): Cells => ({ ...storedCells(image), ...servingCells(image) });

type Serving = Pick<PublishedImage, 'renditionFailures' | 'links' | 'workingCopy'>;

const servingCells = ({ renditionFailures, links, workingCopy }: Serving): Cells => ({
  rendition_failures: renditionFailures.length === 0 ? null : failuresJson(renditionFailures),
  links: links.length === 0 ? null : linksJson(links),
  working_copy: workingCopy && workingCopyJson(workingCopy),
});

/**
 * `removeAt` is stored as the record's due time, as `maintainAt` is for a ready image and `purgeAt` for a trashed one.
 * A held one's is derived.
 */
const remainsCells = (remains: Remains): Cells =>
  'forgetAt' in remains ? { forget_at: remains.forgetAt.getTime() } : {};

/** The id in a row of these columns, whether or not the row is readable. */
export const idOf = ([id]: Row): ImageId => String(id) as ImageId;

/** Parses a row of `READY_COLUMNS`. */
export const readyImageOf = (row: Row): ReadyImage => parsed(row, ready);

/** Parses a row of `COLUMNS`. */
export const imageOf = (row: Row): Image => parsed(row, image);

const parsed = <T>(row: Row, parse: (row: Row) => T): T => {
  try {
    return parse(row);
  } catch (cause) {
    throw new Error(`The record of image ${row[0]} is corrupt`, { cause });
  }
};

const image = (row: Row): Image => {
  const [status, attempt, leaseUntil, isDirect, lookAt, crashes, size, sha256, ...ended] = row.slice(
    READY_COLUMNS.length,
  );
  const [code, detail, deletedAt, forgetAt, maintainAt, reservedBytes, params, screening, trace] = ended;
  switch (status) {
    case 'pending':
      return {
        ...shared(row),
        status,
        claim: attempt === null ? null : { attempt: text(attempt), leaseUntil: time(leaseUntil) },
        isDirect: integer(isDirect) === 1,
        lookAt: time(lookAt),
        crashes: integer(crashes),
        promised: { sizeBytes: size === null ? null : integer(size), sha256: sha256 === null ? null : text(sha256) },
        reservedBytes: reservedBytes === null ? 0 : integer(reservedBytes),
        gates: screening === null ? [] : storedGates(text(screening)),
        decisions: decisionsOf(row[DECISIONS]).filter(isByPerson),
        trace: parseTraceParent(trace) ?? null,
      };
    case 'held':
      return {
        ...stored(row),
        status,
        isDirect: integer(isDirect) === 1,
        screening: storedScreening(text(screening)),
        former: storedFormer(text(screening), serving(row)),
      };
    case 'ready':
      return ready(row);
    case 'trashed':
      return {
        ...published(row),
        status,
        maintainAt: maintainAt === null ? null : time(maintainAt),
        purgeAt: time(row[DUE_AT]),
      };
    case 'rejected':
      return {
        ...shared(row),
        status,
        rejection: storedRejection(text(code), text(detail), typeof params === 'string' ? params : null),
        decisions: decisionsOf(row[DECISIONS]),
        remains: remainsOf(row, forgetAt),
      };
    case 'expired':
      return { ...shared(row), status, remains: remainsOf(row, forgetAt) };
    case 'deleted':
      return { ...shared(row), status, deletedAt: time(deletedAt), remains: remainsOf(row, forgetAt) };
    default:
      throw new TypeError('expected a status; got something else');
  }
};

const DUE_AT = READY_COLUMNS.indexOf('due_at');
const DECISIONS = READY_COLUMNS.indexOf('decisions');

const decisionsOf = (cell: Cell) => storedDecisions(cell === null ? null : text(cell));

const remainsOf = (row: Row, forgetAt: Cell): Remains =>
  row[DUE_AT] === null ? { forgetAt: time(forgetAt) } : { removeAt: time(row[DUE_AT]) };

const ready = (row: Row): ReadyImage => ({
  ...published(row),
  status: 'ready',
  maintainAt: row[DUE_AT] === null ? null : time(row[DUE_AT]),
});

const published = (row: Row): Omit<PublishedImage, 'status' | 'maintainAt'> => ({
  ...stored(row),
  ...serving(row),
});

const serving = (row: Row) => ({
  renditionFailures: row[FAILURES] === null ? [] : storedFailures(text(row[FAILURES])),
  links: row[LINKS] === null ? [] : storedLinks(text(row[LINKS])),
  workingCopy: row[WORKING_COPY] === null ? null : storedWorkingCopy(text(row[WORKING_COPY])),
});

const FAILURES = READY_COLUMNS.indexOf('rendition_failures');
const LINKS = READY_COLUMNS.indexOf('links');
const WORKING_COPY = READY_COLUMNS.indexOf('working_copy');

const stored = (row: Row) => {
  const [objectKey, sizeBytes, sha256, width, height, placeholder, uploadedAt, dominantColor, ...later] = row.slice(
    SHARED_COLUMNS.length,
  );
  const [, , objectTag] = later;
  const description = shared(row);
  return {
    ...description,
    contentType: storedMediaType(description.contentType),
    objectKey: text(objectKey) as ObjectKey,
    objectTag: objectTag === null ? null : text(objectTag),
    sizeBytes: integer(sizeBytes),
    sha256: text(sha256),
    width: integer(width),
    height: integer(height),
    placeholder: text(placeholder),
    uploadedAt: time(uploadedAt),
    dominantColor: dominantColor === null ? null : text(dominantColor),
    decisions: decisionsOf(row[DECISIONS]),
  };
};

const shared = ([
  id,
  userId,
  filename,
  tags,
  description,
  metadata,
  contentType,
  updatedAt,
  revision,
  expiresAt,
  focalPoint,
  uploadedBy,
  visibility,
  epoch,
  tokenId,
  tokenMaxBytes,
]: Row) => ({
  id: storedId(text(id)),
  userId: text(userId),
  filename: text(filename),
  tags: storedTags(text(tags)),
  description: description === null ? null : text(description),
  metadata: storedMetadata(text(metadata)),
  contentType: text(contentType),
  updatedAt: time(updatedAt),
  revision: integer(revision),
  expiresAt: time(expiresAt),
  focalPoint: focalPoint === null ? null : storedFocalPoint(text(focalPoint)),
  uploadedBy: uploadedBy === null ? null : text(uploadedBy),
  visibility: visibility === null ? ('private' as const) : storedVisibility(text(visibility)),
  epoch: integer(epoch),
  token:
    tokenId === null ? null : { id: text(tokenId), maxBytes: tokenMaxBytes === null ? null : integer(tokenMaxBytes) },
});

type Cell = SQLOutputValue | undefined;

const text = (cell: Cell): string => {
  if (typeof cell !== 'string') throw new TypeError(`expected text; got ${kindOf(cell)}`);
  return cell;
};

const integer = (cell: Cell): number => {
  if (typeof cell !== 'number') throw new TypeError(`expected an integer; got ${kindOf(cell)}`);
  return storedInteger(cell);
};

const time = (cell: Cell): Date => storedTime(integer(cell));

const kindOf = (cell: Cell): string => (cell === null ? 'nothing' : `a ${typeof cell}`);
