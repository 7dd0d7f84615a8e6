import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { v7 } from 'uuid';
import { newAlbum } from '../packages/server/src/domain/album/album.ts';
import type { AlbumId } from '../packages/server/src/domain/album/album-id.ts';
import { placeOfAddition } from '../packages/server/src/domain/album/album-place.ts';
import { NOTHING_SAID } from '../packages/server/src/domain/facts/facts.ts';
import type { Taken } from '../packages/server/src/domain/facts/taken.ts';
import { wallClockAt } from '../packages/server/src/domain/facts/wall-clock.ts';
import { pendingImage, publish } from '../packages/server/src/domain/image/image.ts';
import { type ImageId, parseImageId } from '../packages/server/src/domain/image/image-id.ts';
import type { MediaType } from '../packages/server/src/domain/image/media-type.ts';
import { type ObjectKey, originalKey } from '../packages/server/src/domain/image/object-key.ts';
import { begunWalk } from '../packages/server/src/domain/metadata/filling.ts';
import { createSqliteAlbumRepository } from '../packages/server/src/records/albums/sqlite/sqlite.ts';
import { writeFilterRequest, writeFilterWalk } from '../packages/server/src/records/coordination/filter-bookmarks.ts';
import {
  createSqliteCoordination,
  type SqliteCoordination,
} from '../packages/server/src/records/coordination/sqlite/sqlite.ts';
import { createSqliteImageRepository } from '../packages/server/src/records/images/sqlite/sqlite.ts';
import { openDatabase } from '../packages/server/src/records/sqlite/database.ts';
import { createGroupCommit } from '../packages/server/src/records/sqlite/group-commit.ts';
import { MIGRATIONS } from '../packages/server/src/records/sqlite/schema.ts';
import type { Services } from '../packages/server/src/services.ts';

/** The owner of half of the images. */
export const BUSY_OWNER = 'ada';
/** The owner of this many images, spread over all years and thus over the whole file. */
export const RARE_OWNER = 'grace';
export const RARE_COUNT = 60;

/** An album of BUSY_OWNER, of up to 100,000 images that are spread over the whole file. */
export const ALBUM = '01a1f82b-9a3e-7c51-8f0e-5d1f6b7c2a90' as AlbumId;
const MOST_OF_ALBUM = 100_000;

/** Another such owner; all images contain the words. */
export const SEARCHED_OWNER = 'linus';
export const SEARCHED_COUNT = 100;
/** The first word of every filename, and two words that are each in a third of all descriptions, never together. */
export const COMMON_WORD = 'img';
export const SEPARATE_WORDS = 'harbour catalogue';

/** On nearly half of the images; every further tag on fewer. */
export const COMMON_TAG = 'tag-1';
export const SECOND_TAG = 'tag-2';
export const THIRD_TAG = 'tag-3';
/** On RARE_COUNT images. */
export const RARE_TAG = 'once-in-a-while';
/** Each on half of all images, never together: one alternates, the other is on one half of the range. */
export const LEFT_TAG = 'left';
export const RIGHT_TAG = 'right';
export const EARLY_TAG = 'early';
export const LATE_TAG = 'late';

/** The members of the metadata by which a dataset's lists may be filtered. */
export const FILTERS = ['campaign', 'order'] as const;
/** All images with LEFT_TAG have it, and no other. */
export const COMMON_CAMPAIGN = 'spring';
/** RARE_OWNER's images have it. */
export const RARE_ORDER = 'A17';

export const COMMON_TYPE: MediaType = 'image/jpeg';

export const FIRST_DAY = Date.UTC(2024, 10, 1);
export const LAST_DAY = Date.UTC(2026, 10, 1);
/** Before LAST_DAY: when the pictures were taken. */
const EIGHT_YEARS = LAST_DAY - Date.UTC(2018, 10, 1);

const BATCH = 2_000;

/** A service looks for the bytes of so many of the oldest and of the newest images at its start. */
const WITH_BYTES = 3;

/** The external ids of RARE_OWNER's images. */
export const rareExternalIds = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => index)
    .filter((index) => isRare(index, count))
    .map(externalIdOf);

const externalIdOf = (index: number): string => `photograph-${index}`;

/**
 * A folder whose `data` holds `count` ready images, written by the repository; built once for each schema. A service
 * with other METADATA_FILTERS than `filters` would begin to write the rows of all images anew.
 */
export async function dataset(count: number, filters: readonly string[] = []): Promise<string> {
  const root = join(tmpdir(), 'safelight-bench-data');
  const kind = [count, ...filters].join('-');
  const name = `${kind}-${digestOfSources()}`;
  const folder = join(root, name);
  if (existsSync(folder)) return folder;

  await mkdir(root, { recursive: true });
  for (const other of await readdir(root)) {
    if (other.slice(0, other.lastIndexOf('-')) === kind) await rm(join(root, other), { recursive: true });
  }
  console.log(`writing ${count.toLocaleString('en')} images to ${folder}`);
  const unfinished = join(root, `${name}.unfinished`);
  await mkdir(join(unfinished, 'data'), { recursive: true });
  await write(join(unfinished, 'data'), count, filters);
  await rename(unfinished, folder);
  return folder;
}

function digestOfSources(): string {
  const digest = createHash('sha256');
  for (const file of [...MIGRATIONS.flatMap(({ sql }) => sql), new URL(import.meta.url)])
    digest.update(readFileSync(file));
  return digest.digest('hex').slice(0, 12);
}

async function write(folder: string, count: number, filters: readonly string[]): Promise<void> {
  using database = openDatabase(folder, MIGRATIONS);
  // An interrupted build starts again; a gigabyte of cache holds the pages of all indexes.
  database.exec('PRAGMA synchronous = OFF; PRAGMA cache_size = -1048576; PRAGMA wal_autocheckpoint = 100000');
  await using writes = createGroupCommit(database);
  if (filters.length > 0) await allowFilters(createSqliteCoordination(database, writes), filters);
  const images = createSqliteImageRepository(database, writes);
  const albums = createSqliteAlbumRepository(database, writes);
  await addSamples({ images, albums }, { count, filters, folder });
}

interface SamplesOptions {
  readonly count: number;
  readonly filters?: readonly string[];
  /** The service's, for the bytes of some of them. */
  readonly folder: string;
}

/** Adds ready images to a service that hasn't started and has none. */
export async function addSamples(
  { images: repository, albums }: Pick<Services, 'images' | 'albums'>,
  { count, filters = [], folder }: SamplesOptions,
): Promise<void> {
  const named = { id: ALBUM, userId: BUSY_OWNER, title: 'Everything', description: null, order: 'newest' } as const;
  await albums.create(newAlbum(named, new Date(FIRST_DAY)));
  const random = createRandom(1);
  const hasBytes = (index: number) => index < WITH_BYTES || index >= count - WITH_BYTES;
  for (let first = 0; first < count; first += BATCH) {
    const length = Math.min(BATCH, count - first);
    const images = Array.from({ length }, (_, offset) => sampleImage(first + offset, { count, filters, random }));
    const created = await Promise.all(images.map(({ pending }) => repository.create(pending)));
    const published = await Promise.all(images.map(({ pending, ready }) => repository.replace(pending, ready)));
    if (![...created, ...published].every(Boolean)) throw new Error('expected every record written; some were not');
    for (const [offset, { ready }] of images.entries()) {
      if (hasBytes(first + offset)) await writeObject(folder, ready.objectKey);
    }
  }
}

/** As a service does that starts without images. */
async function allowFilters(coordination: SqliteCoordination, names: readonly string[]): Promise<void> {
  const askedAt = new Date(FIRST_DAY);
  const request = { id: v7(), names, kept: [], askedAt };
  await writeFilterRequest(coordination, request);
  await writeFilterWalk(coordination, { ...begunWalk(request), doneAt: askedAt });
}

async function writeObject(folder: string, key: ObjectKey): Promise<void> {
  const path = join(folder, 'objects', key);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, 'not read by any bench');
}

type Random = () => number;

/** From 0 (inclusive) to 1 (exclusive), deterministic: Steele and Vigna's SplitMix, in 32 bits. */
function createRandom(seed: number): Random {
  let state = seed;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  };
}

interface Samples {
  readonly count: number;
  readonly filters: readonly string[];
  readonly random: Random;
}

/** About 700 bytes per record. */
function sampleImage(index: number, { count, filters, random }: Samples) {
  const at = new Date(FIRST_DAY + Math.floor((index / count) * (LAST_DAY - FIRST_DAY)));
  const id = imageIdAt(at);
  const contentType = typeOf(random());
  const userId = ownerOf(index, count, random);
  const named = {
    id,
    userId,
    filename: `IMG_${String(index).padStart(7, '0')}.${contentType.slice('image/'.length)}`,
    tags: tagsOf(index, count, random),
    description: DESCRIPTIONS[Math.floor(random() * DESCRIPTIONS.length)] ?? null,
    visibility: 'private' as const,
    externalId: externalIdOf(index),
    metadata: {
      camera: 'Nikon Z 6',
      iso: 100 * 2 ** Math.floor(random() * 6),
      campaign: index % 2 === 0 ? COMMON_CAMPAIGN : 'autumn',
      ...(userId === RARE_OWNER && { order: RARE_ORDER }),
      place: { lat: random(), lon: random() },
    },
    contentType,
  };
  const pending = pendingImage(named, at, {
    expiresAt: new Date(at.getTime() + 300_000),
    claim: null,
    isDirect: false,
    albums:
      userId === BUSY_OWNER && index % everyInAlbum(count) === 0
        ? [{ albumId: ALBUM, added: placeOfAddition(at, index % BATCH, id), moved: null }]
        : [],
  });
  const verified = {
    contentType,
    sizeBytes: 200_000 + Math.floor(random() * 8_000_000),
    sha256: createHash('sha256').update(id).digest('hex'),
    width: 4_000,
    height: 3_000,
    placeholder: '3OcRJYB4d3h/iIeHeEh3eIhw+j2w',
    dominantColor: '#7a8c99',
  };
  return {
    pending,
    ready: publish(pending, verified, {
      objectKey: originalKey(named, imageIdAt(at)),
      objectTag: null,
      maintainAt: null,
      filteredBy: filters,
      facts: { ...NOTHING_SAID.facts, taken: takenAt(random), camera: 'Nikon Z 6' },
      hasDetails: false,
      at: new Date(at.getTime() + 4_000),
    }),
  };
}

/** Half of all are of its owner. */
const everyInAlbum = (count: number): number => Math.ceil(count / 2 / MOST_OF_ALBUM);

/** Nine of ten pictures say when they were taken: in any order, within eight years. */
function takenAt(random: Random): Taken | null {
  const clock = wallClockAt(LAST_DAY - Math.floor(random() * EIGHT_YEARS));
  return random() < 0.9 && clock ? { at: clock, offset: null, source: 'exif-original' } : null;
}

const DESCRIPTIONS = [
  'The harbour in the morning, before the boats came back; from the wall, looking east.',
  'Third of a series, cropped later; the light was better on the first but somebody moved.',
  'Front view, for the catalogue. To be replaced once the new samples are there.',
];

function imageIdAt(at: Date): ImageId {
  const id = parseImageId(v7({ msecs: at.getTime() }));
  if (id === undefined) throw new Error('uuid made no UUID');
  return id;
}

/** Whether this is one of RARE_COUNT evenly spread indexes. */
const isRare = (index: number, count: number): boolean => {
  const step = Math.floor(count / RARE_COUNT);
  return index % step === 1 && index < step * RARE_COUNT;
};

function ownerOf(index: number, count: number, random: Random): string {
  if (isRare(index, count)) return RARE_OWNER;
  if (index % Math.floor(count / SEARCHED_COUNT) === 2) return SEARCHED_OWNER;
  if (random() < 0.5) return BUSY_OWNER;
  return `user-${Math.floor((count / 20) * random() ** 2)}`;
}

function typeOf(share: number): MediaType {
  if (share < 0.6) return COMMON_TYPE;
  if (share < 0.8) return 'image/png';
  if (share < 0.92) return 'image/webp';
  return share < 0.97 ? 'image/gif' : 'image/avif';
}

const DISTINCT_TAGS = 500;

/** Zipf's law: the k-th tag is drawn 1/k times as often as the first. These are the cumulative shares. */
const CUMULATED = cumulated(Array.from({ length: DISTINCT_TAGS }, (_, index) => 1 / (index + 1)));

function cumulated(weights: readonly number[]): readonly number[] {
  let sum = 0;
  return weights.map((weight) => {
    sum += weight;
    return sum;
  });
}

function tagsOf(index: number, count: number, random: Random): string[] {
  const drawn = Array.from({ length: 1 + Math.floor(random() * 6) }, () => {
    const weight = random() * (CUMULATED.at(-1) ?? 0);
    return `tag-${1 + CUMULATED.findIndex((sum) => sum > weight)}`;
  });
  const rare = isRare(index, count) ? [RARE_TAG] : [];
  const halves = [index % 2 === 0 ? LEFT_TAG : RIGHT_TAG, index < count / 2 ? EARLY_TAG : LATE_TAG];
  return [...new Set([...drawn, ...rare, ...halves])];
}
