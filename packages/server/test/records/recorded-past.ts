import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type AttributeValue, DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { createQueue } from '../../../../test-servers/queue.ts';
import { sqsForTests } from '../../../../test-servers/sqs-for-tests.ts';
import type { ImageId } from '../../src/domain/image/image-id.ts';
import { incomingKey } from '../../src/domain/image/object-key.ts';
import { createCloud } from '../services/cloud.ts';
import { movingClock } from '../services/moving-clock.ts';
import { environmentOfQueue } from '../services/queued-cloud.ts';
import { createTestService, type TestService } from '../services/service.ts';

/** A granted upload, from its client's view. */
export interface RecordedGrant {
  readonly image_id: ImageId;
  /** Of a data folder: the bucket of a test has another address. */
  readonly upload_url?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

type PendingName = 'granted' | 'with size' | 'keyed' | 'arrived' | 'queued' | 'claimed' | 'crashed';

/** The data of an old service, and its answers about it. */
export interface Recorded {
  /** The time of the recording (ISO 8601). */
  readonly now: string;
  readonly ready: Readonly<Record<string, ImageId>>;
  readonly pending: Readonly<Record<PendingName, RecordedGrant>>;
  readonly rejected: ImageId;
  readonly expired: ImageId;
  readonly deleted: ImageId;
  /** The request with the Idempotency-Key of the image that was deleted then. */
  readonly deletedGrant: object;
  /** The bytes of every pending upload, base64. */
  readonly picture: string;
  /** GET /images/{id}/metadata, without the parts that depend on the address or the encoder. */
  readonly answers: Readonly<Record<string, { readonly s3_key: string | null }>>;
  /** Ids by the query of GET /images. */
  readonly lists: Readonly<Record<string, readonly string[]>>;
}

interface RecordedFolder extends Recorded {
  /** SQL. */
  readonly database: readonly string[];
  readonly secret: string;
  /** base64, by the path below `objects`. */
  readonly objects: Readonly<Record<string, string>>;
}

interface RecordedCloud extends Recorded {
  readonly items: readonly Record<string, AttributeValue>[];
  readonly messages: readonly string[];
  readonly objects: Readonly<Record<string, { readonly type: string; readonly bytes: string }>>;
}

/** Today's service on the old one's data, some seconds later. */
export interface UpgradedService extends TestService {
  readonly clock: ReturnType<typeof movingClock>;
  readonly recorded: Recorded;
  /** The stored bytes of an image. */
  originalOf(id: ImageId): Uint8Array<ArrayBuffer>;
  /** Sends the bytes of a recorded grant as its client does. */
  put(grant: RecordedGrant): Promise<void>;
}

const MOMENT_MS = 5_000;
const USER = 'ada';

async function read<Kind extends Recorded>(name: string): Promise<Kind> {
  return JSON.parse(await readFile(new URL(`recorded/${name}.json`, import.meta.url), 'utf8')) as Kind;
}

const bytesOf = (base64: string): Uint8Array<ArrayBuffer> => new Uint8Array(Buffer.from(base64, 'base64'));

/** To be called once the service is open: a store whose clock is far from ours is refused then. */
function setBack(clock: ReturnType<typeof movingClock>, now: string): void {
  clock.offsetMs = Date.parse(now) + MOMENT_MS - Date.now();
}

/** A pending image is examined by reads but not by lists, so lists are compared. */
const ENVIRONMENT = { FINALIZE_ON_READ: 'off' };

export async function upgradedFolder(): Promise<UpgradedService> {
  const recorded = await read<RecordedFolder>('data-folder');
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'safelight-upgrade-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  using database = new DatabaseSync(join(folder, 'safelight.db'));
  database.exec(recorded.database.join('\n'));
  database.close();
  await writeFile(join(folder, 'secret'), `${recorded.secret}\n`, { mode: 0o600 });
  for (const [path, bytes] of Object.entries(recorded.objects)) {
    const file = join(folder, 'objects', path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, bytesOf(bytes));
  }
  const clock = movingClock();
  const service = stack.use(await createTestService({ folder, environment: ENVIRONMENT, overrides: { clock } }));
  setBack(clock, recorded.now);
  const held = stack.move();
  return {
    ...service,
    clock,
    recorded,
    originalOf: (id) => bytesOf(recorded.objects[recorded.answers[id]?.s3_key ?? ''] ?? ''),
    async put({ upload_url, headers }) {
      if (upload_url === undefined || headers === undefined) throw new Error('expected a whole grant; got a part');
      const { status } = await service.send(upload_url, { method: 'PUT', headers, body: bytesOf(recorded.picture) });
      if (status !== 200) throw new Error(`expected 200; got ${status}`);
    },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

export async function upgradedCloud(): Promise<UpgradedService> {
  const recorded = await read<RecordedCloud>('cloud');
  await using stack = new AsyncDisposableStack();
  const { bucket, table, environment } = stack.use(await createCloud());
  const { sqs } = stack.use(await sqsForTests());
  const queue = stack.use(await createQueue(sqs));
  const { dynamo, name } = table;
  const records = new DynamoDBClient({ endpoint: dynamo.url, region: dynamo.region, credentials: dynamo });
  stack.defer(() => records.destroy());
  await Promise.all(recorded.items.map((Item) => records.send(new PutItemCommand({ TableName: name, Item }))));
  const store = (Key: string, body: string, ContentType: string) =>
    bucket.client.send(new PutObjectCommand({ Bucket: bucket.name, Key, Body: bytesOf(body), ContentType }));
  await Promise.all(Object.entries(recorded.objects).map(([key, { type, bytes }]) => store(key, bytes, type)));
  for (const MessageBody of recorded.messages) {
    await queue.client.send(new SendMessageCommand({ QueueUrl: queue.url, MessageBody }));
  }
  const clock = movingClock();
  const settings = { ...environment, ...environmentOfQueue(queue), ...ENVIRONMENT, FEED_SHARDS: '2' };
  const service = stack.use(await createTestService({ environment: settings, overrides: { clock } }));
  setBack(clock, recorded.now);
  const held = stack.move();
  return {
    ...service,
    clock,
    recorded,
    originalOf: (id) => bytesOf(recorded.objects[recorded.answers[id]?.s3_key ?? '']?.bytes ?? ''),
    /** By the store's own clock: its URL has long expired. */
    put: async ({ image_id }) => void (await store(incomingKey(USER, image_id), recorded.picture, 'image/jpeg')),
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}
