import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type DynamoForTests, dynamoForTests } from '../../../../test-servers/dynamo-for-tests.ts';
import { NO_DYNOXIDE } from '../../../../test-servers/dynoxide.ts';
import type { Image } from '../../src/domain/image/image.ts';
import type { ImageId } from '../../src/domain/image/image-id.ts';
import type { Item } from '../../src/records/dynamodb/item.ts';
import { imageKey } from '../../src/records/dynamodb/item-keys.ts';
import { giveAttributes, rawItem } from '../../src/records/dynamodb/raw-item.fixture.ts';
import {
  colorOf,
  createEars,
  maintain,
  namedCopy,
  plantCopy,
  png,
  readyRecord,
  render,
  storedCopies,
  upload,
} from '../renditions/copied-images.ts';
import { createDynamodbService, type DynamodbService } from '../services/dynamodb-service.ts';
import { sweepAll } from '../services/record-check.ts';
import { sharedImaging } from '../services/shared-imaging.ts';

const HOUR_MS = 3_600_000;
const red = await png();

after(() => sharedImaging[Symbol.asyncDispose]());

/** Versions before working copies leave the attribute as it is, whatever they write. */
describe('beside a version that knows no working copies, on the same table,', { skip: NO_DYNOXIDE }, () => {
  let server: DynamoForTests;
  before(async () => {
    server = await dynamoForTests();
  });
  after(() => server[Symbol.asyncDispose]());

  /** Does what the request asks for, as an earlier version does it. */
  async function asEarlier(service: DynamodbService, id: ImageId, work: () => Promise<Response>): Promise<void> {
    const { workingCopy } = (await rawItem(service.table, imageKey(id))) ?? {};
    assert.ok(workingCopy);
    assert.equal((await work()).status, 200);
    await giveAttributes(service.table, imageKey(id), { workingCopy });
  }

  const itemOf = (service: DynamodbService, id: ImageId): Promise<Item | undefined> =>
    rawItem(service.table, imageKey(id));

  for (const status of ['ready', 'trashed'])
    it(`a record of a ${status} image that the other deleted is swept, and forgotten`, async () => {
      await using service = await createDynamodbService(server.dynamo);
      const id = await upload(service, red);
      const trashing = () => service.request(`/images/${id}/trash`, { method: 'POST' });
      if (status === 'trashed') assert.equal((await trashing()).status, 200);
      await asEarlier(service, id, () => service.request(`/images/${id}`, { method: 'DELETE' }));
      assert.equal((await itemOf(service, id))?.['status']?.S, 'deleted');

      for (let hours = 0; hours < 3; hours += 1) {
        service.clock.offsetMs += HOUR_MS;
        await sweepAll(service);
      }
      const image = await service.services.images.get(id);
      assert.ok(image?.status === 'deleted');
      assert.ok(isSwept(image), JSON.stringify(image));
      assert.equal((await itemOf(service, id))?.['workingCopy'], undefined);
      assert.deepEqual(await service.storedFiles(), []);
    });

  it('an image that the other trashed and restored has its working copy', async () => {
    await using service = await createDynamodbService(server.dynamo);
    const id = await upload(service, red);
    await plantCopy(service, id);
    const copy = await namedCopy(service, id);
    for (const step of ['trash', 'restore'])
      await asEarlier(service, id, () => service.request(`/images/${id}/${step}`, { method: 'POST' }));
    assert.deepEqual(await namedCopy(service, id), copy);
    assert.equal(await colorOf(await render(service, id, { w: 300 })), 'blue');
  });

  it('an image whose renditions the other purged is rendered from its original, and gets another copy', async () => {
    const ears = createEars();
    await using service = await createDynamodbService(server.dynamo, { observe: ears.observe });
    const id = await upload(service, red);
    const { workingCopy } = await readyRecord(service, id);
    await asEarlier(service, id, () => service.request(`/images/${id}/renditions`, { method: 'DELETE' }));
    assert.deepEqual(
      [(await readyRecord(service, id)).workingCopy, await storedCopies(service, id)],
      [workingCopy, []],
    );
    await render(service, id, { w: 300 });
    assert.equal(ears.count('working-copy-lost'), 1);
    assert.equal((await itemOf(service, id))?.['workingCopy'], undefined);
    await maintain(service, id);
    assert.deepEqual(await namedCopy(service, id), workingCopy);
    assert.equal((await storedCopies(service, id)).length, 1);
  });
});

const isSwept = (image: Image): boolean => 'remains' in image && !('removeAt' in image.remains);
