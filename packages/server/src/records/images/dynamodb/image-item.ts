import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { dueAt, type Image, type PublishedImage, type Remains, type StoredImage } from '../../../domain/image/image.ts';
import type { ImageId } from '../../../domain/image/image-id.ts';
import { laneOf } from '../../../domain/image/lane.ts';
import type { ObjectKey } from '../../../domain/image/object-key.ts';
import { type Decision, isByPerson } from '../../../domain/image/screening.ts';
import { parseTraceParent } from '../../../domain/trace-parent.ts';
import { preview } from '../../../text/preview.ts';
import {
  flag,
  integer,
  optionalInteger,
  optionalText,
  optionalTime,
  text,
  texts,
  time,
} from '../../dynamodb/attributes.ts';
import type { Item } from '../../dynamodb/item.ts';
import {
  attributesOfKey,
  duePartition,
  dueSort,
  imageIdOf,
  imageKey,
  isSharded,
  ownerPartition,
  shardPartition,
} from '../../dynamodb/item-keys.ts';
import type { Placement } from '../../dynamodb/placement.ts';
import { TTL_ATTRIBUTE } from '../../dynamodb/schema.ts';
import { isNewer, newerRecord, requireOurs, VERSIONED } from '../../dynamodb/schema-version.ts';
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
  storedVisibility,
  storedWorkingCopy,
  workingCopyJson,
} from '../stored-values.ts';

/** The attributes of a record's item besides the image. */
export interface Written {
  readonly placement: Placement;
  /** Random per write, so that a writer that lost the answer recognizes its own write. */
  readonly writeId: string;
  /** The recount of usage that has added up the record; null or absent: none. */
  readonly mark?: string | null;
}

/** The item of an image's record. Attributes that its status lacks are absent. */
export const itemOf = (image: Image, { placement, writeId, mark = null }: Written): Item => ({
  ...attributesOfKey(imageKey(image.id)),
  ...indexKeysOf(image, placement),
  shard: number(placement.shard),
  ...(image.status === 'ready' && { hasGlobalFacets: { BOOL: placement.hasGlobalFacets } }),
  ...VERSIONED,
  writeId: { S: writeId },
  ...(mark !== null && { recount: { S: mark } }),
  userId: { S: image.userId },
  status: { S: image.status },
  filename: { S: image.filename },
  tags: { L: image.tags.map((tag) => ({ S: tag })) },
  ...(image.description !== null && { description: { S: image.description } }),
  metadata: { S: JSON.stringify(image.metadata) },
  ...(image.focalPoint && { focalPoint: { S: focalPointJson(image.focalPoint) } }),
  ...(image.uploadedBy !== null && { uploadedBy: { S: image.uploadedBy } }),
  ...(image.visibility !== 'private' && { visibility: { S: image.visibility } }),
  ...(image.epoch > 0 && { epoch: number(image.epoch) }),
  ...(image.token && { tokenId: { S: image.token.id } }),
  ...(image.token && image.token.maxBytes !== null && { tokenMaxBytes: number(image.token.maxBytes) }),
  contentType: { S: image.contentType },
  updatedAt: moment(image.updatedAt),
  revision: number(image.revision),
  expiresAt: moment(image.expiresAt),
  ...stateOf(image),
});

/** Every attribute of a record in this version, except its key. Other attributes belong to other versions. */
export const IMAGE_ATTRIBUTES = [
  'g1p',
  'g1s',
  'g2p',
  'g2s',
  'g3p',
  'g3s',
  TTL_ATTRIBUTE,
  'schemaVersion',
  'writeId',
  'recount',
  'shard',
  'hasGlobalFacets',
  'userId',
  'status',
  'filename',
  'tags',
  'description',
  'metadata',
  'focalPoint',
  'uploadedBy',
  'visibility',
  'epoch',
  'tokenId',
  'tokenMaxBytes',
  'contentType',
  'updatedAt',
  'revision',
  'expiresAt',
  'attempt',
  'leaseUntil',
  'isDirect',
  'lookAt',
  'crashes',
  'promisedSize',
  'promisedSha256',
  'reservedBytes',
  'objectKey',
  'objectTag',
  'sizeBytes',
  'sha256',
  'width',
  'height',
  'placeholder',
  'uploadedAt',
  'dominantColor',
  'maintainAt',
  'renditionFailures',
  'links',
  'workingCopy',
  'screening',
  'decisions',
  'trace',
  'purgeAt',
  'rejectionCode',
  'rejectionDetail',
  'rejectionParams',
  'removeAt',
  'forgetAt',
  'deletedAt',
] as const satisfies readonly string[];

/** The attributes by which a write recognizes the record that it was based on. */
export const VERSION_ATTRIBUTES = [
  'status',
  'revision',
  'attempt',
  'expiresAt',
  'g3s',
  'shard',
  'hasGlobalFacets',
  'renditionFailures',
  'objectTag',
  'epoch',
  'links',
  'workingCopy',
  'recount',
] as const satisfies readonly string[];

/** For a record that isn't ready only the shard is decided. */
export const placementIn = (item: Item): Placement => ({
  shard: integer(item, 'shard'),
  hasGlobalFacets: item['hasGlobalFacets']?.BOOL ?? false,
});

/** The image id of an item, whether or not the record is readable. */
export const idIn = (item: Item): ImageId => imageIdOf(text(item, 'pk'));

/** The recount that has added up the record. */
export const markIn = (item: Item): string | null => optionalText(item, 'recount');

export const writeIdIn = (item: Item): string => text(item, 'writeId');

/** Errors: `unavailable` if a newer version wrote it in a form that this one can't read. */
export const imageOf = (item: Item): Image => {
  requireOurs(item);
  try {
    return parsed(item);
  } catch (cause) {
    if (isNewer(item)) throw newerRecord(item);
    throw new Error(`The record of image ${item['pk']?.S} is corrupt`, { cause });
  }
};

const number = (value: number): AttributeValue => ({ N: String(value) });
const moment = (time: Date): AttributeValue => number(time.getTime());

function indexKeysOf(image: Image, { shard }: Placement): Item {
  const due = dueAt(image);
  const { id, userId, status } = image;
  return {
    ...(status !== 'deleted' && { g1p: { S: ownerPartition(userId, status) }, g1s: { S: id } }),
    ...(isSharded(status) && { g2p: { S: shardPartition(shard, status) }, g2s: { S: id } }),
    ...(due && { g3p: { S: duePartition(shard, laneOf(image)) }, g3s: { S: dueSort(due, id) } }),
  };
}

function stateOf(image: Image): Item {
  switch (image.status) {
    case 'pending':
      return {
        ...(image.claim && { attempt: { S: image.claim.attempt }, leaseUntil: moment(image.claim.leaseUntil) }),
        isDirect: { BOOL: image.isDirect },
        lookAt: moment(image.lookAt),
        crashes: number(image.crashes),
        ...(image.promised.sizeBytes !== null && { promisedSize: number(image.promised.sizeBytes) }),
        ...(image.promised.sha256 !== null && { promisedSha256: { S: image.promised.sha256 } }),
        ...(image.reservedBytes > 0 && { reservedBytes: number(image.reservedBytes) }),
        ...(image.gates.length > 0 && { screening: { S: JSON.stringify(image.gates) } }),
        ...decisionsOf(image),
        ...(image.trace && { trace: { S: image.trace } }),
      };
    case 'held':
      return {
        ...storedOf(image),
        ...(image.former && servingOf(image.former)),
        isDirect: { BOOL: image.isDirect },
        screening: { S: screeningJson(image) },
      };
    case 'ready':
      return publishedOf(image);
    case 'trashed':
      return { ...publishedOf(image), purgeAt: moment(image.purgeAt) };
    case 'rejected':
      return {
        rejectionCode: { S: image.rejection.code },
        rejectionDetail: { S: image.rejection.detail },
        ...(image.rejection.params && { rejectionParams: { S: JSON.stringify(image.rejection.params) } }),
        ...decisionsOf(image),
        ...remainsOf(image.remains),
      };
    case 'expired':
      return remainsOf(image.remains);
    case 'deleted':
      return { deletedAt: moment(image.deletedAt), ...remainsOf(image.remains) };
  }
}

const storedOf = (image: StoredImage): Item => ({
  objectKey: { S: image.objectKey },
  ...(image.objectTag !== null && { objectTag: { S: image.objectTag } }),
  sizeBytes: number(image.sizeBytes),
  sha256: { S: image.sha256 },
  width: number(image.width),
  height: number(image.height),
  placeholder: { S: image.placeholder },
  uploadedAt: moment(image.uploadedAt),
  ...(image.dominantColor !== null && { dominantColor: { S: image.dominantColor } }),
  ...decisionsOf(image),
});

const decisionsOf = ({ decisions }: { readonly decisions: readonly Decision[] }): Item => {
  const json = decisionsJson(decisions);
  return json === null ? {} : { decisions: { S: json } };
};

const publishedOf = (image: PublishedImage): Item => ({
  ...storedOf(image),
  ...(image.maintainAt && { maintainAt: moment(image.maintainAt) }),
  ...servingOf(image),
});

type Serving = Pick<PublishedImage, 'renditionFailures' | 'links' | 'workingCopy'>;

const servingOf = ({ renditionFailures, links, workingCopy }: Serving): Item => ({
  ...(renditionFailures.length > 0 && { renditionFailures: { S: failuresJson(renditionFailures) } }),
  ...(links.length > 0 && { links: { S: linksJson(links) } }),
  ...(workingCopy && { workingCopy: { S: workingCopyJson(workingCopy) } }),
});

const remainsOf = (remains: Remains): Item =>
  'removeAt' in remains
    ? { removeAt: moment(remains.removeAt) }
    : {
        forgetAt: moment(remains.forgetAt),
        [TTL_ATTRIBUTE]: number(Math.ceil(remains.forgetAt.getTime() / 1000)),
      };

const parsed = (item: Item): Image => {
  const status = text(item, 'status');
  switch (status) {
    case 'pending': {
      const attempt = optionalText(item, 'attempt');
      return {
        ...sharedIn(item),
        status,
        contentType: text(item, 'contentType'),
        claim: attempt === null ? null : { attempt, leaseUntil: time(item, 'leaseUntil') },
        isDirect: flag(item, 'isDirect'),
        lookAt: time(item, 'lookAt'),
        crashes: integer(item, 'crashes'),
        promised: { sizeBytes: optionalInteger(item, 'promisedSize'), sha256: optionalText(item, 'promisedSha256') },
        reservedBytes: optionalInteger(item, 'reservedBytes') ?? 0,
        gates: storedGates(optionalText(item, 'screening') ?? '[]'),
        decisions: storedDecisions(optionalText(item, 'decisions')).filter(isByPerson),
        trace: parseTraceParent(item['trace']?.S) ?? null,
      };
    }
    case 'held':
      return {
        ...storedIn(item),
        status,
        isDirect: flag(item, 'isDirect'),
        screening: storedScreening(text(item, 'screening')),
        former: storedFormer(text(item, 'screening'), servingIn(item)),
      };
    case 'ready':
      return { ...publishedIn(item), status };
    case 'trashed':
      return { ...publishedIn(item), status, purgeAt: time(item, 'purgeAt') };
    case 'rejected':
      return {
        ...endedIn(item),
        status,
        rejection: storedRejection(
          text(item, 'rejectionCode'),
          text(item, 'rejectionDetail'),
          item['rejectionParams']?.S ?? null,
        ),
        decisions: storedDecisions(optionalText(item, 'decisions')),
      };
    case 'expired':
      return { ...endedIn(item), status };
    case 'deleted':
      return { ...endedIn(item), status, deletedAt: time(item, 'deletedAt') };
    default:
      throw new TypeError(`expected a status; got ${preview(status)}`);
  }
};

const publishedIn = (item: Item): Omit<PublishedImage, 'status'> => ({
  ...storedIn(item),
  maintainAt: optionalTime(item, 'maintainAt'),
  ...servingIn(item),
});

const servingIn = (item: Item) => ({
  renditionFailures: storedFailures(optionalText(item, 'renditionFailures') ?? '[]'),
  links: storedLinks(optionalText(item, 'links') ?? '[]'),
  workingCopy: storedWorkingCopy(optionalText(item, 'workingCopy') ?? 'null'),
});

const storedIn = (item: Item) => ({
  ...sharedIn(item),
  contentType: storedMediaType(text(item, 'contentType')),
  objectKey: text(item, 'objectKey') as ObjectKey,
  objectTag: optionalText(item, 'objectTag'),
  sizeBytes: integer(item, 'sizeBytes'),
  sha256: text(item, 'sha256'),
  width: integer(item, 'width'),
  height: integer(item, 'height'),
  placeholder: text(item, 'placeholder'),
  uploadedAt: time(item, 'uploadedAt'),
  dominantColor: optionalText(item, 'dominantColor'),
  decisions: storedDecisions(optionalText(item, 'decisions')),
});

const endedIn = (item: Item) => ({
  ...sharedIn(item),
  contentType: text(item, 'contentType'),
  remains: 'removeAt' in item ? { removeAt: time(item, 'removeAt') } : { forgetAt: time(item, 'forgetAt') },
});

const sharedIn = (item: Item) => ({
  id: storedId(idIn(item)),
  userId: text(item, 'userId'),
  filename: text(item, 'filename'),
  tags: texts(item, 'tags'),
  description: optionalText(item, 'description'),
  metadata: storedMetadata(text(item, 'metadata')),
  focalPoint: 'focalPoint' in item ? storedFocalPoint(text(item, 'focalPoint')) : null,
  uploadedBy: optionalText(item, 'uploadedBy'),
  visibility: 'visibility' in item ? storedVisibility(text(item, 'visibility')) : ('private' as const),
  epoch: optionalInteger(item, 'epoch') ?? 0,
  token: 'tokenId' in item ? { id: text(item, 'tokenId'), maxBytes: optionalInteger(item, 'tokenMaxBytes') } : null,
  updatedAt: time(item, 'updatedAt'),
  revision: integer(item, 'revision'),
  expiresAt: time(item, 'expiresAt'),
});
