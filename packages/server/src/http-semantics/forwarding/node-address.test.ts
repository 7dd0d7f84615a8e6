import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { nodeAddress } from './node-address.ts';

describe('a node', () => {
  const ADDRESSES: readonly (readonly [node: string, address: string])[] = [
    ['192.0.2.7', '192.0.2.7'],
    ['192.0.2.7:47011', '192.0.2.7'],
    ['192.0.2.7:_hidden', '192.0.2.7'],
    ['[2001:db8:cafe::17]', '2001:db8:cafe::17'],
    ['[2001:DB8:CAFE::17]:4711', '2001:db8:cafe::17'],
    ['[::ffff:192.0.2.7]:_p', '192.0.2.7'],
    ['2001:db8:cafe::17', '2001:db8:cafe::17'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
  ];
  for (const [node, address] of ADDRESSES)
    it(`${node} is ${address}`, () => {
      assert.equal(nodeAddress(node), address);
    });

  for (const node of [
    '',
    'unknown',
    '_gazonk',
    '-',
    'localhost',
    '192.0.2.7:',
    '192.0.2.7:123456',
    '192.0.2.7:80:80',
    '[192.0.2.7]',
    '[::1',
    '::1]',
    '[::1]80',
    '[::1%lo]',
    'fe80::1%lo',
    '192.0.2',
    '0x7f.0.0.1',
    '"192.0.2.7"',
    '192.0.2.7 ',
    `192.0.2.7:_${'a'.repeat(8_000)} `,
  ])
    it(`${JSON.stringify(node.slice(0, 30))} has no address`, () => {
      assert.equal(nodeAddress(node), undefined);
    });
});
