import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ServiceEvent } from '../../src/observer/observer.ts';
import { testImage } from '../pictures/test-images.ts';
import { createClosedService } from '../services/closed-service.ts';
import { json, post } from '../services/service.ts';

const ABSENT = '019a0000-0000-7000-8000-000000000000';

describe('the audit', () => {
  it('tells what services and admins did, for whom and with what outcome, and nothing of users', async () => {
    const events: ServiceEvent[] = [];
    await using service = await createClosedService({ observe: (event) => events.push(event) });
    const idOf = (key: string) => key.split('_')[1] ?? '';
    const backend = await service.keyOf({ actsAs: ['ada', 'bob'] });
    const ada = await service.keyOf({ owner: 'ada' });
    const jpeg = post(new Uint8Array(await testImage({ type: 'image/jpeg', width: 64, height: 48 })), 'image/jpeg');

    const ask = async (...call: Parameters<typeof service.as>): Promise<void> => {
      await (await service.as(...call)).arrayBuffer();
    };
    const uploaded = await service.as(backend, '/images/upload?user_id=ada', jpeg);
    const { image_id: imageId } = (await uploaded.json()) as { image_id: string };
    await ask(ada, '/images');
    await ask(ada, `/images/${imageId}/metadata`);
    await ask(backend, '/images?user_id=carol');
    await ask(backend, `/images/${ABSENT}/metadata`);
    await ask(backend, '/images/delete', json({ image_ids: [imageId, ABSENT] }));
    await ask(service.admin, '/keys', json({ name: 'new', owner: 'bob', scopes: ['images:read'] }));

    const actor = idOf(backend);
    const told = events.flatMap((event) => {
      if (event.event !== 'audit') return [];
      const { requestId, ...rest } = event;
      assert.ok(requestId !== '');
      return [rest];
    });
    assert.deepEqual(told, [
      { event: 'audit', actor, forUser: 'ada', operation: 'upload', imageId, outcome: 'done' },
      { event: 'audit', actor, forUser: null, operation: 'listImages', outcome: 'refused' },
      { event: 'audit', actor, forUser: null, operation: 'describeImage', imageId: ABSENT, outcome: 'refused' },
      { event: 'audit', actor, forUser: null, operation: 'deleteImages', count: 2, outcome: 'done' },
      { event: 'audit', actor: idOf(service.admin), forUser: null, operation: 'createKey', outcome: 'done' },
    ]);
  });
});
