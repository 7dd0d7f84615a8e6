import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createClient, type Image } from '@safelight/client';
import { testImage } from '../../../test/pictures/test-images.ts';
import { type ClosedService, createClosedService } from '../../server/test/services/closed-service.ts';
import { type ListeningService, listen } from '../../server/test/services/listening-service.ts';

/** The service has done what was asked, and the connection is cut before the answer comes. */
describe('a request whose answer is lost', () => {
  let service: ClosedService;
  let listening: ListeningService;
  let key: string;
  let baseUrl: string;
  before(async () => {
    service = await createClosedService();
    listening = await listen(service);
    baseUrl = `http://${listening.address}`;
    key = await service.keyOf({ owner: 'ada' });
  });
  after(async () => {
    await listening?.[Symbol.asyncDispose]();
    await service?.[Symbol.asyncDispose]();
  });

  /** Loses the first answer to a request of this method. */
  function losing(method: string) {
    const requests: string[] = [];
    const client = createClient({
      baseUrl,
      token: key,
      async fetch(url, init) {
        const answer = await fetch(url, init);
        if (init?.method !== method) return answer;
        requests.push(`${answer.status}`);
        if (requests.length === 1) throw new TypeError('fetch failed');
        return answer;
      },
    });
    return { client, requests };
  }

  const upload = async (seed: number): Promise<Image> => {
    const picture = await testImage({ type: 'image/jpeg', width: 32, height: 32, seed });
    return createClient({ baseUrl, token: key }).upload(new Blob([new Uint8Array(picture)]));
  };

  it('deletes an image, and a link', async () => {
    const { image_id } = await upload(1);
    const { client, requests } = losing('DELETE');
    await client.images.delete(image_id);
    assert.deepEqual(requests, ['200', '404']);
    await assert.rejects(client.images.delete(image_id), { code: 'image-not-found' });

    const { image_id: other } = await upload(2);
    const link = await client.images.createLink(other);
    const again = losing('DELETE');
    await again.client.images.revokeLink(other, link.link_id);
    assert.equal(again.requests.length, 2);
  });

  it('changes an image of a known revision', async () => {
    const { image_id, revision } = await upload(3);
    const { client, requests } = losing('PATCH');
    const changed = await client.images.update(image_id, { tags: ['sea'] }, { revision });
    assert.deepEqual([changed.tags, changed.revision, requests.length], [['sea'], revision + 1, 2]);
  });

  it('corrects the date and the position of an image of a known revision', async () => {
    const { image_id, revision } = await upload(6);
    const position = { latitude: 54.90791234567, longitude: -8.3 };
    for (const [before, changes] of [
      { taken_at: '2019-05-04' },
      { taken_at: '2019-05-04T10:00', position },
      { taken_at: '2019-05-04T10:00:31.1', focal_point: { x: 0.333333, y: 0.5 } },
      { position: null, description: 'By the sea' },
      { taken_at: null, tags: null },
    ].entries()) {
      const { client, requests } = losing('PATCH');
      const changed = await client.images.update(image_id, changes, { revision: revision + before });
      assert.deepEqual([changed.revision, requests], [revision + before + 1, ['200', '412']]);
    }
  });

  it('still conflicts with another’s correction', async () => {
    const key = await service.keyOf({ owner: 'ada' });
    const position = { latitude: 1, longitude: 1 };
    for (const [seed, [mine, theirs]] of [
      [{ taken_at: '2019-05-04' }, { taken_at: '2019-05-04T00:00:00.001' }],
      [{ taken_at: '2019-05-04' }, { taken_at: null }],
      [{ position }, { position: { latitude: 1, longitude: 1.0001 } }],
      [{ position }, { position: null }],
      [
        { position: null, taken_at: '2019-05-04' },
        { position, taken_at: '2019-05-04' },
      ],
      [
        { description: 'mine', position },
        { description: 'theirs', position },
      ],
    ].entries()) {
      const { image_id, revision } = await upload(10 + seed);
      await createClient({ baseUrl, token: key }).images.update(image_id, theirs ?? {});
      const { client, requests } = losing('PATCH');
      await assert.rejects(client.images.update(image_id, mine ?? {}, { revision }), { code: 'revision-conflict' });
      assert.deepEqual(requests, ['412', '412']);
    }
  });

  it('changes many images once: a change that names revisions isn’t repeated', async () => {
    const { image_id, revision } = await upload(7);
    const get = () => createClient({ baseUrl, token: key }).images.get(image_id);
    const set = losing('POST');
    const { count } = await set.client.images.change({ image_ids: [image_id], taken_at: '2019-05-04' });
    assert.deepEqual([count, set.requests], [1, ['200', '200']]);
    const shift = { image_ids: [image_id], revisions: [revision + 2], shift_taken_seconds: 60 };
    const { client, requests } = losing('POST');
    await assert.rejects(client.images.change(shift), { code: 'network' });
    assert.deepEqual(requests, ['200']);
    assert.equal((await client.images.change(shift)).results[0]?.error?.code, 'revision-conflict');
    const { facts, revision: after } = await get();
    assert.deepEqual([facts?.taken_at, after], ['2019-05-04T00:01:00.000', revision + 3]);
  });

  it('still conflicts with another’s change', async () => {
    const { image_id, revision } = await upload(4);
    await createClient({ baseUrl, token: key }).images.update(image_id, { tags: ['theirs'] }, { revision });
    const { client, requests } = losing('PATCH');
    await assert.rejects(client.images.update(image_id, { tags: ['mine'] }, { revision }), {
      code: 'revision-conflict',
    });
    assert.equal(requests.length, 2);
  });

  it('makes no second link', async () => {
    const { image_id } = await upload(5);
    const { client, requests } = losing('POST');
    await assert.rejects(client.images.createLink(image_id), { code: 'network' });
    assert.equal(requests.length, 1);
    assert.equal((await client.images.links(image_id)).length, 1);
  });

  it('needs a path of the service', async () => {
    for (const path of ['images', '@evil.example', 'evil.example/x', ''])
      await assert.rejects(createClient({ baseUrl, token: key }).request(path), { name: 'TypeError' });
  });
});
