import assert from 'node:assert/strict';
import { it } from 'node:test';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { parseKey } from '../../src/domain/access/api-key-text.ts';
import { revokeKey } from '../../src/operations/keys/revoke-key.ts';
import { createEventService } from '../events/event-service.ts';
import { json } from '../services/service.ts';

interface Grant {
  readonly image_id: string;
  readonly upload_url: string;
  readonly headers: Record<string, string>;
}

it('a request that waits gets nothing once its key is revoked', async (t) => {
  await using service = await createEventService();
  const [ending, staying] = await Promise.all(['ada', 'ada'].map((owner) => service.keyOf({ owner })));
  await service.upload(staying ?? ''); // starts the decoder, which may take longer than the waits
  const bytes = new Uint8Array(await testImage({ type: 'image/png', width: 8, height: 8 }));
  const terms = { content_type: 'image/png', size: bytes.length };
  const grant = (await (await service.as(staying ?? '', '/uploads', json(terms))).json()) as Grant;

  const { longPolls } = service.services;
  const { enter } = longPolls;
  const allWait = Promise.withResolvers<void>();
  let waiting = 0;
  t.mock.method(longPolls, 'enter', (holder: Parameters<typeof enter>[0]) => {
    waiting += 1;
    if (waiting === 4) allWait.resolve();
    return enter(holder);
  });
  const paths = ['/events?from=now&wait=25', `/images/${grant.image_id}/metadata?wait=20`];
  const asked = [ending, staying].flatMap((key = '') => paths.map((path) => service.as(key, path)));
  await allWait.promise;

  await revokeKey(service.services, parseKey(ending ?? '')?.id ?? '');
  await service.send(grant.upload_url, { method: 'PUT', headers: grant.headers, body: bytes });
  await service.as(staying ?? '', `/images/${grant.image_id}/complete`, { method: 'POST' });
  const answers = await Promise.all(asked);
  assert.deepEqual(
    answers.map(({ status }) => status),
    [401, 401, 200, 200],
  );
  const told = await Promise.all(answers.map((answer) => answer.text()));
  assert.deepEqual(
    told.map((text) => text.includes(grant.image_id)),
    [false, false, true, true],
  );
});
