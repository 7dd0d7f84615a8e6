import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type IpAddress, parseIpAddress } from '../../domain/access/ip-address.ts';
import { parseNetwork, withinAny } from '../../domain/access/network.ts';
import { FAMILIES, type ForwardedClient, type ForwardingFamily, followHops } from './follow-hops.ts';

type Headers = { readonly [name: Lowercase<string>]: string };

const ALL_TRUSTED = ['10.0.0.0/8', 'fd00::/8'].flatMap((one) => parseNetwork(one) ?? []);
const isTrusted = withinAny(ALL_TRUSTED);
const addressOf = (text: string): IpAddress => parseIpAddress(text) ?? assert.fail(text);
const PROXY = addressOf('10.0.0.1');

const clientOf = (family: ForwardingFamily, headers: Headers, peer = PROXY): ForwardedClient =>
  followHops(
    peer,
    FAMILIES[family].hops((name) => headers[name]),
    isTrusted,
  );

/** What a case expects, `address scheme host`, with `-` for what isn't known. */
const shown = ({ address, scheme, host }: ForwardedClient): string => `${address} ${scheme ?? '-'} ${host ?? '-'}`;

interface Case {
  readonly name: string;
  readonly headers: Headers;
  readonly client: string;
  readonly peer?: string;
}

function behaves(family: ForwardingFamily, cases: readonly Case[]): void {
  for (const { name, headers, client, peer } of cases)
    it(name, () => {
      assert.equal(shown(clientOf(family, headers, peer === undefined ? PROXY : addressOf(peer))), client);
    });
}

describe('the client by X-Forwarded-For', () => {
  behaves('x-forwarded', [
    { name: 'is the peer without headers', headers: {}, client: '10.0.0.1 - -' },
    {
      name: 'is an untrusted peer, whatever its headers say',
      peer: '203.0.113.9',
      headers: { 'x-forwarded-for': '198.51.100.1', 'x-forwarded-proto': 'https', 'x-forwarded-host': 'a.example' },
      client: '203.0.113.9 - -',
    },
    { name: 'is what one proxy appended', headers: { 'x-forwarded-for': '203.0.113.9' }, client: '203.0.113.9 - -' },
    {
      name: 'is behind two proxies',
      headers: { 'x-forwarded-for': '203.0.113.9, 10.0.0.2' },
      client: '203.0.113.9 - -',
    },
    {
      name: 'is never left of the first untrusted address, though a client writes trusted ones there',
      headers: { 'x-forwarded-for': '198.51.100.1, 10.0.0.3, 203.0.113.9, 10.0.0.2' },
      client: '203.0.113.9 - -',
    },
    {
      name: 'is the leftmost address if all are trusted',
      headers: { 'x-forwarded-for': '10.0.0.7, 10.0.0.2' },
      client: '10.0.0.7 - -',
    },
    ...['unknown', '_hidden', '', 'junk', '203.0.113.9 x', '"203.0.113.9"', '10.0.0.256', '::1%lo'].map(
      (entry): Case => ({
        name: `is the last good proxy beside the malformed entry ${JSON.stringify(entry)}`,
        headers: { 'x-forwarded-for': `198.51.100.1, ${entry}, 10.0.0.2` },
        client: '10.0.0.2 - -',
      }),
    ),
    {
      name: 'is the peer if the last entry is malformed',
      headers: { 'x-forwarded-for': '203.0.113.9,' },
      client: '10.0.0.1 - -',
    },
    {
      name: 'may have a port, brackets, tabs, another family',
      headers: { 'x-forwarded-for': '[2001:DB8::9]:4711,\t[fd00::2] ,10.0.0.2:80' },
      client: '2001:db8::9 - -',
    },
    {
      name: 'is IPv4 if it is mapped to IPv6',
      headers: { 'x-forwarded-for': '::ffff:cb00:7109, ::ffff:10.0.0.2' },
      client: '203.0.113.9 - -',
    },
    {
      name: 'ignores the other family and similar names',
      headers: { forwarded: 'for=198.51.100.1;proto=https', 'x-real-ip': '198.51.100.1', via: '1.1 a' },
      client: '10.0.0.1 - -',
    },
  ]);
});

describe('scheme and host by X-Forwarded-Proto and -Host', () => {
  const behind = (headers: Headers): Headers => ({ 'x-forwarded-for': '203.0.113.9, 10.0.0.2', ...headers });
  behaves('x-forwarded', [
    {
      name: 'are those of one value, which the first proxy set and the others passed on',
      headers: behind({ 'x-forwarded-proto': 'https', 'x-forwarded-host': 'a.example' }),
      client: '203.0.113.9 https a.example',
    },
    {
      name: 'are those of the proxy that the client reached, in lists',
      headers: behind({ 'x-forwarded-proto': 'https, http', 'x-forwarded-host': 'a.example, inner' }),
      client: '203.0.113.9 https a.example',
    },
    {
      name: 'are never what the client wrote before them',
      headers: behind({
        'x-forwarded-proto': 'https, http, http',
        'x-forwarded-host': 'evil.example, a.example, inner',
      }),
      client: '203.0.113.9 http a.example',
    },
    {
      name: "are the nearest proxy's without X-Forwarded-For",
      headers: { 'x-forwarded-proto': 'http, HTTPS', 'x-forwarded-host': 'evil.example, a.example' },
      client: '10.0.0.1 https a.example',
    },
    {
      name: 'are unknown if the scheme is another',
      headers: behind({ 'x-forwarded-proto': 'javascript' }),
      client: '203.0.113.9 - -',
    },
  ]);
});

describe('the client by Forwarded', () => {
  behaves('forwarded', [
    { name: 'is the peer without the header', headers: {}, client: '10.0.0.1 - -' },
    {
      name: 'is an untrusted peer, whatever its header says',
      peer: '203.0.113.9',
      headers: { forwarded: 'for=198.51.100.1;proto=https;host=a.example' },
      client: '203.0.113.9 - -',
    },
    {
      name: 'is what one proxy appended, with scheme and host',
      headers: { forwarded: 'for=203.0.113.9;proto=https;host=a.example;by=10.0.0.1' },
      client: '203.0.113.9 https a.example',
    },
    {
      name: 'may be written in capitals, with quotes, a port, escapes, spaces and empty pairs',
      headers: { forwarded: ';FOR="[2001:DB8::9]:47\\11"; Proto=HTTPS;;host="a.example:8443"; ' },
      client: '2001:db8::9 https a.example:8443',
    },
    {
      name: 'is behind two proxies, with the scheme that the first one received',
      headers: { forwarded: 'for=203.0.113.9;proto=https;host=a.example, for=10.0.0.2;proto=http;host=inner' },
      client: '203.0.113.9 https a.example',
    },
    {
      name: 'is never left of the first untrusted address',
      headers: { forwarded: 'for=198.51.100.1;host=evil.example, for=10.0.0.3, for=203.0.113.9, for=10.0.0.2' },
      client: '203.0.113.9 - -',
    },
    ...['unknown', '_gazonk', '"_gazonk:_p"', '"unknown:80"'].map(
      (node): Case => ({
        name: `is the proxy whose client is ${node}; its scheme counts`,
        headers: { forwarded: `for=198.51.100.1;proto=http, for=${node};proto=https, for=10.0.0.2;proto=http` },
        client: '10.0.0.2 https -',
      }),
    ),
    {
      name: 'is the proxy that names no client',
      headers: { forwarded: 'for=198.51.100.1, proto=https;host=a.example' },
      client: '10.0.0.1 https a.example',
    },
    ...[
      '',
      'junk',
      'for',
      'for=',
      'for =203.0.113.9',
      'for= 203.0.113.9',
      'for=[2001:db8::9]',
      'for=203.0.113.9:80',
      'for="203.0.113.9',
      'for=203.0.113.9"',
      'for="203.0.113.9\\"',
      'for="203.0.113.9"x',
      'for=203.0.113.9;for=203.0.113.8',
      'for=203.0.113.9;For=203.0.113.9',
      'for=203.0.113.9 proto=https',
      'for=203.0.113.9;proto=https;=',
      "for='203.0.113.9",
    ].map(
      (element): Case => ({
        name: `is the last good proxy beside the malformed element ${JSON.stringify(element)}`,
        headers: { forwarded: `for=198.51.100.1, ${element}, for=10.0.0.2;proto=http` },
        client: element.startsWith("for='") ? '10.0.0.2 - -' : '10.0.0.2 http -',
      }),
    ),
    {
      name: "isn't hidden by a quote that a client opens",
      headers: { forwarded: 'for="198.51.100.1, for=203.0.113.9' },
      client: '203.0.113.9 - -',
    },
    {
      name: "isn't hidden by a quote and a backslash",
      headers: { forwarded: 'for="\\, for="[2001:db8::9]";proto=https' },
      client: '2001:db8::9 https -',
    },
    {
      name: 'may stand behind commas and quotes in quotes',
      headers: { forwarded: 'for=203.0.113.9;by="a,\\"b\\\\", for=10.0.0.2;x=",;"' },
      client: '203.0.113.9 - -',
    },
    {
      name: 'ignores the other family',
      headers: { 'x-forwarded-for': '198.51.100.1', 'x-forwarded-proto': 'https' },
      client: '10.0.0.1 - -',
    },
  ]);
});

describe('whatever a client sends', () => {
  /** The bound of http/steps/header-lengths.ts. */
  const MAX_LENGTH = 8_192;
  const PIECES = [
    '"',
    '\\',
    ',',
    ';',
    '=',
    ' ',
    '[',
    ']',
    ':',
    'for=',
    'proto=https',
    'host=evil.example',
    '10.0.0.2',
    'unknown',
    '::1',
  ];
  const sent = fc.oneof(
    fc.string(),
    fc.array(fc.constantFrom(...PIECES), { maxLength: 20 }).map((pieces) => pieces.join('')),
  );
  const APPENDED = {
    'x-forwarded': { 'x-forwarded-for': '203.0.113.9', 'x-forwarded-proto': 'http', 'x-forwarded-host': 'a.example' },
    forwarded: { forwarded: 'for="203.0.113.9:80";proto=http;host=a.example' },
  } as const satisfies Record<ForwardingFamily, Headers>;

  for (const [family, appended] of Object.entries(APPENDED) as [ForwardingFamily, Headers][]) {
    it(`counts for nothing left of what its proxy appends: ${family}`, () => {
      fc.assert(
        fc.property(sent, (text) => {
          const headers = Object.fromEntries(Object.entries(appended).map(([name, own]) => [name, `${text}, ${own}`]));
          assert.equal(shown(clientOf(family, headers)), '203.0.113.9 http a.example');
        }),
      );
    });

    it(`is never an error, and the client is an address: ${family}`, () => {
      fc.assert(
        fc.property(sent, (text) => {
          const headers = Object.fromEntries(Object.keys(appended).map((name) => [name, text]));
          assert.ok(parseIpAddress(clientOf(family, headers).address));
        }),
      );
    });
  }

  const HOPS = 10_000;
  const list = (entry: string): string => Array<string>(HOPS).fill(entry).join();
  for (const [name, family, text] of [
    ['untrusted addresses', 'x-forwarded', list('1.1.1.1')],
    ['trusted addresses', 'x-forwarded', list('fd00::')],
    ['commas', 'x-forwarded', ','.repeat(HOPS)],
    ['trusted elements', 'forwarded', list('for="[fd00::]"')],
    ['quotes', 'forwarded', '"'.repeat(HOPS)],
    ['escaped quotes', 'forwarded', '\\"'.repeat(HOPS)],
    ['backslashes in quotes', 'forwarded', `${'\\'.repeat(HOPS)}"`],
    ['pairs', 'forwarded', `${'a=b;'.repeat(HOPS)}!`],
    ['spaces', 'forwarded', `a=b;${' '.repeat(HOPS)}!`],
  ] as const)
    it(`takes little time: ${name}`, () => {
      const longest = text.slice(-MAX_LENGTH);
      const start = process.threadCpuUsage();
      for (const one of [longest, `${longest},10.0.0.2`, `${longest},for=10.0.0.2`])
        clientOf(family, { forwarded: one, 'x-forwarded-for': one });
      const { user, system } = process.threadCpuUsage(start);
      assert.ok(user + system < 250_000, `${user + system} µs of CPU time`);
    });

  it('is followed over as many hops as fit', () => {
    const hops = Array.from({ length: 900 }, (_, hop) => `10.0.${hop >> 8}.${hop & 255}`).join();
    assert.equal(clientOf('x-forwarded', { 'x-forwarded-for': `203.0.113.9,${hops}` }).address, '203.0.113.9');
  });
});
