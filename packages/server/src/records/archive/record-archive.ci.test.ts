import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { type DynamoForTests, dynamoForTests } from '../../../../../test/servers/dynamo-for-tests.ts';
import { NO_DYNOXIDE } from '../../../../../test/servers/dynoxide.ts';
import {
  NO_POSTGRES,
  type PostgresForTests,
  postgresForTests,
} from '../../../../../test/servers/postgres-for-tests.ts';
import { revoked, rotated } from '../../domain/access/api-key.ts';
import { issued, later, sampleKey } from '../../domain/access/api-keys.fixture.ts';
import { revocationOf } from '../../domain/access/revocation.ts';
import { fullWebhook, sampleWebhook } from '../../domain/event/webhooks.fixture.ts';
import { isStored, type StoredImage } from '../../domain/image/image.ts';
import { NO_USAGE, plus, usageOf } from '../../domain/usage/usage.ts';
import { requireAgreement } from '../dynamodb/table-check.fixture.ts';
import { storedRecords } from '../images/arbitrary-images.fixture.ts';
import { listAll, readyQuery } from '../images/list-model.fixture.ts';
import {
  createDynamodbArchiveHarness,
  createPostgresArchiveHarness,
  createSqliteArchiveHarness,
} from './archive-harness.fixture.ts';
import { type ArchiveHarness, allOf, inOrder } from './record-archive.contract.ts';
import { type ArchiveRecord, isArchived, unplaced } from './record-archive.ts';
import { recordLine, recordOf } from './record-json.ts';

const IMAGES = 30;

/** Images in every archived state with every optional field, and the other records. */
function sampleRecords(): readonly ArchiveRecord[] {
  const key = sampleKey({ actsAs: ['ada', 'b"#%o'], expiresAt: later(60) });
  const { ended, successor } = rotated(key, { issued: issued(), now: later(1), overlapSeconds: 60 });
  return [
    ...fc.sample(storedRecords, { numRuns: IMAGES, seed: 20_261_126 }),
    ...[ended, successor, revoked(sampleKey({ owner: null, actsAs: 'everyone' }), later(2))].map((one) => ({
      kind: 'key' as const,
      key: one,
    })),
    { kind: 'limits', userId: 'a#%23', limits: { bytes: 1, images: null, pending: 0 } },
    { kind: 'token-count', tokenId: 'a#%23', used: 7, forgetAt: later(100) },
    { kind: 'revocation', revocation: revocationOf({ userId: 'a#%23', tokenId: null }, later(1)) },
    { kind: 'revocation', revocation: revocationOf({ userId: 'a#%23', tokenId: 'b#%23' }, later(2)) },
    { kind: 'revocation', revocation: revocationOf({ userId: null, tokenId: 'a#%23' }, later(3)) },
    {
      kind: 'webhook',
      webhook: unplaced(fullWebhook()),
    },
    { kind: 'webhook', webhook: unplaced(sampleWebhook()) },
  ];
}

const NAMES = ['SQLite', 'DynamoDB', 'PostgreSQL'] as const;
const MISSING = { SQLite: false, DynamoDB: NO_DYNOXIDE, PostgreSQL: NO_POSTGRES } as const;

describe('records in an archive', () => {
  let dynamo: DynamoForTests | undefined;
  let postgres: PostgresForTests | undefined;
  before(async () => {
    if (!NO_DYNOXIDE) dynamo = await dynamoForTests();
    if (!NO_POSTGRES) postgres = await postgresForTests();
  });
  after(async () => {
    await dynamo?.[Symbol.asyncDispose]();
    await postgres?.[Symbol.asyncDispose]();
  });

  const STORES = {
    SQLite: createSqliteArchiveHarness,
    DynamoDB: () => createDynamodbArchiveHarness(dynamo?.dynamo ?? assert.fail()),
    PostgreSQL: () => createPostgresArchiveHarness(postgres?.postgres ?? assert.fail()),
  } as const satisfies Record<string, () => Promise<ArchiveHarness>>;

  for (const from of NAMES)
    for (const to of NAMES)
      it(`are the same, field by field, when they went from ${from} through lines to ${to}`, {
        skip: MISSING[from] || MISSING[to],
      }, async () => {
        const records = sampleRecords();
        await using source = await STORES[from]();
        for (const record of records) assert.equal(await source.archive.put(record), true);
        const read = await allOf(source);
        assert.deepEqual(read, inOrder(records));
        await using target = await STORES[to]();
        for (const line of read.filter(isArchived).map(recordLine))
          assert.equal(await target.archive.put(recordOf(line)), true);
        assert.deepEqual(await allOf(target), inOrder(records));
        await requireDerived(target, records);
        if ('storage' in target) await requireAgreement(target.storage);
      });
});

/** Lists by tag and usage of each owner are those of the images. */
async function requireDerived({ images, usage }: ArchiveHarness, records: readonly ArchiveRecord[]): Promise<void> {
  const stored = records.flatMap((one): StoredImage[] =>
    one.kind === 'image' && isStored(one.image) ? [one.image] : [],
  );
  for (const [userId, own] of Map.groupBy(stored, (image) => image.userId))
    assert.deepEqual((await usage.usageOf(userId)).usage, own.map(usageOf).reduce(plus, NO_USAGE));
  const ready = stored.filter(({ status }) => status === 'ready').toSorted((a, b) => (a.id < b.id ? 1 : -1));
  assert.deepEqual(await listAll(images, readyQuery()), ready);
  for (const tag of new Set(ready.slice(0, 5).flatMap(({ tags }) => tags)))
    assert.deepEqual(
      await listAll(images, readyQuery({ tags: [tag] })),
      ready.filter(({ tags }) => tags.includes(tag)),
    );
}
