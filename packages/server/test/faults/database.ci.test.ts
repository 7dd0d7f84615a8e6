import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { until } from '../../src/imaging/processes/process-list.fixture.ts';
import { startHolder } from '../../src/records/sqlite/holding-process.fixture.ts';
import { assertTold, createVisitor, type Kind } from '../http/every-request.ts';
import { type RunningService, startService } from '../services/running-service.ts';

const READS: readonly Kind[] = ['describe', 'list', 'bytes', 'download', 'health'];
const WRITES: readonly Kind[] = ['grant', 'batch', 'put', 'form', 'direct', 'keyed', 'patch', 'remove'];

/** Another process that locks the database until it is killed, like a backup tool or a shell. */
const lockDatabase = ({ folder }: RunningService) =>
  startHolder(`
    import { DatabaseSync } from 'node:sqlite';
    const database = new DatabaseSync(${JSON.stringify(join(folder, 'data/safelight.db'))});
    database.exec('BEGIN EXCLUSIVE');`);

describe('a database that another process has locked', () => {
  it('delays no reads, and makes writes 503 with Retry-After; after its release arrived uploads become ready and all works', async () => {
    await using service = await startService({ LOG_LEVEL: 'silent' });
    const visitor = await createVisitor(service.origin);
    const lock = await lockDatabase(service);
    const answers = visitor.askAll({ but: ['complete'] });
    // Those two send a job for their client, once they can.
    const refused = WRITES.filter((kind) => kind !== 'put' && kind !== 'form');
    await until(async () => refused.every((kind) => visitor.answered.includes(kind)));
    await lock.kill();
    assertTold(await answers, {
      records: '503 unavailable',
      uploads: '503 unavailable',
      presignedUploads: '503 ServiceUnavailable',
      failing: ['records'],
    });
    const order = (kind: Kind) => visitor.answered.indexOf(kind);
    assert.ok(
      Math.max(...READS.map(order)) < Math.min(...WRITES.map(order)),
      `expected no read to wait for the lock; got ${visitor.answered}`,
    );

    const images = async () => (await fetch(`${service.origin}/images`)).text(); // a list finalizes nothing
    await until(async () => (await images()).includes(visitor.uploadId));
    assertTold(await visitor.askAll(), {});
    await visitor.assertNothingLost();
  });

  it('delays a write until its release, if that is soon', async () => {
    await using service = await startService({ LOG_LEVEL: 'silent' });
    const visitor = await createVisitor(service.origin);
    const lock = await lockDatabase(service);
    const answers = visitor.askAll();
    await until(async () => READS.every((kind) => visitor.answered.includes(kind)));
    assert.deepEqual(
      WRITES.filter((kind) => visitor.answered.includes(kind)),
      [],
    );
    await lock.kill();
    assertTold(await answers, {});
    await visitor.assertNothingLost();
  });
});
