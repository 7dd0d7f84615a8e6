import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type IpAddress, parseIpAddress } from './ip-address.ts';
import { networkOf, parseNetwork, withinAny } from './network.ts';

describe("a client's network", () => {
  const NETWORKS: readonly (readonly [address: string, network: string])[] = [
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['::ffff:c000:207', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::6', '2001:db8:1:2::/64'],
    ['2001:DB8::1', '2001:db8:0:0::/64'],
    ['2001:db8:1:2:3::', '2001:db8:1:2::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['unix', 'unix'],
    ['', ''],
  ];
  for (const [address, network] of NETWORKS)
    it(`is ${network} for ${address}`, () => {
      assert.equal(networkOf(address), network);
    });
});

describe('a network of proxies', () => {
  const CANONICAL: readonly (readonly [text: string, network: string])[] = [
    ['10.0.0.0/8', '10.0.0.0/8'],
    ['192.0.2.7', '192.0.2.7/32'],
    ['192.0.2.7/32', '192.0.2.7/32'],
    ['2001:DB8:0::/32', '2001:db8::/32'],
    ['::1', '::1/128'],
    ['::ffff:192.0.2.7', '192.0.2.7/32'],
    ['128.0.0.0/1', '128.0.0.0/1'],
  ];
  for (const [text, network] of CANONICAL)
    it(`is ${network} for ${text}`, () => {
      assert.equal(parseNetwork(text), network);
    });

  for (const text of [
    '',
    '0.0.0.0/0',
    '::/0',
    '10.0.0.1/8',
    '2001:db8::1/32',
    '10.0.0.0/33',
    '2001:db8::/129',
    '10.0.0.0/08',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    '10.0.0.0/255.0.0.0',
    '10.0.0/8',
    '10/8',
    '::ffff:10.0.0.0/104',
    '::10.0.0.0/104',
    'fe80::1%eth0',
    'fe80::%eth0/10',
    'loopback',
    '*',
    'proxy.example.org',
  ])
    it(`is none for ${JSON.stringify(text)}`, () => {
      assert.equal(parseNetwork(text), undefined);
    });
});

describe('addresses within networks', () => {
  const addressOf = (text: string): IpAddress => parseIpAddress(text) ?? assert.fail(text);
  const isWithin = withinAny(
    ['10.0.0.0/8', '192.0.2.7', '2001:db8:0:8000::/49'].flatMap((one) => parseNetwork(one) ?? []),
  );

  for (const inside of [
    '10.0.0.0',
    '10.255.255.255',
    '::ffff:10.1.2.3',
    '192.0.2.7',
    '2001:db8:0:8000::',
    '2001:db8:0:ffff::1',
  ])
    it(`contain ${inside}`, () => {
      assert.equal(isWithin(addressOf(inside)), true);
    });

  for (const outside of [
    '9.255.255.255',
    '11.0.0.0',
    '192.0.2.6',
    '192.0.2.8',
    '2001:db8:0:7fff::1',
    '2001:db8:1::',
    '::a00:1',
    '::',
  ])
    it(`don't contain ${outside}`, () => {
      assert.equal(isWithin(addressOf(outside)), false);
    });

  it("don't contain anything without networks", () => {
    assert.equal(withinAny([])(addressOf('127.0.0.1')), false);
  });
});
