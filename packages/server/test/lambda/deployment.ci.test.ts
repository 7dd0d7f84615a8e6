import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { NO_FAUXQS } from '../../../../test/servers/fauxqs.ts';
import { parseImageId } from '../../src/domain/image/image-id.ts';
import { NO_CLOUD } from '../services/cloud.ts';
import { createTestService, json, type TestService } from '../services/service.ts';
import { type LambdaDeployment, startLambdaDeployment } from './deployment.ts';

const LOOK_EVERY_MS = 20;
const pictures = {
  ready: new Uint8Array(await testImage({ type: 'image/png', width: 64, height: 48 })),
  rejected: new Uint8Array(Buffer.from('<html>no image</html>')),
};

describe('both functions, the queue, the schedule and a bucket with events', { skip: NO_CLOUD || NO_FAUXQS }, () => {
  let deployment: LambdaDeployment;
  /** Reads records without the functions. */
  let reader: TestService;
  before(async () => {
    deployment = await startLambdaDeployment();
    reader = await createTestService({ environment: deployment.cloud.environment });
  });
  after(async () => {
    await using ending = deployment;
    await reader[Symbol.asyncDispose]();
    assert.deepEqual(ending.failures(), []);
  });

  for (const [status, body] of Object.entries(pictures)) {
    it(`make an upload ${status} without a request for it`, async () => {
      const asked = json({ user_id: 'ada', content_type: 'image/png' });
      const answer = await fetch(`${deployment.origin}/images/upload`, asked);
      const grant = (await answer.json()) as { image_id: string; upload_url: string; headers: Record<string, string> };
      const id = parseImageId(grant.image_id);
      assert.ok(id);
      assert.equal((await fetch(grant.upload_url, { method: 'PUT', headers: grant.headers, body })).status, 200);
      const statusNow = async () => (await reader.services.images.get(id))?.status;
      while ((await statusNow()) === 'pending') await delay(LOOK_EVERY_MS);
      assert.equal(await statusNow(), status);
    });
  }
});
