import { createHash, randomBytes } from 'node:crypto';
import { holdAgain } from '../../src/domain/image/hold.ts';
import {
  type Image,
  isStored,
  type ReadyImage,
  reject,
  type StoredImage,
  tombstone,
  trash,
} from '../../src/domain/image/image.ts';
import {
  incomingKey,
  type ObjectKey,
  originalKey,
  renditionKey,
  workingCopyKey,
} from '../../src/domain/image/object-key.ts';
import type { WorkingCopy } from '../../src/domain/image/working-copy.ts';
import type { FindingKind } from '../../src/operations/reconcile/finding.ts';
import {
  newImageId,
  sampleHeld,
  samplePending,
  samplePublished,
} from '../../src/records/images/sample-images.fixture.ts';
import {
  type ArchiveComposition,
  composeSoleArchive,
  type SoleArchiveServices,
} from '../../src/run/compose/archive.ts';
import { loadConfig } from '../../src/run/config/config.ts';

export type Environment = Readonly<Record<string, string>>;

export function openPlace(environment: Environment): Promise<ArchiveComposition<SoleArchiveServices>> {
  const { config, secrets } = loadConfig({ ...environment });
  return composeSoleArchive(config, secrets, { observe: () => undefined });
}

const DAY_MS = 86_400_000;
/** When the place is examined: everything in it is older than forty days then. */
export const LATER = new Date(Date.now() + 41 * DAY_MS);
/** Every image ends later. */
const FAR = new Date(LATER.getTime() + 400 * DAY_MS);

export interface Planted {
  readonly kind: FindingKind;
  /** The id of the image, or its user. */
  readonly id: string;
}

/** What a test puts into a place: sound images in every state, and images and objects with one fault each. */
export function createPlanter({ archive, objects, multipart, staging }: SoleArchiveServices) {
  const hashIn = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

  const SIZES = { sizeBytes: 9, partBytes: 6_000_000, checksums: false };
  const unfinished = ({ userId, id }: Pick<Image, 'userId' | 'id'>): Promise<string> =>
    multipart.begin(incomingKey(userId, id), { contentType: 'image/jpeg', ...SIZES });

  async function leave(key: ObjectKey, bytes: Uint8Array = randomBytes(500)): Promise<string | null> {
    await using file = await staging.stage(once(bytes), { maxBytes: bytes.length });
    return await objects.put(key, file, { contentType: 'image/jpeg' });
  }

  /** A ready image, whose bytes and working copy the store has. */
  async function stored(userId = 'ada'): Promise<ReadyImage> {
    const [bytes, copyBytes] = [randomBytes(700), randomBytes(300)];
    const image = samplePublished(samplePending({ userId, tags: ['red'] }));
    const objectTag = await leave(image.objectKey, bytes);
    const workingCopy: WorkingCopy = {
      sha256: hashIn(copyBytes),
      sizeBytes: copyBytes.length,
      contentType: 'image/jpeg',
      width: 100,
      height: 80,
    };
    await leave(workingCopyKey(image.id, workingCopy), copyBytes);
    return { ...image, sizeBytes: bytes.length, sha256: hashIn(bytes), objectTag, workingCopy };
  }

  async function put(image: Image): Promise<void> {
    if (!(await archive.put({ kind: 'image', image }))) throw new Error(`expected a free id; ${image.id} is taken`);
  }

  const planted: Planted[] = [];
  const plant = (kind: FindingKind, id: string): void => void planted.push({ kind, id });

  const copyKey = (image: ReadyImage): ObjectKey => {
    if (!image.workingCopy) throw new Error('expected a working copy');
    return workingCopyKey(image.id, image.workingCopy);
  };
  const attemptOf = (image: Pick<Image, 'id' | 'userId'>): ObjectKey =>
    originalKey({ userId: image.userId, id: image.id, filename: 'ada.jpg', contentType: 'image/jpeg' }, 'other');

  return {
    planted,

    /** Nothing is wrong with any of these. */
    async addSound(): Promise<void> {
      const [ready, trashed, heldAgain] = [await stored(), await stored('bob'), await stored()];
      await put(ready);
      await leave(renditionKey(ready.id, 'preset', 'thumb'));
      await put(trash(trashed, new Date(), FAR));
      const { screening } = sampleHeld(samplePending());
      await put(holdAgain(heldAgain, { screening: { ...screening, askAt: FAR }, decided: [], at: new Date() }));
      const pending = samplePending({ expiresAt: FAR, lookAt: FAR, reservedBytes: 5 });
      await put(pending);
      await leave(incomingKey(pending.userId, pending.id));
      await leave(attemptOf(pending)); // of an attempt that is under way
      const parts = samplePending({ expiresAt: FAR, lookAt: FAR, reservedBytes: 9 });
      await put({ ...parts, ...inParts(await unfinished(parts)) });
      await put(reject(samplePending(), { code: 'empty-upload', detail: 'no bytes' }, new Date()));
    },

    async addFaults(): Promise<void> {
      const missing = await stored();
      await put(missing);
      await objects.delete([missing.objectKey]);
      plant('original-missing', missing.id);

      const size = await stored();
      await put(size);
      await leave(size.objectKey, randomBytes(size.sizeBytes - 1));
      plant('original-size', size.id);

      const hash = await stored();
      await put(hash);
      await leave(hash.objectKey, randomBytes(hash.sizeBytes));
      plant('original-hash', hash.id);

      const noCopy = await stored();
      await put(noCopy);
      await objects.delete([copyKey(noCopy)]);
      plant('copy-missing', noCopy.id);
      const heldWithout = await stored();
      const { screening } = sampleHeld(samplePending());
      await put(holdAgain(heldWithout, { screening: { ...screening, askAt: FAR }, decided: [], at: new Date() }));
      await objects.delete([copyKey(heldWithout)]);
      plant('copy-missing', heldWithout.id);

      const copySize = await stored();
      await put(trash(copySize, new Date(), FAR));
      await leave(copyKey(copySize), randomBytes(299));
      plant('copy-size', copySize.id);

      const copyHash = await stored();
      await put(copyHash);
      await leave(copyKey(copyHash), randomBytes(300));
      plant('copy-hash', copyHash.id);

      const unknown = { id: newImageId(), userId: 'ada' };
      await leave(attemptOf(unknown));
      plant('original-without-record', unknown.id);
      const rendered = newImageId();
      await leave(renditionKey(rendered, 'free', 'w100'));
      plant('rendition-without-original', rendered);
      const copied = newImageId();
      await leave(workingCopyKey(copied, { sha256: '0'.repeat(64) }));
      plant('copy-without-original', copied);
      const uploaded = newImageId();
      await leave(incomingKey('ada', uploaded));
      plant('upload-without-record', uploaded);
      const nobodys = { id: newImageId(), userId: 'ada' };
      await unfinished(nobodys);
      plant('upload-abandoned', nobodys.id);
      const begunAnew = samplePending({ expiresAt: FAR, lookAt: FAR, reservedBytes: 9 });
      await unfinished(begunAnew);
      await put({ ...begunAnew, ...inParts(await unfinished(begunAnew)) });
      plant('upload-abandoned', begunAnew.id);

      const ended = tombstone(await stored(), new Date());
      await put(ended);
      await leave(attemptOf(ended));
      plant('original-of-ended', ended.id); // the image's own
      plant('original-of-ended', ended.id);
      plant('copy-of-ended', ended.id);
      await leave(renditionKey(ended.id, 'preset', 'thumb'));
      plant('rendition-of-ended', ended.id);

      const superseded = await stored();
      await put(superseded);
      await leave(attemptOf(superseded));
      plant('original-superseded', superseded.id);
      await leave(workingCopyKey(superseded.id, { sha256: '1'.repeat(64) }));
      plant('copy-superseded', superseded.id);

      const retagged = await stored();
      if (retagged.objectTag !== null) plant('original-tag', retagged.id);
      await put(retagged.objectTag === null ? retagged : { ...retagged, objectTag: '"of-another-bucket"' });
    },

    /** Originals of images without a record. */
    async addUnknown(count: number): Promise<string[]> {
      const ids = Array.from({ length: count }, () => newImageId());
      for (const id of ids) await leave(attemptOf({ id, userId: 'ada' }));
      return ids.map((id) => `original-without-record ${id}`);
    },

    /** Images whose originals are gone. */
    async addLost(count: number): Promise<string[]> {
      const images = Array.from({ length: count }, () => samplePublished(samplePending()));
      for (const image of images) await put(image);
      return images.map(({ id }) => `original-missing ${id}`);
    },

    /** Images whose originals have other sizes than recorded. */
    async addShortened(count: number): Promise<string[]> {
      const images: ReadyImage[] = [];
      for (let n = 0; n < count; n += 1) images.push(await stored());
      for (const image of images) {
        await put(image);
        await leave(image.objectKey, randomBytes(image.sizeBytes - 1));
      }
      return images.map(({ id }) => `original-size ${id}`);
    },

    /** By a process that doesn't count: of a known owner, and of one without any usage. */
    async addUncounted(): Promise<void> {
      for (const userId of ['ada', 'eve']) {
        await put(await stored(userId));
        plant('usage', userId);
      }
    },
  };
}

/** What its record says of it. */
const inParts = (uploadId: string) => ({
  promised: { sizeBytes: 9, sha256: null },
  parts: { partBytes: 6_000_000, checksums: false, uploadId },
});

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** Every record of an image, and the hash of every object. */
export async function snapshotOf({
  archive,
  objects,
  multipart,
}: SoleArchiveServices): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for await (const page of archive.all())
    for (const one of page) if (one.kind === 'image') found.set(one.image.id, JSON.stringify(one.image));
  for await (const { key, uploadId } of multipart.list('incoming/')) found.set(`${key}/${uploadId}`, 'unfinished');
  for (const prefix of ['images/', 'renditions/', 'incoming/'])
    for await (const { key } of objects.list(prefix)) {
      const object = await objects.get(key);
      const sum = createHash('sha256');
      if (object?.body instanceof Uint8Array) sum.update(object.body);
      else if (object) for await (const chunk of object.body) sum.update(chunk);
      found.set(key, sum.digest('hex'));
    }
  return found;
}

export const storedIn = async ({ archive }: Pick<SoleArchiveServices, 'archive'>): Promise<readonly StoredImage[]> => {
  const found: StoredImage[] = [];
  for await (const page of archive.all())
    found.push(...page.flatMap((one) => (one.kind === 'image' && isStored(one.image) ? [one.image] : [])));
  return found;
};
