import assert from 'node:assert/strict';
import { GetObjectCommand, ListObjectVersionsCommand } from '@aws-sdk/client-s3';
import { isStored, type StoredImage } from '../../src/domain/image/image.ts';
import { incomingKey, originalsPrefix, renditionsPrefix } from '../../src/domain/image/object-key.ts';
import { recordsOf, sha256Of, sweepAll } from '../services/record-check.ts';
import type { S3Service } from '../services/s3-service.ts';

/** Past the first end of an upload in parts. */
const HOURS_MS = 2 * 3_600_000;

export interface RestOptions {
  /**
   * Copies that were given up, and performed after their image was ready: no record refers to them; they are removed
   * with the image.
   */
  readonly lateCopies?: number;
}

/** After every deadline and a sweep: asserts that objects and records agree exactly, and that nothing is left over. */
export async function requireRest(service: S3Service, { lateCopies = 0 }: RestOptions = {}): Promise<void> {
  service.clock.offsetMs += HOURS_MS;
  await sweepAll(service);
  const records = await recordsOf(service);
  assert.deepEqual(
    records.filter(({ status }) => status === 'pending'),
    [],
    'expected no pending records',
  );
  const published = records.filter(isStored);
  // An upload of a published image whose removal failed waits for a list or a lifecycle rule.
  const passing = published.map(({ userId, id }) => incomingKey(userId, id)) as string[];
  const renditions = published.map(({ id }) => renditionsPrefix(id));
  const kept = (await service.storedKeys()).filter((key) => !passing.includes(key));
  const late = kept.filter((key) => isLateCopy(published, key));
  assert.equal(late.length, lateCopies, 'expected this number of late copies');
  const stored = kept.filter((key) => !late.includes(key));
  assert.deepEqual(
    stored.filter((key) => !renditions.some((prefix) => key.startsWith(prefix))).toSorted(),
    published.map(({ objectKey }) => objectKey).toSorted(),
    'expected the objects that the records name',
  );
  for (const image of published) await requireBytes(service, image);
  await requireNoOldVersions(service, [...kept, ...passing]);
  assert.deepEqual(await service.stagedFiles(), [], 'expected no temporary files');
}

const isLateCopy = (published: readonly StoredImage[], key: string): boolean =>
  published.some((image) => key.startsWith(originalsPrefix(image)) && key !== image.objectKey);

/** Deletes every image: asserts that nothing is left, even if a store performed calls late. */
export async function requireNothing(service: S3Service): Promise<void> {
  const live = (await recordsOf(service)).filter(({ status }) => status !== 'deleted');
  for (const { id } of live) assert.equal((await service.request(`/images/${id}`, { method: 'DELETE' })).status, 200);
  await requireRest(service);
  assert.deepEqual(await service.storedKeys(), []);
}

async function requireBytes({ bucket }: S3Service, { id, objectKey, sizeBytes, sha256 }: StoredImage): Promise<void> {
  const { Body } = await bucket.client.send(new GetObjectCommand({ Bucket: bucket.name, Key: objectKey }));
  const bytes = (await Body?.transformToByteArray()) ?? new Uint8Array();
  assert.deepEqual([bytes.length, sha256Of(bytes)], [sizeBytes, sha256], `the bytes of ${id}`);
}

/** Checks a versioned bucket: a deleted object must not be readable by its version. */
async function requireNoOldVersions({ bucket }: S3Service, current: readonly string[]): Promise<void> {
  const listed = await bucket.client.send(new ListObjectVersionsCommand({ Bucket: bucket.name }));
  const keys = [...(listed.Versions ?? []), ...(listed.DeleteMarkers ?? [])].flatMap(({ Key }) => Key ?? []);
  assert.deepEqual(
    keys.filter((key) => !current.includes(key)),
    [],
    'expected no versions of deleted objects',
  );
}
