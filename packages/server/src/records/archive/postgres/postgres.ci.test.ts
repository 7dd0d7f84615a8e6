import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  NO_POSTGRES,
  type PostgresForTests,
  postgresForTests,
} from '../../../../../../test/servers/postgres-for-tests.ts';
import { later } from '../../../domain/access/api-keys.fixture.ts';
import { revocationOf } from '../../../domain/access/revocation.ts';
import { sampleDetails } from '../../../domain/facts/facts.fixture.ts';
import type { Image } from '../../../domain/image/image.ts';
import type { ImageId } from '../../../domain/image/image-id.ts';
import { UNLIMITED } from '../../../domain/usage/quota.ts';
import { COLUMNS } from '../../images/image-row.ts';
import { createPostgresImageRepository } from '../../images/postgres/postgres.ts';
import { addReady, newImageId, samplePending, samplePublished } from '../../images/sample-images.fixture.ts';
import { openPostgres, type Statements } from '../../postgres/database.ts';
import { withPlans } from '../../postgres/plans.fixture.ts';
import { createUsageCounts } from '../../usage/postgres/usage-counts.ts';
import { createPostgresArchiveHarness } from '../archive-harness.fixture.ts';
import { allOf, describeRecordArchive } from '../record-archive.contract.ts';
import type { ArchiveRecord } from '../record-archive.ts';
import { allRecords } from './all-records.ts';
import { createPostgresRecordArchive } from './postgres.ts';

describe('PostgreSQL', { skip: NO_POSTGRES }, () => {
  let server: PostgresForTests;
  before(async () => {
    server = await postgresForTests();
  });
  after(() => server[Symbol.asyncDispose]());

  const create = () => createPostgresArchiveHarness(server.postgres);
  describeRecordArchive('PostgreSQL', create);

  const idsIn = (page: readonly ArchiveRecord[] | undefined): readonly ImageId[] =>
    (page ?? []).flatMap((one) => (one.kind === 'image' ? [one.image.id] : []));

  it('reads all records as of the moment of the first page, while others write', async () => {
    await using harness = await create();
    const { archive, images } = harness;
    const first = await addReady(images, { tags: ['red'] });
    const pages = archive.all()[Symbol.asyncIterator]();
    assert.deepEqual(idsIn((await pages.next()).value ?? undefined), [first.id]);
    await addReady(images, { createdAt: later(60) }); // behind the first one
    await archive.put({ kind: 'limits', userId: 'ada', limits: UNLIMITED });
    assert.deepEqual(await pages.next(), { done: true, value: undefined });
  });

  it('reads each page as of a moment of its own if it is told to', async () => {
    await using harness = await create();
    const { archive, images } = harness;
    const first = await addReady(images);
    const pages = archive.all({ moment: 'of-each-page' })[Symbol.asyncIterator]();
    assert.deepEqual(idsIn((await pages.next()).value ?? undefined), [first.id]);
    const second = await addReady(images, { createdAt: later(60) });
    assert.deepEqual(idsIn((await pages.next()).value ?? undefined), [second.id]);
    assert.deepEqual(await pages.next(), { done: true, value: undefined });
  });

  it('reads with no connection of the pool, and may pause for longer than an idle transaction may', async () => {
    await using harness = await create();
    const { postgres, images, url } = harness;
    const { id } = await addReady(images);
    await postgres.change(`ALTER DATABASE ${url.slice(url.lastIndexOf('/') + 1)}
      SET idle_in_transaction_session_timeout = '50ms'`);
    await using single = openPostgres({ url, connections: 1, prepares: false });
    const archive = createPostgresRecordArchive(single, createPostgresImageRepository(single));
    const found: ImageId[] = [];
    for await (const page of archive.all()) {
      await single.rows('SELECT 1 FROM pg_sleep(0.3)');
      found.push(...idsIn(page));
    }
    assert.deepEqual(found, [id]);
  });

  it('continues behind keys of any characters', async () => {
    await using harness = await create();
    const userIds = ['a', 'a\u0000', 'a\u0001', 'a\u00010', '😀'];
    const limits: readonly ArchiveRecord[] = userIds.map((userId) => ({ kind: 'limits', userId, limits: UNLIMITED }));
    for (const record of limits) {
      await harness.archive.put(record); // the last one of the page
      assert.deepEqual(await allOf(harness), limits.slice(0, limits.indexOf(record) + 1));
    }
  });

  it('ends its transaction with the reader that wants no more', async () => {
    await using harness = await create();
    await addReady(harness.images);
    for await (const _ of harness.archive.all()) break;
    const open = await harness.postgres.rows(
      `SELECT query FROM pg_stat_activity
       WHERE datname = current_database() AND pid <> pg_backend_pid() AND state LIKE 'idle in%'`,
    );
    assert.deepEqual(open, []);
  });

  it('refuses a database of another version', async () => {
    await using harness = await create();
    await harness.postgres.change('UPDATE safelight_schema SET version = 9999');
    for (const moment of ['of-all', 'of-each-page'] as const)
      await assert.rejects(Array.fromAsync(harness.archive.all({ moment })), /which a newer Safelight wrote/);
  });

  it('is unavailable if the server ends its connection', async () => {
    await using harness = await create();
    await addReady(harness.images);
    const reading = async () => {
      for await (const _ of harness.archive.all())
        await harness.postgres.rows(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
           WHERE datname = current_database() AND state = 'idle in transaction'`,
        );
    };
    await assert.rejects(reading(), { code: 'unavailable' });
  });

  it('steps through each table by its primary key', async () => {
    await using harness = await create();
    const { archive, postgres } = harness;
    await archive.put({ kind: 'image', image: samplePublished(samplePending()) });
    await archive.put({ kind: 'revocation', revocation: revocationOf({ userId: 'ada', tokenId: 'v1' }, later(1)) });
    await postgres.change(
      `INSERT INTO images (${COLUMNS}) SELECT overlay(id PLACING to_char(n, 'FM00000000') FROM 29), ${COLUMNS.slice(1)}
       FROM images, generate_series(1, 5000) n`,
    );
    await postgres.change(
      `INSERT INTO view_revocations SELECT 'user ' || n % 7, 'token ' || n, 1, 1 FROM generate_series(1, 5000) n`,
    );
    for (const table of ['images', 'view_revocations']) await postgres.change(`ANALYZE ${table}`);
    const planned = withPlans(postgres);
    let records = 0;
    for await (const page of allRecords(planned.postgres, {})) records += page.length;
    assert.equal(records, 10_002);
    const pages = (await planned.plans()).filter((plan) => /images|revocations/.test(plan));
    assert.ok(pages.length > 20, `${pages.length} pages`);
    for (const plan of pages) {
      assert.match(plan, /(?:images|revocations)_pkey/);
      assert.doesNotMatch(plan, /Seq Scan/);
    }
  });

  it('reads the details of images that need them, and of no other', async () => {
    await using harness = await create();
    const { archive, postgres } = harness;
    for (const [userId, hasDetails] of [
      ['ada', true],
      ['bob', true],
      ['bob', false],
    ] as const) {
      const image = { ...samplePublished(samplePending({ userId })), hasDetails };
      await archive.put({ kind: 'image', image, ...(hasDetails && { details: sampleDetails }) });
    }
    const read: unknown[] = [];
    const counting: Pick<Statements, 'rows'> = {
      rows(sql, parameters = []) {
        if (sql.includes('image_details')) read.push(...parameters);
        return postgres.rows(sql, parameters);
      },
    };
    for (const [needsDetails, counts] of [
      [undefined, [2]],
      [({ userId }: Image) => userId === 'ada', [1]],
      [() => false, []],
    ] as const) {
      let images = 0;
      for await (const page of allRecords(counting, { needsDetails })) images += idsIn(page).length;
      assert.equal(images, 3);
      assert.deepEqual(
        read.splice(0).map((ids) => (ids as readonly string[]).length),
        counts,
      );
    }
  });

  it('adds a record that several processes put at once once', async () => {
    await using harness = await create();
    await using elsewhere = openPostgres({ url: harness.url, connections: 4, prepares: true });
    const other = createPostgresRecordArchive(
      elsewhere,
      createPostgresImageRepository(elsewhere, { counts: createUsageCounts(UNLIMITED) }),
    );
    const one = samplePublished(samplePending({ externalId: 'order-1' }));
    const records: readonly ArchiveRecord[] = [
      { kind: 'image', image: one },
      { kind: 'limits', userId: 'ada', limits: UNLIMITED },
      { kind: 'erasure-key', key: 'ab'.repeat(32) },
      { kind: 'token-count', tokenId: 'a', used: 1, forgetAt: later(1) },
      { kind: 'revocation', revocation: revocationOf({ userId: 'ada', tokenId: null }, later(1)) },
    ];
    for (const record of records) {
      const put = Array.from({ length: 6 }, (_, n) => (n % 2 ? other : harness.archive).put(record));
      assert.deepEqual((await Promise.all(put)).toSorted(), [false, false, false, false, false, true]);
    }
    const rivals = Array.from({ length: 6 }, () => ({ ...one, id: newImageId(), externalId: 'order-2' }));
    const outcomes = await Promise.allSettled(
      rivals.map((image, n) => (n % 2 ? other : harness.archive).put({ kind: 'image', image })),
    );
    assert.deepEqual(
      outcomes.map((outcome) => (outcome.status === 'rejected' ? outcome.reason.code : outcome.value)).toSorted(),
      [...Array<string>(5).fill('external-id-taken'), true],
    );
    assert.equal((await harness.usage.usageOf('ada')).usage.images, 2);
  });
});
