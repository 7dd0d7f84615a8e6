import { link, mkdir, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { v7 } from 'uuid';
import { type Facts, READER } from '../../server/src/domain/facts/facts.ts';
import { parseWallClock } from '../../server/src/domain/facts/wall-clock.ts';
import { pendingImage, publish, type ReadyImage, tombstone, trash } from '../../server/src/domain/image/image.ts';
import { type ImageId, parseImageId } from '../../server/src/domain/image/image-id.ts';
import { originalKey, renditionKey } from '../../server/src/domain/image/object-key.ts';
import type { ImageRepository } from '../../server/src/records/images/image-repository.ts';
import { createSqliteImageRepository } from '../../server/src/records/images/sqlite/sqlite.ts';
import { openDatabase } from '../../server/src/records/sqlite/database.ts';
import { createGroupCommit } from '../../server/src/records/sqlite/group-commit.ts';
import { MIGRATIONS } from '../../server/src/records/sqlite/schema.ts';
import { startService } from '../../server/test/services/running-service.ts';

export interface SeededPicture {
  readonly bytes: Uint8Array;
  readonly filename: string;
}

export interface Seeded {
  /** The image's creation time, by its number from 0 on. */
  readonly at: (index: number) => Date;
  readonly count: number;
  readonly pictures: readonly SeededPicture[];
  /** The clock with which it was taken, `2024-07-14T18:22:31.120`; absent: the picture doesn't say. */
  readonly takenAt?: (index: number) => string | undefined;
  /** Default: `me`. */
  readonly owner?: string;
  /** All are in the trash until then. */
  readonly trashedUntil?: Date;
  /** Where the records go; absent: into the folder. */
  readonly into?: Pick<ImageRepository, 'create' | 'replace'>;
}

/** What a browser accepts, so that the stored thumbnails are those that it gets. */
export const ACCEPT = 'image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8';
const BATCH = 1_000;
/** By requests to a server. */
const BATCH_ELSEWHERE = 50;

/**
 * Fills the data folder of a service that isn't running: uploads each picture once, and copies its record, original and
 * thumbnail.
 */
export async function seedLibrary(
  folder: string,
  { count, at, takenAt, pictures, owner = 'me', trashedUntil, into }: Seeded,
): Promise<void> {
  const uploaded = await upload(folder, pictures, owner);
  const objects = join(folder, 'data', 'objects');
  const renditions = await Promise.all(
    uploaded.map(async (id) => (await keysUnder(objects, 'renditions')).filter((key) => key.includes(id))),
  );
  using database = openDatabase(join(folder, 'data'), MIGRATIONS);
  database.exec('PRAGMA synchronous = OFF');
  await using writes = createGroupCommit(database);
  const repository = createSqliteImageRepository(database, writes);
  const images = into ?? repository;
  const originals = await Promise.all(
    uploaded.map(async (id) => {
      const image = await repository.get(id);
      if (image?.status !== 'ready') throw new Error(`expected an uploaded picture; got ${image?.status}`);
      return image;
    }),
  );
  const batch = into ? BATCH_ELSEWHERE : BATCH;
  for (let first = 0; first < count; first += batch) {
    await Promise.all(
      Array.from({ length: Math.min(batch, count - first) }, async (_, offset) => {
        const index = first + offset;
        const original = originals[index % originals.length];
        if (!original) throw new Error('expected pictures to seed; got none');
        const copy = copied(original, {
          at: at(index),
          takenAt: takenAt?.(index),
          filename: `${String(index).padStart(6, '0')}-${original.filename}`,
        });
        if (!(await images.create(copy.pending))) throw new Error('expected a new record');
        await images.replace(copy.pending, copy.ready);
        if (trashedUntil) await images.replace(copy.ready, trash(copy.ready, new Date(), trashedUntil));
        await linked(objects, original.objectKey, copy.ready.objectKey);
        for (const key of renditions[index % originals.length] ?? []) {
          const name = key.split('/').at(-1) ?? '';
          await linked(objects, key, renditionKey(copy.ready.id, 'preset', name));
        }
      }),
    );
  }
  // Those of the uploads are no part of the library.
  for (const original of originals) {
    await repository.replace(original, tombstone(original, new Date())); // with its rows and counts by capture
    database.exec(`DELETE FROM images WHERE id = '${original.id}'`);
  }
}

async function upload(folder: string, pictures: readonly SeededPicture[], owner: string): Promise<readonly ImageId[]> {
  await using service = await startService({}, folder);
  const ids: ImageId[] = [];
  for (const { bytes, filename } of pictures) {
    const form = new FormData();
    form.set('user_id', owner);
    form.set('file', new File([new Uint8Array(bytes)], filename));
    let answer: Response;
    // Beside other tests the service may be too busy to look at it.
    do answer = await fetch(`${service.origin}/images`, { method: 'POST', body: form });
    while (answer.status === 429);
    const image = (await answer.json()) as {
      readonly image_id: string;
      readonly renditions: { readonly thumb: string };
    };
    const id = parseImageId(image.image_id ?? '');
    if (id === undefined)
      throw new Error(`expected ${filename} to be stored; got ${answer.status} ${JSON.stringify(image)}`);
    await (await fetch(new URL(image.renditions.thumb, service.origin), { headers: { accept: ACCEPT } })).arrayBuffer();
    ids.push(id);
  }
  return ids;
}

interface Copy {
  readonly at: Date;
  readonly takenAt: string | undefined;
  readonly filename: string;
}

function copied(original: ReadyImage, { at, takenAt, filename }: Copy) {
  const id = parseImageId(v7({ msecs: at.getTime() }));
  const attempt = parseImageId(v7({ msecs: at.getTime() }));
  if (id === undefined || attempt === undefined) throw new Error('uuid made no UUID');
  const named = { ...original, id, filename };
  const pending = pendingImage(named, at, {
    expiresAt: new Date(at.getTime() + 300_000),
    claim: null,
    isDirect: false,
  });
  const objectKey = originalKey(named, attempt);
  const { contentType, sizeBytes, sha256, width, height, placeholder, dominantColor } = original;
  const verified = { contentType, sizeBytes, sha256, width, height, placeholder, dominantColor };
  const place = { objectKey, objectTag: null };
  return {
    pending,
    ready: publish(pending, verified, {
      ...place,
      maintainAt: null,
      filteredBy: [],
      facts: takenAt === undefined ? null : factsOf(takenAt),
      hasDetails: false,
      at,
    }),
  };
}

function factsOf(takenAt: string): Facts {
  const at = parseWallClock(takenAt);
  if (!at) throw new Error(`expected a clock; got ${takenAt}`);
  const exposure = { seconds: 0.004, fNumber: 2.8, iso: 100, focalLength: 35 };
  const said = { camera: 'A camera', lens: 'A lens', exposure, isAiGenerated: false, hasC2pa: false };
  return { reader: READER, taken: { at, offset: null, source: 'exif-original' }, ...said };
}

/** A second name for the same bytes. */
async function linked(objects: string, from: string, to: string): Promise<void> {
  await mkdir(join(objects, dirname(to)), { recursive: true });
  await link(join(objects, from), join(objects, to));
}

async function keysUnder(objects: string, prefix: string): Promise<string[]> {
  const entries = await readdir(join(objects, prefix), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(objects.length + 1));
}
