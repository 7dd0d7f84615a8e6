import assert from 'node:assert/strict';
import { before, it } from 'node:test';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { moveEvents } from '../../src/operations/upkeep/move-events.ts';
import { onEachRepository } from '../services/on-each-repository.ts';
import { json, post } from '../services/service.ts';

const picture = new Uint8Array(await testImage({ type: 'image/jpeg', width: 64, height: 48 }));

interface EventJson {
  readonly event_id: string;
  readonly type: string;
  readonly album_id?: string;
  readonly image_id?: string;
  readonly user_id: string;
  readonly revision: number;
}

onEachRepository(
  'events of albums',
  (serviceOf) => {
    let ada: string;
    before(async () => {
      ada = await serviceOf().keyOf({ owner: 'ada' });
    });

    const read = async <Answer>(answer: Response): Promise<Answer> => (await answer.json()) as Answer;
    const eventsOf = async (key: string, query: string): Promise<readonly EventJson[]> => {
      await moveEvents(serviceOf().services, { holder: 'test', signal: new AbortController().signal });
      return (await read<{ events: EventJson[] }>(await serviceOf().as(key, `/events?limit=1000&${query}`))).events;
    };

    it('tell who asks for them that an album was made, changed, filled and deleted, and not of failures', async () => {
      const { album_id: id } = await read<{ album_id: string }>(
        await serviceOf().as(ada, '/albums', json({ title: 'Lisbon' })),
      );
      const uploaded = await serviceOf().as(ada, '/images/upload', post(picture, 'image/jpeg'));
      const { image_id: image } = await read<{ image_id: string }>(uploaded);
      const path = `/albums/${id}`;
      await serviceOf().as(ada, path, { ...json({ title: 'Porto' }), method: 'PATCH' });
      await serviceOf().as(ada, `${path}/images`, json({ add: [image] }));
      await serviceOf().as(ada, `${path}/images`, json({ add: ['no image'] }));
      await serviceOf().as(ada, `${path}/images`, json({ add: [image] })); // it is there already
      await serviceOf().as(ada, path, { method: 'DELETE' });
      const told = await eventsOf(ada, 'type=album.changed');
      assert.deepEqual(
        told.map(({ type, album_id, user_id, revision }) => [type, album_id, user_id, revision]),
        [1, 2, 3, 4].map((revision) => ['album.changed', id, 'ada', revision]),
      );
      assert.equal(new Set(told.map(({ event_id }) => event_id)).size, told.length);

      const images = await eventsOf(ada, '');
      assert.deepEqual(
        images.map(({ type, image_id }) => [type, image_id]),
        [['image.ready', image]],
      );
      const bob = await serviceOf().keyOf({ owner: 'bob' });
      assert.deepEqual(await eventsOf(bob, 'type=album.changed'), []);
    });
  },
  { RATE_LIMITS: 'off', EVENTS: 'on' },
);
