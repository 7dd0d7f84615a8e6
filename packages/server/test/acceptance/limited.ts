import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Way } from '../../../../scripts/test-tiers.ts';
import { connect, json } from '../../../../test/acceptance/api.ts';
import { CLOSED } from './closed.ts';
import { describeWay } from './way.ts';

/** Windows that outlast a run, and limits that its cases use up. */
export const LIMITED = {
  ...CLOSED,
  RATE_LIMITS: 'grant=12/h upload=12/h read=120/h render=6/h list=12/h picture=6/h',
} as const;

/** The cases about rate limits against a service with these settings. `admin`: the key of an admin. */
export async function describeLimited(
  way: Way,
  { origin, admin }: { readonly origin: string; readonly admin: string },
) {
  const { ask, send } = await connect(origin, { token: admin });
  const terms = { name: 'limited', acts_as: ['*'], scopes: ['images:read', 'images:write'] };
  const { key } = await ask<{ readonly key: string }>('/keys', json(terms));
  describeWay(way, await connect(origin, { token: key }));

  it('an admin has no limit', async () => {
    for (let asked = 0; asked < 15; asked += 1) {
      const { status, headers } = await send('/images?limit=1', { method: 'HEAD' });
      assert.deepEqual([status, headers.get('ratelimit')], [200, null]);
    }
  });
}
