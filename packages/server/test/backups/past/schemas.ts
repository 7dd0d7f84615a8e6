import { randomUUID } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import {
  type AttributeValue,
  CreateTableCommand,
  type CreateTableCommandInput,
  DeleteTableCommand,
  DynamoDBClient,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { DynamoEndpoint } from '../../../../../test/servers/dynamo-endpoint.ts';

interface PastSchemas {
  readonly sqlite: {
    readonly file: string;
    readonly pragma: string;
    /** A row that fits once this step is done: a ready image. */
    readonly image: string;
    readonly imageFitsAfter: number;
    /** What each step adds to those before. */
    readonly steps: readonly { readonly userVersion: number; readonly sql: string }[];
  };
  readonly dynamodb: {
    readonly definition: Omit<CreateTableCommandInput, 'TableName'>;
    readonly tables: readonly PastTable[];
  };
}

export interface PastTable {
  /** The end of the sentence `it was left ...`. */
  readonly left: string;
  /** The version of its image's record; absent if it has no image. */
  readonly schemaVersion?: number;
  readonly items: readonly Record<string, AttributeValue>[];
}

const PATH = join(import.meta.dirname, '../made-by-65a34327/past-schemas.json');
const { sqlite, dynamodb } = JSON.parse(await readFile(PATH, 'utf8')) as PastSchemas;

/** The numbers of all migration steps of SQLite. */
export const PAST_STEPS = sqlite.steps.map(({ userVersion }) => userVersion);

/** Tables as processes left them. */
export const PAST_TABLES = dynamodb.tables;

/** The id of the image in each folder. */
export const PAST_IMAGE = '01a21ecd-2fda-7037-9b08-85c13c9902da';

/** Makes the database of a data folder that stands at this step, with a ready image whose bytes are nowhere. */
export async function writePastFolder(folder: string, step: number): Promise<void> {
  await mkdir(folder, { recursive: true });
  using database = new DatabaseSync(join(folder, sqlite.file));
  database.exec(sqlite.pragma);
  for (const { userVersion, sql } of sqlite.steps.slice(0, step)) {
    database.exec(`${sql}\nPRAGMA user_version = ${userVersion};`);
    if (userVersion === sqlite.imageFitsAfter) database.exec(sqlite.image);
  }
}

/** Creates the table, with its items. */
export async function createPastTable(dynamo: DynamoEndpoint, { items }: PastTable): Promise<PastTableOnServer> {
  const TableName = `past-${randomUUID()}`;
  await using stack = new AsyncDisposableStack();
  const options = { endpoint: dynamo.url, region: dynamo.region, credentials: dynamo };
  const client = stack.adopt(new DynamoDBClient(options), (one) => one.destroy());
  await client.send(new CreateTableCommand({ TableName, ...dynamodb.definition }));
  stack.defer(async () => void (await client.send(new DeleteTableCommand({ TableName }))));
  for (const Item of items) await client.send(new PutItemCommand({ TableName, Item }));
  const held = stack.move();
  return { name: TableName, dynamo, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

interface PastTableOnServer extends AsyncDisposable {
  readonly name: string;
  readonly dynamo: DynamoEndpoint;
}
