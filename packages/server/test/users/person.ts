import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { relative } from 'node:path';
import { GetObjectCommand, ListObjectsV2Command, ListObjectVersionsCommand } from '@aws-sdk/client-s3';
import { sampleKey } from '../../src/domain/access/api-keys.fixture.ts';
import { revocationOf } from '../../src/domain/access/revocation.ts';
import { sampleDetails } from '../../src/domain/facts/facts.fixture.ts';
import {
  type HeldImage,
  type PendingImage,
  type ReadyImage,
  type StoredImage,
  tombstone,
} from '../../src/domain/image/image.ts';
import {
  incomingKey,
  type ObjectKey,
  originalsPrefix,
  renditionKey,
  replacementKey,
  workingCopyKey,
} from '../../src/domain/image/object-key.ts';
import { withBytesOf } from '../../src/domain/image/replace.ts';
import { REPLACE_GATE } from '../../src/domain/image/screening.ts';
import { createScanningClient, scanItems } from '../../src/records/archive/dynamodb/scan.ts';
import {
  NOW,
  newImageId,
  sampleHeld,
  sampleKeyUse,
  samplePending,
  samplePublished,
  sampleSettled,
} from '../../src/records/images/sample-images.fixture.ts';
import type { SoleArchiveServices } from '../../src/run/compose/archive.ts';
import { addStored } from '../backups/place.ts';
import type { Cloud } from '../services/cloud.ts';
import { bytesByOtherProcess, entriesBelow, filesBelow } from '../services/files-below.ts';

const A_DAY_MS = 86_400_000;

/** What must be found nowhere after the deletion: the user's id, and the hashes of the bytes. */
export interface Person {
  readonly userId: string;
  readonly needles: readonly string[];
}

/** A service that runs purges no trashed one meanwhile. */
const notDue = (image: StoredImage): StoredImage =>
  image.status === 'trashed' ? { ...image, purgeAt: new Date(Date.now() + 30 * A_DAY_MS) } : image;

/** A person with images in all states, and everything else that the service stores of one. */
export async function addPerson(services: SoleArchiveServices, userId: string): Promise<Person> {
  const { archive, images, usage } = services;
  const hashes: string[] = [];
  const bytesOf = (): Buffer => {
    const bytes = randomBytes(3_000);
    hashes.push(createHash('sha256').update(bytes).digest('hex'));
    return bytes;
  };
  const token = { id: randomBytes(16).toString('base64url'), maxBytes: null };
  const pending = (expiresAt = new Date(NOW.getTime() + 60_000)) =>
    samplePending({
      id: newImageId(),
      userId,
      token,
      expiresAt,
      tags: [`tag of ${userId}`],
      description: `of ${userId}`,
    });
  for (const status of ['ready', 'held', 'trashed'] as const) {
    const image = await addStored(services, notDue(sampleSettled(pending(), status) as StoredImage), bytesOf(), {
      ...sampleDetails,
      creator: `photographs of ${userId}`,
    });
    const others = [
      renditionKey(image.id, 'preset', 'thumb'),
      renditionKey(image.id, 'free', 'old'),
      workingCopyKey(image.id, { sha256: 'ab'.repeat(32) }),
      `${originalsPrefix(image)}left-by-a-crash/ada.jpg`,
      incomingKey(userId, image.id),
    ];
    for (const key of others) await put(services, key, bytesOf());
  }
  await addReplacements(services, pending, bytesOf);
  const promised = { sizeBytes: 1, sha256: randomBytes(32).toString('hex') };
  hashes.push(promised.sha256);
  const waiting = { ...pending(), promised };
  await archive.put({ kind: 'image', image: waiting });
  await put(services, incomingKey(userId, waiting.id), bytesOf());
  for (const status of ['rejected', 'expired'] as const)
    await archive.put({ kind: 'image', image: sampleSettled(pending(), status) });
  await archive.put({ kind: 'image', image: tombstone(pending(), NOW) });
  await archive.put({ kind: 'key', key: sampleKey({ owner: userId }) });
  await archive.put({ kind: 'key', key: sampleKey({ name: 'shared', owner: null, actsAs: [userId, 'eve'] }) });
  await archive.put({ kind: 'token-count', tokenId: token.id, used: 4, forgetAt: new Date(Date.now() + A_DAY_MS) });
  for (const tokenId of [null, 'v1'])
    await archive.put({ kind: 'revocation', revocation: revocationOf({ userId, tokenId }, new Date()) });
  await usage.setLimits(userId, { bytes: 1_000_000, images: null, pending: null });
  await images.useKey(sampleKeyUse({ userId, expiresAt: new Date(Date.now() + A_DAY_MS) }), new Date());
  return { userId, needles: [userId, ...hashes] };
}

/** A picture whose bytes were replaced, with the former ones, and an upload that is to replace those that it has. */
async function addReplacements(
  services: SoleArchiveServices,
  pending: () => PendingImage,
  bytesOf: () => Buffer,
): Promise<void> {
  const { images } = services;
  const uploadFor = ({ id, sha256 }: ReadyImage): HeldImage =>
    sampleHeld({ ...pending(), replaces: { imageId: id, sha256 } }, 'image/jpeg', { gates: ['first', REPLACE_GATE] });
  const former = await addStored(services, samplePublished(pending()), bytesOf());
  const bytes = bytesOf();
  const upload = await addStored(services, uploadFor(former), bytes); // its own object is left, as by a crash
  const objectKey = replacementKey(former, upload);
  const objectTag = await put(services, objectKey, bytes);
  const at = new Date();
  const picture = withBytesOf(former, upload, { objectKey, objectTag, maintainAt: at, at });
  assert.ok(await images.replace(former, picture));
  assert.ok(await images.replace(upload, tombstone(upload, at)));
  const held = await addStored(services, uploadFor(picture), bytesOf());
  await put(services, replacementKey(picture, held), bytesOf());
}

export async function put(
  { objects, staging }: Pick<SoleArchiveServices, 'objects' | 'staging'>,
  key: string,
  bytes: Uint8Array,
): Promise<string | null> {
  await using file = await staging.stage(once(bytes), { maxBytes: bytes.length });
  return await objects.put(key as ObjectKey, file, { contentType: 'image/jpeg' });
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/**
 * The names of files below the folder, and of folders, that have a needle in their name, their bytes, or as the hash of
 * their bytes.
 */
export async function inFiles(folder: string, { needles }: Person): Promise<string[]> {
  const found: string[] = [];
  for (const path of await filesBelow(folder)) {
    const bytes = await bytesByOtherProcess(path);
    const name = relative(folder, path).replace(/-wal$/, ''); // the database is both files
    if (hasNeedle(needles, name, bytes)) found.push(name);
  }
  for (const entry of await entriesBelow(folder))
    if (entry.isDirectory() && hasNeedle(needles, entry.name)) found.push(`folder ${entry.name}`);
  return [...new Set(found)];
}

/** Finds the person in the items of the table, and in all objects and versions of the bucket. */
export async function inCloud({ bucket: { client, name }, table }: Cloud, { needles }: Person): Promise<string[]> {
  const found: string[] = [];
  const { dynamo } = table;
  const scanning = await createScanningClient({
    region: dynamo.region,
    endpoint: dynamo.url,
    credentials: dynamo,
    caBundle: null,
  });
  for await (const items of scanItems(scanning, { table: table.name, prefixes: [''] }))
    for (const item of items)
      if (needles.some((needle) => JSON.stringify(item).includes(needle))) found.push(`item ${item['pk']?.S}`);
  scanning.destroy();
  const { Versions = [], DeleteMarkers = [] } = await client.send(new ListObjectVersionsCommand({ Bucket: name }));
  for (const { Key = '' } of DeleteMarkers) if (hasNeedle(needles, Key)) found.push(`marker ${Key}`);
  const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: name }));
  for (const { Key = '', VersionId } of [...Versions, ...Contents.map(({ Key }) => ({ Key, VersionId: undefined }))]) {
    const { Body } = await client.send(new GetObjectCommand({ Bucket: name, Key, VersionId }));
    if (hasNeedle(needles, Key, Buffer.from((await Body?.transformToByteArray()) ?? []))) found.push(`object ${Key}`);
  }
  return [...new Set(found)];
}

const hasNeedle = (needles: readonly string[], name: string, bytes: Buffer = Buffer.alloc(0)): boolean => {
  const hash = createHash('sha256').update(bytes).digest('hex');
  return needles.some((needle) => name.includes(needle) || bytes.includes(needle) || hash === needle);
};
