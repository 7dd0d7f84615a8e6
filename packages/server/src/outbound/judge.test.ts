import assert from 'node:assert/strict';
import { BlockList, isIPv4 } from 'node:net';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { repeatsOf } from '../../test/repeats.ts';
import { parseAllowedNetwork } from './allowed-network.ts';
import { createJudge } from './judge.ts';

const { count: numRuns, seed } = repeatsOf('addressSpellings');

const judge = createJudge([]);
const verdictOn = (address: string) => judge({ protocol: 'https:', address, port: 443 });

/** The host of a URL as it is dialled, without brackets; undefined if the URL is none. */
const hostOf = (spelling: string): string | undefined =>
  URL.parse(`https://${spelling}/`)?.hostname.replace(/^\[(.*)\]$/, '$1');

/** The registries of IANA for special purposes, written down a second time and read by another library. */
const SPECIAL_IPV4: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['168.63.129.16', 32],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.31.196.0', 24],
  ['192.52.193.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['192.175.48.0', 24],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
];
const SPECIAL_IPV6: readonly (readonly [string, number])[] = [
  ['::', 3],
  ['::', 96],
  ['::1', 128],
  ['::ffff:0:0', 96],
  ['::ffff:0:0:0', 96],
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['2001::', 23],
  ['2001::', 32],
  ['2001:2::', 48],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['2620:4f:8000::', 48],
  ['3fff::', 20],
  ['4000::', 2],
  ['5f00::', 16],
  ['8000::', 1],
  ['fc00::', 7],
  ['fd00:ec2::254', 128],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
];

/** One for each family: a list of both takes IPv4 addresses for IPv4-mapped ones. */
const [specialOfIpv4, specialOfIpv6] = [new BlockList(), new BlockList()];
for (const [address, bits] of SPECIAL_IPV4) specialOfIpv4.addSubnet(address, bits, 'ipv4');
for (const [address, bits] of SPECIAL_IPV6) specialOfIpv6.addSubnet(address, bits, 'ipv6');

const groupsOf = (address: string): number[] => {
  const host = hostOf(`[${address}]`) ?? assert.fail(address);
  const [before = '', after] = host.split('::');
  const parse = (text: string) => (text === '' ? [] : text.split(':').map((one) => Number.parseInt(one, 16)));
  const [first, last] = [parse(before), parse(after ?? '')];
  return [
    ...first,
    ...Array.from({ length: after === undefined ? 0 : 8 - first.length - last.length }, () => 0),
    ...last,
  ];
};

/** An address in a network: its first bits, and any others. */
const within = (start: readonly number[], bits: number, width: number, random: readonly number[]): number[] =>
  start.map((unit, at) => {
    const free = Math.min(width, Math.max(0, width * (at + 1) - bits));
    return ((unit >> free) << free) | ((random[at] ?? 0) & (2 ** free - 1));
  });

const octets = fc.array(fc.nat({ max: 255 }), { minLength: 4, maxLength: 4 });
const groups = fc.array(fc.oneof(fc.constant(0), fc.nat({ max: 0xffff })), { minLength: 8, maxLength: 8 });

const specialIpv4 = fc
  .tuple(fc.constantFrom(...SPECIAL_IPV4), octets)
  .map(([[start, bits], random]) => within(start.split('.').map(Number), bits, 8, random));
const specialIpv6 = fc
  .tuple(fc.constantFrom(...SPECIAL_IPV6), groups)
  .map(([[start, bits], random]) => within(groupsOf(start), bits, 16, random));
const isatap = fc
  .tuple(groups, fc.constantFrom(0, 0x200))
  .map(([random, group]) => [0x2606, 0x4700, ...random.slice(2, 4), group, 0x5efe, ...random.slice(6)]);

/** Parsers of URLs take all of these for one another. */
const DOTS = ['.', '。', '．', '｡', '%2e', '%E3%80%82'];
const digitsOf = (text: string, kinds: readonly number[]): string =>
  [...text]
    .map((character, at) => {
      const code = character.charCodeAt(0);
      if (kinds[at] === 1) return `%${code.toString(16)}`;
      if (kinds[at] === 2) return String.fromCodePoint(code + 0xfee0); // full width
      return kinds[at] === 3 ? character.toUpperCase() : character;
    })
    .join('');

/**
 * Four octets as 1 to 4 numbers in three bases, with zeros in front, and with characters that a URL's parser replaces.
 */
const ipv4Spelling = (address: fc.Arbitrary<number[]>): fc.Arbitrary<string> =>
  fc
    .record({
      address,
      parts: fc.integer({ min: 1, max: 4 }),
      bases: fc.array(fc.constantFrom(8, 10, 16), { minLength: 4, maxLength: 4 }),
      zeros: fc.nat({ max: 3 }),
      kinds: fc.array(fc.nat({ max: 12 }), { minLength: 64, maxLength: 64 }),
      dots: fc.array(fc.constantFrom(...DOTS), { minLength: 3, maxLength: 3 }),
      end: fc.constantFrom('', '.'),
    })
    .map(({ address: octet, parts, bases, zeros, kinds, dots, end }) => {
      const last = octet.slice(parts - 1).reduce((sum, one) => sum * 256 + one, 0);
      const numbers = [...octet.slice(0, parts - 1), last].map((number, at) => {
        const base = bases[at] ?? 10;
        const prefix = base === 10 ? '' : `${base === 16 ? '0x' : '0'}${'0'.repeat(zeros)}`;
        return digitsOf(`${prefix}${number.toString(base)}`, kinds.slice(at * 16));
      });
      return `${numbers.reduce((text, number, at) => `${text}${dots[at - 1]}${number}`)}${end}`;
    });

/** Eight groups: compressed or not, in any case, with zeros in front, the last two as IPv4. */
const ipv6Spelling = (address: fc.Arbitrary<number[]>): fc.Arbitrary<string> =>
  fc
    .record({ address, isPadded: fc.boolean(), isUpper: fc.boolean(), isMixed: fc.boolean(), gap: fc.nat({ max: 8 }) })
    .map(({ address: group, isPadded, isUpper, isMixed, gap }) => {
      const [high = 0, low = 0] = group.slice(6);
      const texts = group.map((one) => one.toString(16).padStart(isPadded ? 4 : 1, '0'));
      if (isMixed) texts.splice(6, 2, [high >> 8, high & 255, low >> 8, low & 255].join('.'));
      const first = group.slice(0, 6).indexOf(0, gap);
      const last = first === -1 ? -1 : group.slice(0, 6).findIndex((one, at) => at > first && one !== 0);
      if (first !== -1 && last !== -1) texts.splice(first, last - first, first === 0 ? ':' : '');
      const text = texts.join(':').replace(/^:::/, '::');
      return `[${isUpper ? text.toUpperCase() : text}]`;
    });

function isSpecial(address: string): boolean {
  if (isIPv4(address)) return specialOfIpv4.check(address, 'ipv4');
  const [fifth, sixth] = groupsOf(address).slice(4);
  return specialOfIpv6.check(address, 'ipv6') || ((fifth === 0 || fifth === 0x200) && sixth === 0x5efe);
}

describe('the judge of addresses', () => {
  it('refuses every spelling of a special IPv4 address that a URL may have', () => {
    let judged = 0;
    fc.assert(
      fc.property(ipv4Spelling(specialIpv4), (spelling) => {
        const host = hostOf(spelling);
        if (host === undefined) return;
        assert.ok(isIPv4(host), `${spelling}: ${host}`);
        assert.equal(verdictOn(host), 'not-public', `${spelling}: ${host}`);
        judged += 1;
      }),
      { numRuns, seed },
    );
    assert.ok(judged > numRuns / 2, `${judged} of ${numRuns} spellings are URLs`);
  });

  it('refuses every spelling of a special IPv6 address that a URL may have', () => {
    let judged = 0;
    fc.assert(
      fc.property(ipv6Spelling(fc.oneof(specialIpv6, isatap)), (spelling) => {
        const host = hostOf(spelling);
        if (host === undefined) return;
        assert.equal(verdictOn(host), 'not-public', `${spelling}: ${host}`);
        judged += 1;
      }),
      { numRuns, seed },
    );
    assert.ok(judged > numRuns / 2, `${judged} of ${numRuns} spellings are URLs`);
  });

  it('permits an address exactly if no registry has it', () => {
    const verdicts = { permitted: 0, 'not-public': 0, 'not-https': 0 };
    const isRight = (host: string): void => {
      const verdict = verdictOn(host);
      verdicts[verdict] += 1;
      assert.equal(verdict, isSpecial(host) ? 'not-public' : 'permitted', host);
    };
    fc.assert(
      fc.property(octets, groups, fc.integer({ min: 0x2000, max: 0x3fff }), (ipv4, ipv6, first) => {
        isRight(ipv4.join('.'));
        for (const all of [ipv6, [first, ...ipv6.slice(1)]])
          isRight(hostOf(`[${all.map((one) => one.toString(16)).join(':')}]`) ?? assert.fail());
      }),
      { numRuns, seed },
    );
    assert.ok(verdicts.permitted > numRuns / 2 && verdicts['not-public'] > numRuns / 2, JSON.stringify(verdicts));
  });

  for (const text of [
    '',
    'localhost',
    '1',
    '0x7f.1',
    '010.0.0.1',
    '1.2.3',
    '2606:4700::1%eth0',
    '[2606:4700::1]',
    ' 1.1.1.1',
    '1.1.1.1\n',
  ])
    it(`refuses ${JSON.stringify(text)}, which is no address`, () => {
      assert.equal(verdictOn(text), 'not-public');
    });

  it('permits public addresses by https on port 443 alone', () => {
    for (const address of ['93.184.215.14', '2606:4700::1111']) {
      assert.equal(judge({ protocol: 'https:', address, port: 443 }), 'permitted');
      assert.equal(judge({ protocol: 'https:', address, port: 8443 }), 'not-https');
      assert.equal(judge({ protocol: 'http:', address, port: 443 }), 'not-https');
      assert.equal(judge({ protocol: 'http:', address, port: 80 }), 'not-https');
    }
  });
});

describe('OUTBOUND_ALLOW', () => {
  const allow = ['10.1.2.0/24:8080', '[fd00:1::/32]:8080', '169.254.169.254', '[64:ff9b::/96]', '93.184.215.14:80'];
  const judgeAllowed = createJudge(allow.map((one) => parseAllowedNetwork(one) ?? assert.fail(one)));

  const OPEN: readonly (readonly [address: string, port: number])[] = [
    ['10.1.2.0', 8080],
    ['10.1.2.255', 8080],
    ['fd00:1::', 8080],
    ['fd00:1:ffff:ffff::1', 8080],
    ['169.254.169.254', 80],
    ['169.254.169.254', 65_535],
    ['64:ff9b::a00:1', 443],
    ['93.184.215.14', 80],
  ];
  for (const [address, port] of OPEN)
    it(`opens ${address} on port ${port}, by http and https`, () => {
      for (const protocol of ['http:', 'https:'] as const)
        assert.equal(judgeAllowed({ protocol, address, port }), 'permitted');
    });

  const CLOSED: readonly (readonly [address: string, port: number])[] = [
    ['10.1.2.3', 443],
    ['10.1.2.3', 80],
    ['10.1.1.255', 8080],
    ['10.1.3.0', 8080],
    ['::ffff:10.1.2.3', 8080],
    ['::10.1.2.3', 8080],
    ['fd00:1::', 443],
    ['fd00:0:ffff:ffff::', 8080],
    ['fd00:2::', 8080],
    ['fd00:1::%lo', 8080],
    ['169.254.169.253', 80],
    ['::ffff:169.254.169.254', 80],
    ['64:ff9b::1:0:0', 443],
    ['127.0.0.1', 8080],
    ['::1', 8080],
  ];
  for (const [address, port] of CLOSED)
    it(`doesn't open ${address} on port ${port}`, () => {
      for (const protocol of ['http:', 'https:'] as const)
        assert.equal(judgeAllowed({ protocol, address, port }), 'not-public');
    });

  it('leaves other public addresses to https', () => {
    assert.equal(judgeAllowed({ protocol: 'http:', address: '93.184.215.15', port: 80 }), 'not-https');
    assert.equal(judgeAllowed({ protocol: 'https:', address: '93.184.215.15', port: 443 }), 'permitted');
  });
});
