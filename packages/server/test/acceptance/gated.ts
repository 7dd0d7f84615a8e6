import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Way } from '../../../../scripts/test-tiers.ts';
import { connect, json } from '../../../../test/acceptance/api.ts';
import type { DecidingGate } from '../../../../test/acceptance/gate.ts';
import { describeWay } from './way.ts';

/** The cases about gates against a service with this gate. `admin`: the key of an admin. */
export async function describeBehindGate(
  way: Way,
  { origin, admin, gate }: { readonly origin: string; readonly admin: string; readonly gate: DecidingGate },
): Promise<void> {
  const { ask } = await connect(origin, { token: admin });
  const terms = { name: 'gated', acts_as: ['*'], scopes: ['images:read', 'images:write'] };
  const { key } = await ask<{ readonly key: string }>('/keys', json(terms));
  describeWay(way, await connect(origin, { token: key, adminToken: admin }));

  it('the gate got signed requests alone', () => assert.deepEqual(gate.forged, []));
}
