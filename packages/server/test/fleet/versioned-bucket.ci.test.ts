import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ListObjectVersionsCommand, PutBucketVersioningCommand } from '@aws-sdk/client-s3';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { until } from '../../src/imaging/processes/process-list.fixture.ts';
import { createQueuedCloud, NO_QUEUED_CLOUD, type QueuedCloud } from '../services/queued-cloud.ts';
import { json, post } from '../services/service.ts';
import { type Fleet, startFleetIn } from './fleet.ts';

/** Settings with which API and worker send commands that they don't send by default. */
const SETTINGS = { EAGER_PRESETS: 'thumb', USAGE: 'on', TRASH_DAYS: '0' };

interface Granted {
  readonly image_id: string;
  readonly upload_url: string;
}

describe('processes on a versioned bucket with a queue', { skip: NO_QUEUED_CLOUD }, () => {
  const stack = new AsyncDisposableStack();
  let cloud: QueuedCloud;
  let fleet: Fleet;
  let picture: Uint8Array<ArrayBuffer>;
  before(async () => {
    cloud = stack.use(await createQueuedCloud());
    const VersioningConfiguration = { Status: 'Enabled' } as const;
    const { client, name } = cloud.bucket;
    await client.send(new PutBucketVersioningCommand({ Bucket: name, VersioningConfiguration }));
    fleet = stack.use(await startFleetIn(cloud, { services: 1, workers: 1, environment: SETTINGS }));
    picture = new Uint8Array(await testImage({ type: 'image/jpeg', width: 640, height: 480 }));
  });
  after(() => stack.disposeAsync());

  const ask = (path: string, init?: RequestInit) => fetch(`${fleet.origin}${path}`, init);
  async function answered<Body>(path: string, init?: RequestInit): Promise<Body> {
    const answer = await ask(path, init);
    assert.ok(answer.ok, `${path} answered ${answer.status}`);
    return (await answer.json()) as Body;
  }
  /** The versions of an image: `KEY VERSION` of each version and delete marker. */
  async function versionsOf(id: string): Promise<string[]> {
    const { client, name } = cloud.bucket;
    const { Versions = [], DeleteMarkers = [] } = await client.send(new ListObjectVersionsCommand({ Bucket: name }));
    return [...Versions, ...DeleteMarkers]
      .map(({ Key, VersionId }) => `${Key} ${VersionId}`)
      .filter((one) => one.includes(id));
  }
  const hasThumb = async (id: string) => (await versionsOf(id)).some((one) => one.startsWith('renditions/'));
  const upload = () => answered<Granted>('/images/upload?user_id=ada', post(picture, 'image/jpeg'));
  const grant = () => answered<Granted>('/images/upload', json({ user_id: 'ada', content_type: 'image/jpeg' }));

  it('make eager presets of what the API takes, and of what the bucket reports', async () => {
    const { image_id: direct } = await upload();
    await until(() => hasThumb(direct));
    const { image_id: reported, upload_url: url } = await grant();
    const put = await fetch(url, { method: 'PUT', body: picture, headers: { 'content-type': 'image/jpeg' } });
    assert.equal(put.status, 200);
    await until(() => hasThumb(reported));
  });

  it('remove every version of a deleted image and of its uploads', async () => {
    const { image_id: id, upload_url: url } = await grant();
    for (const _ of [1, 2]) {
      await fetch(url, { method: 'PUT', body: picture, headers: { 'content-type': 'image/jpeg' } });
    }
    await until(() => hasThumb(id));
    assert.ok((await ask(`/images/${id}?user_id=ada`, { method: 'DELETE' })).ok);
    await until(async () => (await versionsOf(id)).length === 0);
  });

  it('count what a user stores while limits of its own come and go', async () => {
    const limits = { bytes: 10_000_000, images: null, pending: null };
    const put = { ...json(limits), method: 'PUT' };
    assert.ok((await ask('/quotas/ada', put)).ok);
    await upload();
    assert.ok((await ask('/quotas/ada', { method: 'DELETE' })).ok);
    await upload();
    const { images } = await answered<{ images: number }>('/usage?user_id=ada');
    assert.equal(images, 4);
  });
});
