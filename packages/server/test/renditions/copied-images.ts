import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import sharp, { type Sharp } from 'sharp';
import { type ReadyImage, withWorkingCopy } from '../../src/domain/image/image.ts';
import type { ImageId } from '../../src/domain/image/image-id.ts';
import { type ObjectKey, renditionsPrefix, storedKey, workingCopyKey } from '../../src/domain/image/object-key.ts';
import type { WorkingCopy } from '../../src/domain/image/working-copy.ts';
import type { ServiceEvent } from '../../src/observe/observer/observer.ts';
import { maintainRenditions } from '../../src/operations/renditions/maintain-renditions.ts';
import { json, post, type TestService } from '../services/service.ts';

/** A PNG that gets a working copy with its upload. */
export const LARGE = { width: 2_600, height: 1_600 } as const;
/** A JPEG that gets one after its first rendition. */
export const LARGE_JPEG = { width: 5_200, height: 4_000 } as const;
/** What the copy of a `LARGE` picture measures. */
export const COPY = { width: 2_048, height: 1_264 } as const;

const RED = { r: 200, g: 30, b: 30 } as const;
const BLUE = { r: 30, g: 30, b: 200 } as const;

export type Color = 'red' | 'blue';

/** A picture of one color, which takes no time to encode. */
export const flat = (size: { readonly width: number; readonly height: number }, color: Color = 'red'): Sharp =>
  sharp({ create: { ...size, channels: 3, background: color === 'red' ? RED : BLUE } });

/** A red PNG as it takes least time. */
export const png = async (picture: Sharp = flat(LARGE)): Promise<Uint8Array<ArrayBuffer>> =>
  new Uint8Array(await picture.png({ compressionLevel: 1 }).toBuffer());

export const jpeg = async (picture: Sharp = flat(LARGE_JPEG)): Promise<Uint8Array<ArrayBuffer>> =>
  new Uint8Array(await picture.jpeg().toBuffer());

const BLUE_COPY = await jpeg(flat(COPY, 'blue'));

/** The parts of a service that these tests use, wherever its stores are. */
export type CopyingService = Pick<TestService, 'services' | 'request'>;

export async function upload(
  service: CopyingService,
  body: Uint8Array<ArrayBuffer>,
  type = 'image/png',
): Promise<ImageId> {
  const answer = await service.request('/images/upload?user_id=ada', post(body, type));
  const told = (await answer.json()) as { image_id: ImageId };
  assert.equal(answer.status, 200, JSON.stringify(told));
  return told.image_id;
}

export async function readyRecord({ services }: Pick<TestService, 'services'>, id: ImageId): Promise<ReadyImage> {
  const image = await services.images.get(id);
  assert.ok(image?.status === 'ready', `expected a ready image; got ${image?.status}`);
  return image;
}

/** Whether maintenance of its renditions is due. */
export async function isDue(service: Pick<TestService, 'services'>, id: ImageId): Promise<boolean> {
  const { maintainAt } = await readyRecord(service, id);
  return maintainAt !== null && maintainAt <= service.services.clock.now();
}

export async function namedCopy(service: Pick<TestService, 'services'>, id: ImageId): Promise<WorkingCopy> {
  const { workingCopy } = await readyRecord(service, id);
  assert.ok(workingCopy, 'expected a record with a working copy');
  return workingCopy;
}

/** The keys of all copies in the store, also of those that no record names. */
export const storedCopies = async ({ services }: Pick<TestService, 'services'>, id: ImageId): Promise<ObjectKey[]> =>
  (await Array.fromAsync(services.objects.list(renditionsPrefix(id)), ({ key }) => key)).filter(
    (key) => storedKey(key)?.kind === 'working-copy',
  );

export const storedRenditions = async (
  { services }: Pick<TestService, 'services'>,
  id: ImageId,
): Promise<ObjectKey[]> =>
  (await Array.fromAsync(services.objects.list(renditionsPrefix(id)), ({ key }) => key)).filter(
    (key) => storedKey(key)?.kind === 'rendition',
  );

async function* chunksOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

export async function putObject(
  { services: { staging, objects } }: Pick<TestService, 'services'>,
  key: ObjectKey,
  bytes: Uint8Array,
): Promise<void> {
  await using file = await staging.stage(chunksOf(bytes), { maxBytes: bytes.length });
  await objects.put(key, file, { contentType: 'image/jpeg' });
}

/** Gives the image a copy of another color, or these bytes: renditions that are made from it have this color. */
export async function plantCopy(
  service: Pick<TestService, 'services'>,
  id: ImageId,
  { bytes: given, ...size }: { readonly width: number; readonly height: number; readonly bytes?: Uint8Array } = COPY,
): Promise<ObjectKey> {
  const bytes =
    given ?? (size.width === COPY.width && size.height === COPY.height ? BLUE_COPY : await jpeg(flat(size, 'blue')));
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const key = workingCopyKey(id, { sha256 });
  await putObject(service, key, bytes);
  const image = await readyRecord(service, id);
  const { width, height } = size;
  const copy = { sha256, sizeBytes: bytes.length, contentType: 'image/jpeg', width, height } as const;
  assert.ok(await service.services.images.replace(image, withWorkingCopy(image, copy)));
  return key;
}

/** `red`: from the original; `blue`: from the planted copy. */
export async function colorOf(bytes: Uint8Array): Promise<Color> {
  const { dominant } = await sharp(bytes).stats();
  return dominant.b > dominant.r ? 'blue' : 'red';
}

export async function bytesOf(answer: Response): Promise<Uint8Array> {
  const bytes = await answer.bytes();
  assert.equal(answer.status, 200, Buffer.from(bytes.subarray(0, 500)).toString());
  return bytes;
}

/** The path and query of the rendition by these parameters. */
export async function renderPath({ request }: CopyingService, id: ImageId, transform: object): Promise<string> {
  const answer = await request(`/images/${id}/render-url`, json({ format: 'png', ...transform }));
  const { pathname, search } = new URL(((await answer.json()) as { url: string }).url);
  return pathname + search;
}

/** The rendition by these parameters, which is made at once. */
export const render = async (service: CopyingService, id: ImageId, transform: object): Promise<Uint8Array> =>
  bytesOf(await service.request(await renderPath(service, id, transform)));

/** The job that a rendition may have sent. */
export const maintain = ({ services }: Pick<TestService, 'services'>, id: ImageId): Promise<void> =>
  maintainRenditions(services, id);

/** An observer that counts the events of working copies. */
export function createEars() {
  const heard: ServiceEvent[] = [];
  return {
    observe: (event: ServiceEvent): void => {
      heard.push(event);
    },
    /** The number of events of this name. */
    count: (name: ServiceEvent['event']): number => heard.filter(({ event }) => event === name).length,
  };
}

/** How many jobs wait in the queue, up to ten. */
export async function waitingJobs({ services: { jobs } }: Pick<TestService, 'services'>): Promise<number> {
  const deliveries = await jobs.receive({ limit: 10, waitSeconds: 0, signal: AbortSignal.timeout(60_000) });
  return deliveries.length;
}
