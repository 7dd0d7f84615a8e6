import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { pictureOfSize } from '../../../../test/acceptance/pictures.ts';
import { incomingKey } from '../../src/domain/image/object-key.ts';
import { deleteUser } from '../../src/operations/users/delete-user.ts';
import { sweepOnce } from '../../src/run/worker.ts';
import { openPlace } from '../reconcile/planted.ts';
import { type Cloud, createCloud, joinCloud, NO_CLOUD, type OwnService } from '../services/cloud.ts';
import {
  begin,
  complete,
  more,
  pendingOf,
  recordOf,
  requireBytes,
  sendPart,
  sendParts,
  unfinished,
} from './in-parts.ts';

/** The least of S3. */
const PART = 5 * 1_048_576;
const HOUR_MS = 3_600_000;

describe('an upload in parts on S3', { skip: NO_CLOUD }, () => {
  let cloud: Cloud;
  let service: OwnService;
  before(async () => {
    cloud = await createCloud();
    service = await joinCloud(cloud);
  });
  after(async () => {
    await service[Symbol.asyncDispose]();
    await cloud[Symbol.asyncDispose]();
  });
  const granted = async (user = 'ada') => {
    const bytes = await pictureOfSize(2 * PART + 9);
    const grant = await begin(service.request, bytes, { user_id: user });
    await sendParts(service, grant, bytes, [1]);
    return { bytes, grant, id: grant.image_id, second: grant.parts.urls[1] ?? assert.fail() };
  };

  it('is aborted if its image is deleted, and its URLs bring nothing more', async () => {
    const { id, bytes, second } = await granted();
    assert.equal((await service.request(`/images/${id}?user_id=ada`, { method: 'DELETE' })).status, 200);
    assert.deepEqual(await unfinished(service), []);
    assert.equal((await sendPart(service, second, bytes, PART)).status, 404);
    assert.deepEqual(await unfinished(service), []);
  });

  it('is aborted if its user is deleted, and its URLs bring nothing more; another user’s goes on', async () => {
    const [ours, other] = [await granted('eve'), await granted('bob')];
    await using command = await openPlace({ DATA_DIR: service.folder, ...cloud.environment });
    await deleteUser(command.services, { userId: 'eve', blockDays: undefined });
    const { parts } = await pendingOf(service, other.id);
    assert.deepEqual(await unfinished(service), [parts?.uploadId]);
    assert.equal((await sendPart(service, ours.second, ours.bytes, PART)).status, 404);
    await sendParts(service, await more(service.request, other.id), other.bytes);
    assert.equal((await complete(service.request, other.id)).status, 200);
    await requireBytes(service.request, other.id, other.bytes);
    assert.deepEqual(await unfinished(service), []);
  });

  it('is begun anew if the bucket has lost it, as its abort rule may', async () => {
    const { id, bytes } = await granted();
    const { parts } = await pendingOf(service, id);
    await service.services.multipart.abort({ key: incomingKey('ada', id), uploadId: parts?.uploadId ?? '' });
    const anew = await more(service.request, id);
    assert.deepEqual(anew.parts.received, []);
    await sendParts(service, anew, bytes);
    assert.equal((await complete(service.request, id)).status, 200);
    await requireBytes(service.request, id, bytes);
    assert.deepEqual(await unfinished(service), []);
  });

  it('is aborted by the sweeper at its end', async () => {
    const { id } = await granted();
    for (const hours of [1.3, 20.3]) {
      service.clock.offsetMs = hours * HOUR_MS;
      await sweepOnce(service.services, { holder: 'sweeper', signal: new AbortController().signal });
      assert.equal((await recordOf(service, id)).status, hours < 20 ? 'pending' : 'expired');
      assert.equal((await unfinished(service)).length, hours < 20 ? 1 : 0);
    }
  });
});
