import { AWS_VARIABLES } from './aws-config.ts';
import { expected, flag, integer, optionalOrigin, type Read, type Report, variable } from './variable.ts';

export interface DynamodbConfig {
  readonly table: string;
  readonly region: string;
  /** null: Amazon's of the region. */
  readonly endpoint: string | null;
  readonly caBundle: string | null;
  /** The number of shards that lists over all owners read. */
  readonly shards: number;
  /** The number of these shards that new images are spread over. */
  readonly writtenShards: number;
  readonly globalLists: boolean;
}

/** "Naming rules", Amazon DynamoDB Developer Guide. */
const TABLE_NAME = "a table's name alone, by DynamoDB's rules: 3 to 255 letters, digits, underscores, dots and hyphens";

/** A list over all owners reads every shard. */
const MAX_SHARDS = 128;

export const DYNAMODB_VARIABLES = {
  dynamoTable: variable({
    name: 'DYNAMO_TABLE',
    group: 'aws',
    default: '',
    about:
      'The DynamoDB table for records, shared by any number of processes. Unset: records are in the database of DATABASE_URL, otherwise in DATA_DIR, for one process.',
    parse: (given) => (given === '' || /^[a-zA-Z0-9_.-]{3,255}$/.test(given) ? given || null : expected(TABLE_NAME)),
  }),
  dynamoEndpoint: variable({
    name: 'AWS_ENDPOINT_URL_DYNAMODB',
    group: 'aws',
    aliases: ['AWS_ENDPOINT_URL', 'AWS_ENDPOINT'],
    default: '',
    about:
      'The address at which the service reaches DynamoDB, such as `http://127.0.0.1:8000`. Unset: Amazon DynamoDB in the region.',
    parse: optionalOrigin('http://127.0.0.1:8000'),
  }),
  feedShards: variable({
    name: 'FEED_SHARDS',
    group: 'aws',
    default: '8',
    about:
      'Shards of the lists over all owners; each takes about 250 uploads a second. It can be raised (docs/capacity.md), never lowered.',
    parse: integer(1, MAX_SHARDS),
  }),
  feedShardsWritten: variable({
    name: 'FEED_SHARDS_WRITTEN',
    group: 'aws',
    default: '',
    about:
      'The number of shards that receive new images: set it to the old number while FEED_SHARDS is raised. Unset: all.',
    parse: (given) => (given === '' ? null : integer(1, MAX_SHARDS)(given)),
  }),
  globalLists: variable({
    name: 'GLOBAL_LISTS',
    group: 'aws',
    default: 'true',
    about:
      'false: with DynamoDB, lists by tag or type need a user_id. This saves about a third of the write cost of an upload.',
    parse: flag,
  }),
} as const;

export function readDynamodb(read: Read, report: Report): DynamodbConfig | null {
  const table = read(DYNAMODB_VARIABLES.dynamoTable);
  const shards = read(DYNAMODB_VARIABLES.feedShards);
  const writtenShards = read(DYNAMODB_VARIABLES.feedShardsWritten) ?? shards;
  const dynamodb = {
    region: read(AWS_VARIABLES.awsRegion),
    endpoint: read(DYNAMODB_VARIABLES.dynamoEndpoint),
    caBundle: read(AWS_VARIABLES.caBundle),
    shards,
    writtenShards,
    globalLists: read(DYNAMODB_VARIABLES.globalLists),
  };
  if (writtenShards > shards) {
    const detail = `expected ${shards} at most, as FEED_SHARDS says, since no list looks into more; got ${writtenShards}`;
    report(DYNAMODB_VARIABLES.feedShardsWritten.name, detail);
  }
  return table === null ? null : { table, ...dynamodb };
}
