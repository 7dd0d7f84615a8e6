import assert from 'node:assert/strict';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type DynamoForTests, dynamoForTests } from '../../../../test-servers/dynamo-for-tests.ts';
import { NO_DYNOXIDE } from '../../../../test-servers/dynoxide.ts';
import { environmentOf } from '../services/dynamo-service.ts';
import type { TestService } from '../services/service.ts';
import { createSharingService } from '../services/sharing-service.ts';
import {
  createPastTable,
  PAST_IMAGE,
  PAST_STEPS,
  PAST_TABLES,
  type PastTable,
  writePastFolder,
} from './past/schemas.ts';

describe('the database of a data folder at commit 65a34327', () => {
  for (const step of PAST_STEPS)
    it(`opens at step ${step}, with its image`, async () => {
      await using folder = await mkdtempDisposable(join(tmpdir(), 'safelight-past-'));
      await writePastFolder(folder.path, step);
      await using service = await createSharingService({ folder: folder.path });
      assert.equal(await statusOf(service, PAST_IMAGE), 'ready');
    });
});

describe('a table of commit 65a34327', { skip: NO_DYNOXIDE }, () => {
  let server: DynamoForTests;
  before(async () => {
    server = await dynamoForTests();
  });
  after(() => server[Symbol.asyncDispose]());

  for (const past of PAST_TABLES)
    it(`opens as it was left ${past.left}`, async () => {
      await using table = await createPastTable(server.dynamo, past);
      const environment = { ...environmentOf(table), FEED_SHARDS: '2' };
      await using service = await createSharingService({ environment });
      for (const { id, status } of imagesIn(past)) assert.equal(await statusOf(service, id), status);
    });
});

const imagesIn = ({ items }: PastTable) =>
  items.flatMap(({ pk, status }) => (pk?.S?.startsWith('I#') ? [{ id: pk.S.slice(2), status: status?.S }] : []));

async function statusOf({ services }: TestService, id: string): Promise<string | undefined> {
  return (await services.images.get(id as Parameters<typeof services.images.get>[0]))?.status;
}
