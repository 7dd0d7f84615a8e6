import { createHash, randomBytes } from 'node:crypto';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Details } from '../../src/domain/facts/facts.ts';
import type { StoredImage } from '../../src/domain/image/image.ts';
import type { ArchiveRecord } from '../../src/records/archive/record-archive.ts';
import {
  type ArchiveComposition,
  composeSoleArchive,
  type SoleArchiveServices,
} from '../../src/run/compose/archive.ts';
import { compose } from '../../src/run/compose/compose.ts';
import { loadConfig } from '../../src/run/config/config.ts';
import { type Cloud, createCloud } from '../services/cloud.ts';
import { createPostgresCloud, type PostgresCloud } from '../services/postgres-service.ts';

/** Stores without a service. */
export interface Place extends AsyncDisposable {
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  /** As an operator's command opens them. */
  open(): Promise<ArchiveComposition<SoleArchiveServices>>;
}

/** A new place of each kind. */
export const PLACES = {
  'SQLite and disk': (own?: Settings) => createPlace(own),
  'DynamoDB and S3': () => createPlaceIn(createCloud()),
  'PostgreSQL and S3': () => createPlaceIn(createPostgresCloud()),
} as const satisfies Record<string, () => Promise<Place>>;

async function createPlaceIn(creating: Promise<Cloud | PostgresCloud>): Promise<Place> {
  await using stack = new AsyncDisposableStack();
  const cloud = stack.use(await creating);
  const place = stack.use(await createPlace(cloud.environment));
  const held = stack.move();
  return { ...place, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

type Settings = Readonly<Record<string, string>>;

async function createPlace(own: Settings = {}): Promise<Place> {
  const folder = await mkdtempDisposable(join(tmpdir(), 'safelight-place-'));
  const environment = { DATA_DIR: join(folder.path, 'data'), USAGE: 'on', ...own };
  const { config, secrets } = loadConfig(environment);
  return {
    folder: folder.path,
    environment,
    open: () => composeSoleArchive(config, secrets, { observe: () => undefined }),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

/** As a service with EVENTS=on does that starts. */
export async function beginLog({ environment }: Pick<Place, 'environment'>): Promise<void> {
  const { config, secrets } = loadConfig(environment);
  await using _ = await compose(config, secrets, { observe: () => undefined });
}

/** The log's id, and its events after that sequence, on SQLite. */
export async function logOf({ eventLog }: SoleArchiveServices, after = 0) {
  if (!eventLog) throw new Error('expected a log of events');
  const { log, sequences } = await eventLog.head();
  const [until = 0] = sequences;
  const { events } = await eventLog.read({ shard: 0, after, until, limit: 1_000 });
  return { log, until, events: events.map(({ type, imageId }) => ({ type, imageId })) };
}

/** Stores the image with bytes of its own, and its record, as they are with those bytes and details. */
export async function addStored<Image extends StoredImage>(
  { archive, objects, staging }: SoleArchiveServices,
  image: Image,
  bytes: Uint8Array = randomBytes(1 + Math.floor(Math.random() * 2_000)),
  details?: Details,
): Promise<Image> {
  await using file = await staging.stage(once(bytes), { maxBytes: bytes.length });
  const objectTag = await objects.put(image.objectKey, file, { contentType: image.contentType });
  const added = {
    ...image,
    sizeBytes: bytes.length,
    sha256: file.sha256,
    objectTag,
    hasDetails: details !== undefined,
  };
  if (!(await archive.put({ kind: 'image', image: added, ...(details && { details }) })))
    throw new Error(`expected a free id; ${image.id} is taken`);
  return added;
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** The SHA-256 of the bytes under the image's key. */
export async function hashOf(
  { objects }: SoleArchiveServices,
  { objectKey }: StoredImage,
): Promise<string | undefined> {
  const object = await objects.get(objectKey);
  if (!object) return undefined;
  const sum = createHash('sha256');
  if (object.body instanceof Uint8Array) sum.update(object.body);
  else for await (const chunk of object.body) sum.update(chunk);
  return sum.digest('hex');
}

export async function recordsOf({ archive }: SoleArchiveServices): Promise<readonly ArchiveRecord[]> {
  const found: ArchiveRecord[] = [];
  for await (const page of archive.all()) found.push(...page);
  return found;
}
