import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type Image, isStored, type StoredImage } from '../../src/domain/image/image.ts';
import { filterRowsOf } from '../../src/domain/metadata/metadata-filters.ts';
import { COUNTED_STATUSES } from '../../src/domain/usage/status-counts.ts';
import { hearingPostponed } from '../../src/observe/observer/hearing.fixture.ts';
import { sweep } from '../../src/operations/upkeep/sweep.ts';
import type { TestService } from './service.ts';

export const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Every record, in any state. */
export async function recordsOf({ services, folder }: Pick<TestService, 'services' | 'folder'>): Promise<Image[]> {
  const rows = rowsOf(folder, 'SELECT id FROM images ORDER BY id');
  const records = await Promise.all(rows.map(({ id }) => services.images.get(id as Image['id'])));
  return records.flatMap((record) => record ?? []);
}

/** Sweeps until nothing is due, and asserts that nothing failed. */
export async function sweepAll({ services }: TestService): Promise<void> {
  const failures: unknown[] = [];
  const options = { holder: 'test', signal: new AbortController().signal };
  await sweep(
    hearingPostponed(services, (error) => failures.push(error)),
    options,
  );
  assert.deepEqual(failures, [], 'expected no failures of the sweep');
}

/** Asserts that the stored objects are exactly the verified bytes of the ready and of the trashed records. */
export async function requireAgreement(service: TestService): Promise<void> {
  const records = await recordsOf(service);
  await requireObjects(service, records.filter(isStored));
  requireTags(
    records.filter(({ status }) => status === 'ready'),
    service.folder,
  );
  requireCounts(records, service.folder);
  requireMetadata(records, service.folder);
}

/** Asserts the same of a folder of objects, with such records in any repository. */
export async function requireObjects(
  service: Pick<TestService, 'folder' | 'storedFiles'>,
  published: readonly StoredImage[],
): Promise<void> {
  const objects = join(service.folder, 'objects');
  const stored = (await service.storedFiles()).map((path) => relative(objects, path));
  assert.deepEqual(
    stored.toSorted(),
    published.map(({ objectKey }) => objectKey).toSorted(),
    'expected the objects that the records name',
  );
  for (const image of published) await requireBytes(image, join(objects, image.objectKey));
}

async function requireBytes({ id, sizeBytes, sha256 }: StoredImage, path: string): Promise<void> {
  const bytes = await readFile(path);
  assert.deepEqual([bytes.length, sha256Of(bytes)], [sizeBytes, sha256], `the bytes of ${id}`);
}

/** The facets of lists by tag. */
function requireTags(ready: readonly Image[], folder: string): void {
  const listed = rowsOf(folder, 'SELECT id, tag FROM image_tags').map(({ id, tag }) => `${id} ${tag}`);
  const described = ready.flatMap(({ id, tags }) => tags.map((tag) => `${id} ${tag}`));
  assert.deepEqual(listed.toSorted(), described.toSorted(), 'expected the tags of ready images in lists');
}

/** The numbers of images by owner and status. */
function requireCounts(records: readonly Image[], folder: string): void {
  const stored = rowsOf(folder, 'SELECT user_id, status, images FROM image_counts WHERE images <> 0');
  const counted = records.filter(({ status }) => COUNTED_STATUSES.some((one) => one === status));
  const groups = Map.groupBy(counted, ({ userId, status }) => `${userId} ${status}`);
  assert.deepEqual(
    stored.map(({ user_id: userId, status, images }) => `${userId} ${status} ${images}`).toSorted(),
    [...groups].map(([group, images]) => `${group} ${images.length}`).toSorted(),
    'expected the counts of images by status',
  );
}

/** The rows of lists by metadata. */
export function requireMetadata(records: readonly Image[], folder: string): void {
  const listed = rowsOf(folder, 'SELECT user_id AS owner, name, value, id FROM image_metadata');
  const described = records.flatMap((image) =>
    filterRowsOf(image).map(({ name, value }) => ({ owner: image.userId, name, value, id: image.id })),
  );
  const sorted = (rows: readonly object[]): string[] => rows.map((row) => JSON.stringify(row)).toSorted();
  assert.deepEqual(sorted(listed), sorted(described), 'expected the rows of metadata of ready images');
}

/** Asserts that nothing is under way any more: after every deadline and a sweep. */
export async function requireRest(service: TestService): Promise<void> {
  await requireAgreement(service);
  const unsettled = (await recordsOf(service)).filter(({ status }) => status === 'pending');
  assert.deepEqual(unsettled, [], 'expected no pending records');
  assert.deepEqual(rowsOf(service.folder, 'SELECT * FROM idempotency_keys'), [], 'expected no keys in use');
  assert.deepEqual(rowsOf(service.folder, 'SELECT * FROM dead_letters'), [], 'expected no dead jobs');
}

/** Read directly, because the port of records doesn't list them. */
function rowsOf(folder: string, query: string): Record<string, unknown>[] {
  using database = new DatabaseSync(join(folder, 'safelight.db'), { readOnly: true });
  return database
    .prepare(query)
    .all()
    .map((row) => ({ ...row }));
}
