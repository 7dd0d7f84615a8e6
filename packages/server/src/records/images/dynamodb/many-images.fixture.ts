import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { type DynoxideServer, startDynoxide } from '../../../../../../test/servers/dynoxide.ts';
import type { Image } from '../../../domain/image/image.ts';
import { firstIdAt, type ImageId } from '../../../domain/image/image-id.ts';
import type { Item } from '../../dynamodb/item.ts';
import { placementOf } from '../../dynamodb/placement.ts';
import { tableDefinition } from '../../dynamodb/schema.ts';
import { type ListedStatus, sampleSettled } from '../sample-images.fixture.ts';
import { facetsOf, itemOfFacet } from './facets.ts';
import { itemOf } from './image-item.ts';
import { weighedPending } from './weighed-images.fixture.ts';

interface Kind {
  readonly status: ListedStatus;
  readonly userId: string;
  readonly contentType?: 'image/jpeg' | 'image/png' | 'image/webp';
  readonly tags?: readonly string[];
}

const ready = (userId: string, contentType: NonNullable<Kind['contentType']>, tags: readonly string[]): Kind => ({
  status: 'ready',
  userId,
  contentType,
  tags: ['everywhere', ...tags],
});

const times = (count: number, kinds: readonly Kind[]): readonly Kind[] =>
  Array.from({ length: count }, () => kinds).flat();

/** The cycle of kinds in order of creation. Red and blue never occur together. */
const COMMON: readonly Kind[] = [
  ...times(2, [
    ready('ada', 'image/jpeg', ['red']),
    ...times(4, [{ status: 'pending', userId: 'bob' }]),
    ready('ada', 'image/png', ['blue']),
  ]),
  ...times(3, [
    ready('carol', 'image/jpeg', ['red']),
    ready('carol', 'image/png', ['blue']),
    ready('carol', 'image/webp', []),
  ]),
  ...times(2, [
    { status: 'rejected', userId: 'dan' },
    { status: 'expired', userId: 'dan' },
  ]),
];

/** Together with `everywhere`, as many tags as a list allows. */
export const ALBUMS = Array.from({ length: 19 }, (_, number) => `a${number}`);

/** Kinds with the same number in every table: enough for a page anywhere. */
const RARE: Kind = ready('eve', 'image/jpeg', ALBUMS);
const RARE_COUNT = 100;

const START = Date.UTC(2026, 9, 1);
const APART_MS = 1_000;
const HEX_DIGITS = 8;

export const SHARDS = 8;

export interface ManyImages extends AsyncDisposable {
  /** The table of that many images. */
  tableOf(count: number): { readonly name: string; readonly client: DynamoDBClient; timeAt(share: number): Date };
  /** One image of every kind that all tables have. */
  readonly kinds: readonly Image[];
}

/** One table for each count, in one server; the functions of the repository make the items. */
export async function createManyImages(
  counts: readonly number[],
  { deadlineMs }: { deadlineMs: number },
): Promise<ManyImages> {
  await using opened = new AsyncDisposableStack();
  const { path } = opened.use(await mkdtempDisposable(join(tmpdir(), 'safelight-exported-')));
  for (const count of counts) await exportTable(path, count);
  const schema = join(path, 'schema.json');
  await writeFile(schema, JSON.stringify(counts.map((count) => ({ Table: tableDefinition(nameOf(count)) }))));

  const server = opened.use(await startDynoxide({ deadlineMs, exported: { folder: path, schema } }));
  const clients = new Map(counts.map((count) => [count, opened.adopt(clientOf(server), (one) => one.destroy())]));
  const held = opened.move();
  return {
    tableOf: (count) => {
      const client = clients.get(count);
      if (!client) throw new Error(`expected one of ${counts.join(', ')}; got ${count}`);
      return { name: nameOf(count), client, timeAt: (share) => new Date(START + share * count * APART_MS) };
    },
    kinds: [...new Set([...COMMON, RARE])].map((kind) => imageOf(kind, idOf(0))),
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

const nameOf = (count: number): string => `images-${count}`;

const clientOf = ({ dynamo }: DynoxideServer): DynamoDBClient =>
  new DynamoDBClient({ endpoint: dynamo.url, region: dynamo.region, credentials: dynamo });

async function exportTable(folder: string, count: number): Promise<void> {
  const data = join(folder, nameOf(count), 'data');
  await mkdir(data, { recursive: true });
  await pipeline(linesOf(count), createGzip({ level: 1 }), createWriteStream(join(data, '1.json.gz')));
}

const IMAGES_AT_ONCE = 500;

function* linesOf(count: number): Generator<string> {
  for (let from = 0; from < count; from += IMAGES_AT_ONCE) {
    const numbers = Array.from({ length: Math.min(IMAGES_AT_ONCE, count - from) }, (_, index) => from + index);
    const items = numbers.flatMap((number) => itemsOf(imageOf(kindOf(number, count), idOf(number))));
    yield items.map((Item) => `${JSON.stringify({ Item })}\n`).join('');
  }
}

function kindOf(number: number, count: number): Kind {
  if (number % (count / RARE_COUNT) === 0) return RARE;
  const kind = COMMON[number % COMMON.length];
  if (!kind) throw new Error('expected a kind');
  return kind;
}

/** Pseudo-random, so that ids are spread over all shards like real ones, but the same in every run. */
function idOf(number: number): ImageId {
  const random = createHash('sha256').update(`${number}`).digest('hex').slice(0, HEX_DIGITS);
  return `${firstIdAt(new Date(START + number * APART_MS)).slice(0, -HEX_DIGITS)}${random}` as ImageId;
}

const imageOf = ({ status, ...listed }: Kind, id: ImageId): Image =>
  sampleSettled(weighedPending({ ...listed, id }), status);

const RULE = { writtenShards: SHARDS, globalLists: true };

function itemsOf(image: Image): readonly Item[] {
  const placement = placementOf(image.id, RULE);
  const record = itemOf(image, { placement, writeId: image.id });
  return [record, ...facetsOf(image, placement).map(itemOfFacet)];
}
