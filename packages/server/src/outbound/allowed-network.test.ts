import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseAllowedNetwork, tooWideNetworks } from './allowed-network.ts';

describe('an entry of OUTBOUND_ALLOW', () => {
  const ENTRIES: readonly (readonly [text: string, network: string, port: number | 'any'])[] = [
    ['10.1.2.0/24', '10.1.2.0/24', 'any'],
    ['10.1.2.0/24:8080', '10.1.2.0/24', 8080],
    ['10.1.2.3', '10.1.2.3/32', 'any'],
    ['10.1.2.3:1', '10.1.2.3/32', 1],
    ['10.1.2.3:65535', '10.1.2.3/32', 65_535],
    ['[fd00::/8]', 'fd00::/8', 'any'],
    ['[fd00::/8]:8080', 'fd00::/8', 8080],
    ['[FD00:0::1]:443', 'fd00::1/128', 443],
  ];
  for (const [text, network, port] of ENTRIES)
    it(`${text} is ${network} on port ${port}`, () => {
      assert.deepEqual(parseAllowedNetwork(text), { network, port });
    });

  for (const text of [
    '',
    '*',
    'gate.internal',
    'gate.internal:8080',
    'http://10.1.2.3',
    '10.1.2.3:',
    '10.1.2.3:0',
    '10.1.2.3:080',
    '10.1.2.3:65536',
    '10.1.2.3:8080-8090',
    '10.1.2.3/24',
    '10.1.2.0/24/24',
    '0.0.0.0/0',
    '0.0.0.0/0:443',
    '[::/0]',
    '[::/0]:443',
    '010.1.2.3',
    '0x0a.1.2.3',
    '10.1',
    'fd00::/8', // without brackets the port would be ambiguous
    'fd00::1:8080',
    '[fd00::/8',
    'fd00::/8]:8080',
    '[10.1.2.3]:8080',
    '[::ffff:10.1.2.3]',
    '[::10.1.2.3]',
    '[fe80::1%eth0]',
    '[fd00::1/8]',
    '10.1.2.3 ',
    '10.1.2.3,10.1.2.4',
  ])
    it(`isn't ${JSON.stringify(text)}`, () => {
      assert.equal(parseAllowedNetwork(text), undefined);
    });
});

describe('a network of OUTBOUND_ALLOW that is too wide', () => {
  const sentences = (text: string) => tooWideNetworks([parseAllowedNetwork(text) ?? assert.fail(text)]);
  for (const [text, network] of [
    ['0.0.0.0/1', '0.0.0.0/1'],
    ['128.0.0.0/1:443', '128.0.0.0/1'],
    ['10.0.0.0/7', '10.0.0.0/7'],
    ['[8000::/1]', '8000::/1'],
    ['[2600::/15]:8080', '2600::/15'],
    ['[fc00::/6]', 'fc00::/6'],
    ['[fe00::/7]', 'fe00::/7'],
  ] as const)
    it(`is named: ${text}`, () => {
      assert.deepEqual(sentences(text), [
        `OUTBOUND_ALLOW: expected networks of /8 or narrower, and of /16 in IPv6 unless within fc00::/7; got ${network}. The next version refuses it.`,
      ]);
    });
  for (const text of ['10.0.0.0/8', '10.1.2.3:80', '[2600::/16]', '[fc00::/7]', '[fd00::/8]', '[fd00::/9]:8080'])
    it(`isn't ${text}`, () => {
      assert.deepEqual(sentences(text), []);
    });
});
