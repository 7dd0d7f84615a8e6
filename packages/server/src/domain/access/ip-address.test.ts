import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseIpAddress } from './ip-address.ts';

describe('an IP address', () => {
  const CANONICAL: readonly (readonly [text: string, address: string])[] = [
    ['192.0.2.7', '192.0.2.7'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['::FFFF:c000:207', '192.0.2.7'],
    ['0:0:0:0:0:ffff:192.0.2.7', '192.0.2.7'],
    ['fe80::1%eth0', 'fe80::1'],
    ['::c000:207', '::c000:207'],
    ['64:ff9b::192.0.2.7', '64:ff9b::c000:207'],
  ];
  for (const [text, address] of CANONICAL)
    it(`${text} is ${address}`, () => {
      assert.equal(parseIpAddress(text), address);
    });

  for (const text of [
    '',
    '127.1',
    '2130706433',
    '0x7f.0.0.1',
    '010.0.0.1',
    '::ffff:010.0.0.1',
    '256.0.0.1',
    '192.0.2.7 ',
    '192.0.2.7:80',
    '[::1]',
    ':::1',
    '::192.0.2.7',
    '12345::',
    'localhost',
    '1'.repeat(8_192),
    ':'.repeat(8_192),
  ])
    it(`${JSON.stringify(text.slice(0, 20))} is none`, () => {
      assert.equal(parseIpAddress(text), undefined);
    });
});
