import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Activity, createConnectionPlaces } from './places.ts';

const A = '192.0.2.1';
const B = '192.0.2.2';
const C = '192.0.2.3';

/** The name of the connection that a new one from `address` replaces; `held` is in order of arrival. */
function givingWay(held: readonly (readonly [name: string, address: string, activity: Activity])[], address: string) {
  const places = createConnectionPlaces<string>();
  for (const [name, itsAddress] of held) places.add(name, itsAddress);
  for (const [name, , activity] of held) places.set(name, activity);
  return places.whoGivesWay(address);
}

describe('the connection to replace', () => {
  const CASES: readonly (readonly [says: string, ...Parameters<typeof givingWay>, expected: string | undefined])[] = [
    [
      'is an idle one',
      [
        ['b', A, 'busy'],
        ['s', A, 'stalled'],
        ['i', A, 'idle'],
      ],
      B,
      'i',
    ],
    [
      'is a stalled one if none is idle',
      [
        ['b', A, 'busy'],
        ['s', A, 'stalled'],
        ['c', A, 'busy'],
      ],
      B,
      's',
    ],
    [
      'is a busy one if none is idle or stalled',
      [
        ['b', A, 'busy'],
        ['c', A, 'busy'],
      ],
      B,
      'b',
    ],
    [
      'is the longest idle one if all addresses hold equally many',
      [
        ['i', B, 'idle'],
        ['j', A, 'idle'],
      ],
      C,
      'i',
    ],
    [
      'is an idle one of the address that holds most, not the longest idle one',
      [
        ['i', B, 'idle'],
        ['j', A, 'idle'],
        ['b', A, 'busy'],
      ],
      C,
      'j',
    ],
    [
      'is not an idle one of an address that holds fewer',
      [
        ['i', B, 'idle'],
        ['b', A, 'busy'],
      ],
      A,
      undefined,
    ],
    [
      'is a stalled one of the same address, not an idle one of an address that holds fewer',
      [
        ['i', B, 'idle'],
        ['s', A, 'stalled'],
      ],
      A,
      's',
    ],
    [
      'is not the longest idle one if its address holds as few as that of the new connection',
      [
        ['i', B, 'idle'],
        ['j', C, 'idle'],
        ['k', C, 'busy'],
      ],
      A,
      'j',
    ],
    [
      'is not a busy one of an address that would not hold more than that of the new connection',
      [
        ['b', B, 'busy'],
        ['c', B, 'busy'],
        ['d', A, 'busy'],
      ],
      A,
      undefined,
    ],
    [
      'is not a busy one of the same address',
      [
        ['b', A, 'busy'],
        ['c', A, 'busy'],
      ],
      A,
      undefined,
    ],
    [
      'is not a busy one of the same IPv6 /64, which counts as one address',
      [
        ['i', '2001:db8::1', 'busy'],
        ['j', '2001:db8::2', 'busy'],
        ['k', B, 'busy'],
      ],
      '2001:db8::3',
      undefined,
    ],
  ];
  for (const [says, held, address, expected] of CASES)
    it(says, () => {
      assert.equal(givingWay(held, address), expected);
    });

  it('is chosen among the connections that are left after others end', () => {
    const places = createConnectionPlaces<string>();
    for (const name of ['a1', 'a2', 'a3']) places.add(name, A);
    for (const name of ['b1', 'b2']) places.add(name, B);
    for (const name of ['a1', 'a2', 'a1']) places.remove(name);
    assert.equal(places.count(), 3);
    assert.equal(places.whoGivesWay(C), 'b1');
    for (const name of ['b1', 'b2', 'a3']) places.remove(name);
    assert.equal(places.count(), 0);
    assert.equal(places.whoGivesWay(C), undefined);
  });
});
