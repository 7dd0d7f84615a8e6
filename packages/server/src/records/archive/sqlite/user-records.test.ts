import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createSqliteRequests } from '../../coordination/sqlite/requests.ts';
import { NOW, newImageId } from '../../images/sample-images.fixture.ts';
import { createSqliteArchiveHarness } from '../archive-harness.fixture.ts';
import { describeUserRecords } from '../user-records.contract.ts';

describeUserRecords('SQLite', createSqliteArchiveHarness);

it('removes requests of killed commands that name the user', async () => {
  await using harness = await createSqliteArchiveHarness();
  const requests = createSqliteRequests(harness.database, harness.writes);
  const leave = async (userId: string) => {
    const request = { id: newImageId(), kind: 'delete-user', body: JSON.stringify({ userId }) } as const;
    await requests.leave(request, NOW);
    return request.id;
  };
  const [ada, other] = [await leave('ada'), await leave('ada2')];
  await harness.userRecords.remove({ userId: 'ada', imageIds: [], tokenIds: [], keys: [] });
  assert.equal(await requests.read(ada), undefined);
  assert.equal((await requests.read(other))?.state, 'waiting');
});

it('removes counts that a crash has left', async () => {
  await using harness = await createSqliteArchiveHarness();
  const { database, userRecords } = harness;
  for (const userId of ['ada', 'ada2']) {
    database.prepare("INSERT INTO captured_months VALUES (?, '2024-07', 3)").run(userId);
    database.prepare('INSERT INTO usage_recounts VALUES (?, 1, 1, 1, 1, 1)').run(userId);
  }
  await userRecords.remove({ userId: 'ada', imageIds: [], tokenIds: [], keys: [] });
  for (const table of ['captured_months', 'usage_recounts'])
    assert.deepEqual(database.prepare(`SELECT user_id FROM ${table}`).all(), [['ada2']]);
});
