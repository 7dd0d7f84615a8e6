import fc from 'fast-check';
import { type AlbumId, parseAlbumId } from '../../domain/album/album-id.ts';
import { type AlbumMember, MAX_ALBUMS_OF_IMAGE } from '../../domain/album/album-member.ts';
import type { Details, Exposure, Facts } from '../../domain/facts/facts.ts';
import type { Offset } from '../../domain/facts/offset.ts';
import type { Position } from '../../domain/facts/position.ts';
import { TAKEN_SOURCES, type Taken } from '../../domain/facts/taken.ts';
import type { WallClock } from '../../domain/facts/wall-clock.ts';
import type {
  Former,
  HeldImage,
  Image,
  Json,
  Parts,
  PendingImage,
  ReadyImage,
  RenditionFailure,
  Replaced,
  StoredImage,
  TrashedImage,
  Verified,
} from '../../domain/image/image.ts';
import { type ImageId, parseImageId } from '../../domain/image/image-id.ts';
import { MEDIA_TYPES } from '../../domain/image/media-type.ts';
import { originalKey } from '../../domain/image/object-key.ts';
import type { Decision, PersonDecision, Screening } from '../../domain/image/screening.ts';
import type { LinkId, ShareLink } from '../../domain/image/share-link.ts';
import { VISIBILITIES } from '../../domain/image/visibility.ts';
import { WORKING_COPY_TYPES, type WorkingCopy } from '../../domain/image/working-copy.ts';
import type { TraceParent } from '../../domain/trace-parent.ts';
import type { ImageRecord } from '../archive/record-archive.ts';

/** Text that breaks careless SQL, patterns, escapes or encodings. */
const HOSTILE = [
  "'",
  '"',
  "'; DROP TABLE images; --",
  '%',
  '_',
  '\\',
  '?',
  '[]',
  'null',
  '\u{1f4f7}\u{1f3fd}',
  'é',
  'ß',
  'Ω',
];

/** Well-formed Unicode, since validation refuses other text. */
const text = (maxLength: number) =>
  fc.oneof(
    { weight: 3, arbitrary: fc.string({ unit: 'grapheme', minLength: 1, maxLength }) },
    fc.constantFrom(...HOSTILE),
  );

/** Records with the usual prototype: by default, half of the records of fast-check have none. */
const plain = <T>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> =>
  fc.record(fields, { noNullPrototype: true });

const time = fc.date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true });

export const imageIds: fc.Arbitrary<ImageId> = fc.uuid({ version: 7 }).map(idOf);

const metadata = fc
  .dictionary(fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('name', 'order')), fc.jsonValue(), {
    maxKeys: 4,
  })
  .map((value) => JSON.parse(JSON.stringify(value)) as { [name: string]: Json });

const fraction = fc.integer({ min: 0, max: 10_000 }).map((value) => value / 10_000);

const place = fc.stringMatching(/^[0-9a-f]{15}(?:[0-9a-f]{0,20}[1-9a-f])?$/);

const albums: fc.Arbitrary<AlbumMember[]> = fc
  .uniqueArray(
    plain<AlbumMember>({ albumId: fc.uuid({ version: 7 }).map(albumIdOf), added: place, moved: fc.option(place) }),
    {
      maxLength: MAX_ALBUMS_OF_IMAGE,
      selector: ({ albumId }) => albumId,
    },
  )
  .map((some) => some.toSorted((one, other) => (one.albumId < other.albumId ? -1 : 1)));

const description = {
  id: imageIds,
  userId: text(128),
  filename: text(255),
  tags: fc.uniqueArray(text(64), { maxLength: 20 }),
  description: fc.option(text(2_000)),
  metadata,
  focalPoint: fc.option(plain({ x: fraction, y: fraction })),
  albums,
  visibility: fc.constantFrom(...VISIBILITIES),
  externalId: fc.option(fc.noBias(fc.uuid())), // biased ones would meet in a repository
  formerId: fc.option(fc.noBias(fc.uuid({ version: 4 }))),
  epoch: fc.nat(1_000),
  token: fc.option(plain({ id: text(32), maxBytes: fc.option(fc.nat(50 * 1024 ** 2)) })),
  uploadedBy: fc.option(fc.string({ minLength: 1, maxLength: 64 })),
  guestName: fc.option(fc.string({ minLength: 1, maxLength: 100 })),
  expiresAt: time,
  updatedAt: time,
  revision: fc.integer({ min: 1, max: 2 ** 40 }),
};

const gateName = fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/);

const decided = {
  gate: gateName,
  verdict: fc.constantFrom('pass' as const, 'refuse' as const),
  at: time,
  privateReason: fc.option(text(200)),
};

const personDecision: fc.Arbitrary<PersonDecision> = plain({
  ...decided,
  by: fc.constant('person' as const),
  actor: fc.string({ minLength: 1, maxLength: 64 }),
  sha256: fc.stringMatching(/^[0-9a-f]{64}$/),
  reason: fc.option(text(200)),
});

const decisions: fc.Arbitrary<Decision[]> = fc.array(
  fc.oneof(
    plain({
      ...decided,
      by: fc.constantFrom('gate' as const, 'error' as const, 'deadline' as const, 'drop' as const),
    }),
    personDecision,
  ),
  { maxLength: 3 },
);

const screening: fc.Arbitrary<Screening> = fc.uniqueArray(gateName, { minLength: 1, maxLength: 3 }).chain((gates) =>
  plain({
    gates: fc.constant(gates),
    passed: fc.constant(gates.slice(1)),
    failures: fc.nat(100),
    askAt: time,
    deadline: time,
    atDeadline: fc.constantFrom('refuse' as const, 'pass' as const),
  }),
);

const replaces: fc.Arbitrary<Replaced | null> = fc.option(
  plain({ imageId: fc.uuid().map(idOf), sha256: fc.stringMatching(/^[0-9a-f]{64}$/) }),
);

const parts: fc.Arbitrary<Parts | null> = fc.option(
  plain<Parts>({
    partBytes: fc.integer({ min: 1, max: 1024 ** 3 }),
    checksums: fc.boolean(),
    uploadId: fc.option(fc.stringMatching(/^[0-9A-Za-z~._-]{1,60}$/)),
  }),
);

const declaredType = fc.constantFrom('image/jpg', 'IMAGE/PNG', ...MEDIA_TYPES);
const claim = plain({ attempt: fc.uuid(), leaseUntil: time });

export const pendingImages: fc.Arbitrary<PendingImage> = plain({
  ...description,
  status: fc.constant('pending' as const),
  contentType: declaredType,
  claim: fc.option(claim),
  isDirect: fc.boolean(),
  lookAt: time,
  crashes: fc.integer({ min: 0, max: 4 }),
  reservedBytes: fc.nat(50 * 1024 ** 2),
  fetchFrom: fc.option(fc.stringMatching(/^[\w-]{1,100}$/)),
  parts,
  replaces,
  gates: fc.uniqueArray(gateName, { maxLength: 3 }),
  decisions: fc.array(personDecision, { maxLength: 2 }),
  trace: fc.option(fc.stringMatching(/^00-[0-9a-f]{31}1-[0-9a-f]{15}1-01$/).map((text) => text as TraceParent)),
  promised: plain({
    sizeBytes: fc.option(fc.integer({ min: 1, max: 50 * 1024 ** 2 })),
    sha256: fc.option(fc.stringMatching(/^[0-9a-f]{64}$/)),
  }),
});

export const verifiedBytes: fc.Arbitrary<Verified> = plain({
  contentType: fc.constantFrom(...MEDIA_TYPES),
  sizeBytes: fc.integer({ min: 1, max: 50 * 1024 ** 2 }),
  sha256: fc.stringMatching(/^[0-9a-f]{64}$/),
  width: fc.integer({ min: 1, max: 16_384 }),
  height: fc.integer({ min: 1, max: 16_384 }),
  placeholder: fc.base64String({ maxLength: 40 }),
  dominantColor: fc.option(fc.stringMatching(/^#[0-9a-f]{6}$/)),
});

const renditionFailures: fc.Arbitrary<RenditionFailure[]> = fc.uniqueArray(
  plain({
    rendition: text(64),
    crashes: fc.integer({ min: 1, max: 5 }),
    detail: text(200),
    crashedAt: time.map((at) => at.toISOString()),
  }),
  { maxLength: 16, selector: ({ rendition }) => rendition },
);

const links: fc.Arbitrary<ShareLink[]> = fc.array(
  plain({
    id: fc.stringMatching(/^[\w-]{22}$/).map((id) => id as LinkId),
    preset: fc.option(fc.stringMatching(/^[a-z]{1,8}$/)),
    createdAt: time,
    expiresAt: time,
  }),
  { maxLength: 3 },
);

const workingCopy: fc.Arbitrary<WorkingCopy> = plain({
  sha256: fc.stringMatching(/^[0-9a-f]{64}$/),
  sizeBytes: fc.integer({ min: 1, max: 16 * 1_048_576 }),
  contentType: fc.constantFrom(...WORKING_COPY_TYPES),
  width: fc.integer({ min: 1, max: 2_048 }),
  height: fc.integer({ min: 1, max: 2_048 }),
});

const renditions = plain({
  maintainAt: fc.option(time),
  renditionFailures,
  links,
  workingCopy: fc.option(workingCopy),
});

const wallClock: fc.Arbitrary<WallClock> = fc
  .date({ min: new Date('0001-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59.999Z'), noInvalidDate: true })
  .map((time) => time.toISOString().slice(0, -1) as WallClock);

const offset = fc.constantFrom('+00:00', '-03:30', '+14:00').map((one) => one as Offset);

const positive = fc.option(fc.double({ min: 1e-6, max: 1e6, noNaN: true }));

/** Members of a later version. */
const unknown = fc.constantFrom({ later: [1, null] }, JSON.parse('{"__proto__":{"a":1}}'));

export const facts: fc.Arbitrary<Facts> = fc.record(
  {
    reader: fc.nat(3),
    taken: fc.option(
      plain<Taken>({ at: wallClock, offset: fc.option(offset), source: fc.constantFrom(...TAKEN_SOURCES) }),
    ),
    camera: fc.option(text(64)),
    lens: fc.option(text(64)),
    exposure: plain<Exposure>({ seconds: positive, fNumber: positive, iso: positive, focalLength: positive }),
    isAiGenerated: fc.boolean(),
    hasC2pa: fc.boolean(),
    takenByHand: fc.option(wallClock),
    unknown,
  },
  {
    noNullPrototype: true,
    requiredKeys: ['reader', 'taken', 'camera', 'lens', 'exposure', 'isAiGenerated', 'hasC2pa'],
  },
);

const tenMillionths = (most: number) =>
  fc.integer({ min: -most * 1e7, max: most * 1e7 }).map((degrees) => (degrees || 1) / 1e7);

const position = plain<Position>({ latitude: tenMillionths(90), longitude: tenMillionths(180) });

export const details: fc.Arbitrary<Details> = fc.record(
  {
    position: fc.option(position),
    title: fc.option(text(200)),
    description: fc.option(text(2_000)),
    keywords: fc.array(text(64), { maxLength: 5 }),
    creator: fc.option(text(200)),
    copyright: fc.option(text(200)),
    positionByHand: fc.option(position),
    unknown,
  },
  {
    noNullPrototype: true,
    requiredKeys: ['position', 'title', 'description', 'keywords', 'creator', 'copyright'],
  },
);

const readyImages: fc.Arbitrary<ReadyImage> = fc
  .record({
    described: plain(description),
    bytes: verifiedBytes,
    renditions,
    attempt: fc.uuid(),
    objectTag: fc.option(text(64)),
    uploadedAt: time,
    decisions,
    filteredBy: fc.subarray(['name', 'order', '__proto__']),
    facts: fc.option(facts),
  })
  .map(({ described, bytes, renditions, attempt, objectTag, uploadedAt, decisions, filteredBy, facts }) => ({
    ...described,
    ...bytes,
    ...renditions,
    status: 'ready',
    objectKey: originalKey({ ...described, contentType: bytes.contentType }, attempt),
    objectTag,
    uploadedAt,
    decisions,
    filteredBy,
    facts,
    hasDetails: false,
  }));

const heldImages: fc.Arbitrary<HeldImage> = fc
  .tuple(readyImages, screening, fc.boolean(), fc.constantFrom('none', 'ready', 'trashed'), time, replaces)
  .map(([ready, waiting, isDirect, was, at, replaced]) => {
    const { maintainAt, renditionFailures, links, workingCopy, filteredBy: _, ...stored } = ready;
    const serving = { maintainAt, renditionFailures, links, workingCopy, heldAt: at };
    const former: Former | null =
      was === 'none'
        ? null
        : was === 'ready'
          ? { ...serving, status: 'ready' }
          : { ...serving, status: 'trashed', purgeAt: at };
    return { ...stored, status: 'held', isDirect, screening: waiting, former, replaces: former ? null : replaced };
  });

export const trashedImages: fc.Arbitrary<TrashedImage> = fc
  .tuple(readyImages, time)
  .map(([{ filteredBy: _, ...ready }, purgeAt]) => ({ ...ready, status: 'trashed', purgeAt }));

/** Any image whose bytes are kept. */
export const storedImages: fc.Arbitrary<StoredImage> = fc.oneof(readyImages, heldImages, trashedImages);

/** Any image whose bytes are kept, with or without details. */
export const storedRecords: fc.Arbitrary<ImageRecord<StoredImage>> = fc
  .tuple(storedImages, fc.option(details))
  .map(([image, told]) => ({
    kind: 'image',
    image: { ...image, hasDetails: told !== null },
    ...(told && { details: told }),
  }));

const rejection = fc.oneof(
  plain({ code: fc.constantFrom('empty-upload' as const, 'type-mismatch' as const), detail: text(200) }),
  plain({
    code: fc.constant('type-mismatch' as const),
    detail: text(200),
    params: plain({ declared: fc.constantFrom(...MEDIA_TYPES), got: fc.constantFrom(...MEDIA_TYPES) }),
  }),
  plain({
    code: fc.constant('processing-failed' as const),
    detail: text(200),
    params: plain({ attempts: fc.nat() }),
  }),
);

const ended = {
  ...description,
  albums: fc.constant([]),
  guestName: fc.constant(null),
  externalId: fc.constant(null),
  formerId: fc.constant(null),
  contentType: declaredType,
  parts,
  replaces,
  remains: fc.oneof(plain({ removeAt: time }), plain({ forgetAt: time })),
};

/** Any record a pending image can become. */
export const settledImages: fc.Arbitrary<Exclude<Image, PendingImage>> = fc.oneof(
  readyImages,
  heldImages,
  plain({ ...ended, status: fc.constant('rejected' as const), rejection, decisions }),
  plain({ ...ended, status: fc.constant('expired' as const) }),
  plain({ ...ended, status: fc.constant('deleted' as const), deletedAt: time }),
);

function albumIdOf(uuid: string): AlbumId {
  const id = parseAlbumId(uuid);
  if (id === undefined) throw new Error(`expected a UUID; got ${uuid}`);
  return id;
}

function idOf(uuid: string): ImageId {
  const id = parseImageId(uuid);
  if (id === undefined) throw new Error(`expected a UUID; got ${uuid}`);
  return id;
}
