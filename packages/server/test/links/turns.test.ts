import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { UNKNOWN_PAYER } from '../../src/domain/access/payer.ts';
import { createClosedService } from '../services/closed-service.ts';
import { type Ask, describeAs, imageOf, jsonOf, upload } from '../sharing/images-in-states.ts';

describe('among many who make links of an image', () => {
  for (const [name, request] of [
    [
      'a revocation of all',
      async (ask: Ask, id: string) => jsonOf(await ask(`/images/${id}/revoke-links`, { method: 'POST' })),
    ],
    ['a change of visibility', (ask: Ask, id: string) => describeAs(ask, id, { visibility: 'public' })],
  ] as const)
    it(`${name} takes its turn, so that it isn't the one that gives up`, async () => {
      await using service = await createClosedService();
      const key = await service.keyOf({ owner: 'ada' });
      const ask: Ask = (path, init) => service.as(key, path, init);
      const id = await upload(ask);
      const { revision } = await imageOf(ask, id);
      const { promise: ended, resolve: end } = Promise.withResolvers<void>();
      const before = service.services.linkTurns.take(id, UNKNOWN_PAYER, () => ended);
      const changing = request(ask, id);
      await upload(ask); // its writes come after those of a change that waits for nothing
      assert.equal((await imageOf(ask, id)).revision, revision);
      end();
      await before;
      await changing;
      assert.equal((await imageOf(ask, id)).revision, revision + 1);
    });
});
