import assert from 'node:assert/strict';
import { mkdir, mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { SYNCHRONOUS_FAILURES } from '../../src/outbound/failing-connects.fixture.ts';
import { PICTURE } from '../gates/gated-service.ts';
import { createQueuedCloud, NO_QUEUED_CLOUD } from '../services/queued-cloud.ts';
import { runService, startService } from '../services/running-service.ts';
import { post } from '../services/service.ts';

const PRELOAD = join(import.meta.dirname, '../../src/outbound/failing-connects.preload.fixture.ts');
/** More than there are open connections to the stores. */
const AT_ONCE = 40;
/** The worker asks the queue, and the sweeper the table, within it. */
const A_WHILE_MS = 6_000;

describe('a service on S3, DynamoDB and SQS whose connections fail within connect', { skip: NO_QUEUED_CLOUD }, () => {
  for (const failure of SYNCHRONOUS_FAILURES)
    it(`with ${failure}: it answers 503, lives on, and goes on once they don't; a start says so`, async () => {
      await using stack = new AsyncDisposableStack();
      const cloud = stack.use(await createQueuedCloud());
      const folder = stack.use(await mkdtempDisposable(join(tmpdir(), 'safelight-'))).path;
      const failing = join(folder, 'failing');
      const environment = {
        ...cloud.environment,
        FAILING_CONNECTS: failing,
        NODE_OPTIONS: `--import=${PRELOAD}`,
      };
      await writeFile(failing, '');
      const service = stack.use(await startService(environment, folder));
      const upload = async (user: number) =>
        (await fetch(`${service.origin}/images/upload?user_id=user-${user}`, post(PICTURE, 'image/jpeg'))).status;
      const list = async (user: number) => (await fetch(`${service.origin}/images?user_id=user-${user}`)).status;
      const each = (ask: (user: number) => Promise<number>) =>
        Promise.all(Array.from({ length: AT_ONCE }, (_, user) => ask(user)));
      const uploads = () => each(upload);
      assert.equal(await upload(1), 200);

      await writeFile(failing, failure);
      // On a busy machine few uploads are at the stores at once, and lists until one needs another connection.
      const statuses = new Set(await uploads());
      while (!statuses.has(503)) for (const status of await each(list)) statuses.add(status);
      assert.deepEqual(
        [...statuses].filter((status) => ![200, 503].includes(status)),
        [],
      );
      await delay(A_WHILE_MS);
      assert.equal(service.process.exitCode, null, service.output());
      const second = join(folder, 'second');
      await mkdir(second);
      const { exitCode, output } = await runService(second, environment);
      assert.equal(exitCode, 1);
      assert.match(output, /^Safelight can't start/m);

      await writeFile(failing, '');
      while ((await upload(1)) !== 200) await delay(100);
      assert.deepEqual([...new Set(await uploads())], [200], service.output());
    });
});
