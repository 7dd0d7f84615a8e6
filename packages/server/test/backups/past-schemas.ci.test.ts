import assert from 'node:assert/strict';
import { mkdtempDisposable, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type DynamoForTests, dynamoForTests } from '../../../../test/servers/dynamo-for-tests.ts';
import { NO_DYNOXIDE } from '../../../../test/servers/dynoxide.ts';
import { environmentOf } from '../services/dynamo-service.ts';
import { createSharingService } from '../services/sharing-service.ts';
import { createPastTable, PAST_STEPS, PAST_TABLES, writePastFolder } from './past/schemas.ts';

/** The one sentence, which names the way. */
const REFUSED = {
  code: 'unavailable',
  message: /expected a (database|table) of Safelight 0\.1\.0 or later; got one of a version before: .*--with-secret/,
};

describe('the database of a data folder at commit 65a34327', () => {
  for (const step of PAST_STEPS)
    it(`is refused at step ${step}, and stays as it was`, async () => {
      await using folder = await mkdtempDisposable(join(tmpdir(), 'safelight-past-'));
      await writePastFolder(folder.path, step);
      const database = join(folder.path, 'safelight.db');
      const was = await readFile(database);
      await assert.rejects(createSharingService({ folder: folder.path }), REFUSED);
      assert.deepEqual(await readFile(database), was);
    });
});

describe('a table of commit 65a34327', { skip: NO_DYNOXIDE }, () => {
  let server: DynamoForTests;
  before(async () => {
    server = await dynamoForTests();
  });
  after(() => server[Symbol.asyncDispose]());

  for (const past of PAST_TABLES)
    it(`is refused as it was left ${past.left}`, async () => {
      await using table = await createPastTable(server.dynamo, past);
      const environment = { ...environmentOf(table), FEED_SHARDS: '2' };
      await assert.rejects(createSharingService({ environment }), REFUSED);
    });
});
