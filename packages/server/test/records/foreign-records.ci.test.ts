import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe, it } from 'node:test';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { type DynamoForTests, dynamoForTests } from '../../../../test/servers/dynamo-for-tests.ts';
import { NO_DYNOXIDE } from '../../../../test/servers/dynoxide.ts';
import { NO_POSTGRES, type PostgresForTests, postgresForTests } from '../../../../test/servers/postgres-for-tests.ts';
import type { ImageId } from '../../src/domain/image/image-id.ts';
import { hearing } from '../../src/observe/observer/hearing.fixture.ts';
import type { Observer, ServiceEvent } from '../../src/observe/observer/observer.ts';
import { imageKey } from '../../src/records/dynamodb/item-keys.ts';
import { giveAttributes, removeAttribute } from '../../src/records/dynamodb/raw-item.fixture.ts';
import { createDynamodbService } from '../services/dynamodb-service.ts';
import { movingClock } from '../services/moving-clock.ts';
import { createPostgresService } from '../services/postgres-faults-service.ts';
import { sweepAll } from '../services/record-check.ts';
import { createTestService, json, post, type TestService } from '../services/service.ts';
import { sharedImaging } from '../services/shared-imaging.ts';

const good = new Uint8Array(await testImage({ type: 'image/jpeg', width: 24, height: 16 }));
const HOUR_MS = 3_600_000;

/** A service with another writer of its records. */
interface ForeignService extends TestService {
  readonly clock: ReturnType<typeof movingClock>;
  /** As a newer version may write it: with an unknown media type. */
  retype(id: ImageId): Promise<void>;
  /** Without a mandatory field. */
  strip(id: ImageId): Promise<void>;
}

after(() => sharedImaging[Symbol.asyncDispose]());

describe('records in SQLite', () => describeForeign(createSqliteService));

describe('records in DynamoDB', { skip: NO_DYNOXIDE }, () => {
  let server: DynamoForTests;
  before(async () => {
    server = await dynamoForTests();
  });
  after(() => server[Symbol.asyncDispose]());
  describeForeign(async (observe) => {
    const service = await createDynamodbService(server.dynamo, { observe });
    return {
      ...service,
      retype: (id) => giveAttributes(service.table, imageKey(id), { contentType: { S: 'image/jxl' } }),
      strip: (id) => removeAttribute(service.table, imageKey(id), 'metadata'),
    };
  });
});

describe('records in PostgreSQL', { skip: NO_POSTGRES }, () => {
  let server: PostgresForTests;
  before(async () => {
    server = await postgresForTests();
  });
  after(() => server[Symbol.asyncDispose]());
  describeForeign(async (observe) => {
    const service = await createPostgresService(server.postgres, { observe });
    const write = async (assigned: string, id: ImageId): Promise<void> => {
      const sql = `UPDATE images SET ${assigned}, revision = revision + 1 WHERE id = $1`;
      assert.equal(await service.database.postgres.change(sql, [id]), 1);
    };
    return {
      ...service,
      retype: (id) => write("content_type = 'image/jxl'", id),
      strip: (id) => write("metadata = ''", id),
    };
  });
});

async function createSqliteService(observe: Observer): Promise<ForeignService> {
  const clock = movingClock();
  const service = await createTestService({ overrides: { clock, wrapImaging: () => sharedImaging }, observe });
  const write = (sql: string, id: ImageId): void => {
    using database = new DatabaseSync(join(service.folder, 'safelight.db'));
    database.prepare(sql).run(id);
  };
  return {
    ...service,
    clock,
    retype: async (id) =>
      write("UPDATE images SET content_type = 'image/jxl', revision = revision + 1 WHERE id = ?", id),
    strip: async (id) => write("UPDATE images SET metadata = '', revision = revision + 1 WHERE id = ?", id),
  };
}

function describeForeign(create: (observe: Observer) => Promise<ForeignService>): void {
  describe('a foreign record', () => {
    for (const how of ['retype', 'strip'] as const) {
      it(`is omitted from lists, without affecting others, and is reported: ${how}`, async () => {
        const events: ServiceEvent[] = [];
        await using service = await create(hearing('unreadable-record', (event) => events.push(event)));
        const [kept, foreign] = [await store(service), await store(service)];
        await service[how](foreign);
        for (const query of [
          'user_id=u',
          'tag=red',
          'user_id=u&tag=red&tag=blue',
          'user_id=u&content_type=image/jpeg',
          '',
        ]) {
          assert.deepEqual(await listed(service, query), [kept], query);
        }
        const [reported, ...more] = events;
        assert.partialDeepStrictEqual(reported, { event: 'unreadable-record', imageId: foreign });
        assert.deepEqual(more, []);
      });
    }

    it('is a 500 for its reader, without details', async () => {
      await using service = await create(() => {});
      const foreign = await store(service);
      await service.retype(foreign);
      const answer = await service.request(`/images/${foreign}/metadata`);
      const problem = await answer.text();
      assert.equal(answer.status, 500);
      assert.equal(JSON.parse(problem).code, 'internal');
      assert.doesNotMatch(problem, /jxl|record/);
    });

    it('fails alone in a batch of deletes', async () => {
      await using service = await create(() => {});
      const [kept, foreign] = [await store(service), await store(service)];
      await service.strip(foreign);
      const answer = await service.request('/images/delete', json({ user_id: 'u', image_ids: [foreign, kept] }));
      assert.equal(answer.status, 200);
      const { results } = (await answer.json()) as { results: { status?: string; error?: { code: string } }[] };
      assert.deepEqual([results[0]?.error?.code, results[1]?.status], ['internal', 'deleted']);
    });

    it('does not keep a sweep from later due records, even if there are many', async () => {
      const reported: ImageId[] = [];
      await using service = await create(hearing('unreadable-record', ({ imageId }) => reported.push(imageId)));
      const foreign = await grant(service, 45);
      for (const id of foreign) await service.strip(id);
      service.clock.offsetMs += 1_000;
      const ours = await grant(service, 5);
      service.clock.offsetMs += HOUR_MS;
      await sweepAll(service);
      for (const id of ours) assert.equal((await service.services.images.get(id))?.status, 'expired');
      assert.deepEqual(new Set(reported), new Set(foreign));
      assert.equal(reported.length, foreign.length);
    });
  });
}

const store = async (service: TestService): Promise<ImageId> => {
  const stored = await service.request('/images/upload?user_id=u&tags=red,blue', post(good, 'image/jpeg'));
  return ((await stored.json()) as { image_id: ImageId }).image_id;
};

async function grant(service: TestService, count: number): Promise<ImageId[]> {
  const uploads = Array.from({ length: count }, () => ({ content_type: 'image/jpeg' }));
  const granted = await service.request('/images/uploads', json({ user_id: 'u', uploads }));
  const { results } = (await granted.json()) as { results: { grant: { image_id: ImageId } }[] };
  return results.map((result) => result.grant.image_id);
}

async function listed(service: TestService, query: string): Promise<string[]> {
  const answer = await service.request(`/images?${query}`);
  assert.equal(answer.status, 200, query);
  const { images, next_cursor } = (await answer.json()) as { images: { image_id: string }[]; next_cursor: null };
  assert.equal(next_cursor, null, query);
  return images.map(({ image_id }) => image_id);
}
