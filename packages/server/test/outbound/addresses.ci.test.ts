import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseAllowedNetwork } from '../../src/outbound/allowed-network.ts';
import { createDownloads } from '../../src/outbound/downloads.ts';
import { createLookUp, type LookUp } from '../../src/outbound/look-up.ts';
import { createOutbound } from '../../src/outbound/outbound.ts';
import { OutboundError } from '../../src/outbound/outbound-error.ts';
import { createTimedLookUp } from '../../src/outbound/timed-look-up.ts';
import { dialUnguarded, type Listeners, startListeners } from './listeners.ts';
import { type Addresses, startNameServer } from './name-server.ts';
import { certificatesInside, runInNamespace, withoutNamespace } from './own-namespace.ts';

const PUBLIC = '93.184.215.14';
/** Without UV_THREADPOOL_SIZE. */
const PLACES = 2;
const PUBLIC_IPV6 = '2606:4700::1111';

/** A look-up that is answered when the test wants. */
const waiting = {
  lookups: 0,
  answered: Promise.withResolvers<void>(),
  async answer(lookup: number) {
    waiting.lookups = lookup;
    await waiting.answered.promise;
    return [PUBLIC];
  },
};

const NAMES: Readonly<Record<string, Addresses>> = {
  'public.test': [PUBLIC, PUBLIC_IPV6],
  'untrusted.test': [PUBLIC],
  'uncertified.test': [PUBLIC],
  'mixed.test': ['10.0.0.1', PUBLIC, '127.0.0.1', '::1', 'fd00:ec2::254'],
  'many-public.test': [...Array.from({ length: 20 }, (_, at) => `10.0.0.${at + 1}`), PUBLIC],
  'rebinding.test': (lookup) => [lookup === 1 ? PUBLIC : '127.0.0.1'],
  'turning.test': (lookup) => [lookup === 1 ? '127.0.0.1' : PUBLIC],
  'waiting.test': (lookup) => waiting.answer(lookup),
  localhost: ['127.0.0.1'], // /etc/hosts has it without a dot at its end only
  'loopback.test': ['127.0.0.1'],
  'loopback6.test': ['::1'],
  'both.test': ['127.0.0.1', '::1'],
  'zero.test': ['0.0.0.0'],
  'private.test': ['10.0.0.1', '172.16.0.1', '192.168.0.1'],
  'metadata.test': ['169.254.169.254'],
  'metadata6.test': ['fd00:ec2::254'],
  'azure.test': ['168.63.129.16'],
  'mapped.test': ['::ffff:127.0.0.1'],
  'compatible.test': ['::7f00:1'],
  'nat64.test': ['64:ff9b::7f00:1'],
  '6to4.test': ['2002:7f00:1::'],
  'teredo.test': ['2001:0:7f00:1::'],
  'isatap.test': ['2606:4700::5efe:7f00:1'],
  'internal.test': ['10.1.2.7'],
  'xn--bcher-kva.test': ['127.0.0.1'],
};
const ALIASES = { 'alias.test': 'loopback.test', 'alias6.test': 'loopback6.test' };

/** URLs of listeners that a request never reaches. Each is one that a client without a guard does reach. */
const REACHABLE: readonly string[] = [
  // Spellings of 127.0.0.1
  'https://127.0.0.1/',
  'https://127.1/',
  'https://127.0.1/',
  'https://127.255.255.254/',
  'https://2130706433/',
  'https://0x7f000001/',
  'https://0x7F.1/',
  'https://0x7f.0x0.0x0.0x1/',
  'https://0177.0.0.1/',
  'https://0177.0x0.1/',
  'https://017700000001/',
  'https://00000000000000000177.0.0.1/',
  'https://127.0.0.1./',
  'https://127.1./',
  'https://%31%32%37.0.0.1/',
  'https://127%2e0%2e0%2e1/',
  'https://127。0。0。1/',
  'https://127．0｡0．1/',
  'https://１２７.0.0.1/',
  'https://①②⑦.⓪.⓪.①/',
  'https:127.0.0.1/',
  'https:\\\\127.0.0.1\\',
  'https:////127.0.0.1/',
  ' https://127.0.0.1/ ',
  'https://127.0\t.0.1/',
  'HTTPS://127.0.0.1:443/',
  'https://127.0.0.1#@public.test/',
  'https://127.0.0.1\\@public.test/',
  'https://127.0.0.1?@public.test/',
  // Other ranges of IPv4
  'https://0.0.0.0/',
  'https://0/',
  'https://0.1.2.3/',
  'https://10.0.0.1/',
  'https://012.0.0.1/',
  'https://172.16.0.1/',
  'https://172.31.255.255/',
  'https://192.168.1.1/',
  'https://100.64.0.1/',
  'https://100.100.100.200/',
  'https://169.254.169.254/',
  'https://2852039166/',
  'https://0xa9fea9fe/',
  'https://0251.0376.0251.0376/',
  'https://169.254.43518/',
  'https://169.254.170.2/',
  'https://168.63.129.16/',
  'https://0xa83f8110/',
  'https://192.0.0.192/',
  'https://192.0.2.1/',
  'https://192.88.99.1/',
  'https://198.18.0.1/',
  'https://198.51.100.1/',
  'https://203.0.113.1/',
  'https://240.0.0.1/',
  // IPv6
  'https://[::1]/',
  'https://[::]/',
  'https://[0:0:0:0:0:0:0:1]/',
  'https://[0000:0000:0000:0000:0000:0000:0000:0001]/',
  'https://[::0.0.0.1]/',
  'https://[::127.0.0.1]/',
  'https://[::ffff:127.0.0.1]/',
  'https://[::FFFF:7F00:1]/',
  'https://[::ffff:169.254.169.254]/',
  `https://[::ffff:${PUBLIC}]/`,
  'https://[::ffff:0:127.0.0.1]/',
  'https://[64:ff9b::127.0.0.1]/',
  'https://[64:FF9B::A9FE:A9FE]/',
  'https://[64:ff9b:1::a00:1]/',
  'https://[2002:7f00:1::]/',
  'https://[2002:a9fe:a9fe::1]/',
  'https://[2001:0:7f00:1::]/',
  'https://[2001::80ff:fffe]/',
  'https://[2606:4700::5efe:127.0.0.1]/',
  'https://[2606:4700::200:5efe:10.0.0.1]/',
  'https://[fd00:ec2::254]/',
  'https://[FD00:EC2::254]/',
  'https://[fc00::1]/',
  'https://[fec0::1]/',
  'https://[100::1]/',
  'https://[2001:db8::1]/',
  'https://[2001:2::1]/',
  'https://[3fff::1]/',
  'https://[5f00::1]/',
  'https://[4000::1]/',
  // Names
  'https://localhost/',
  'https://localhost./',
  'https://LOCALHOST/',
  'https://%6cocalhost/',
  'https://ｌocalhost/',
  ...Object.keys(NAMES)
    .filter((name) => !/public|untrusted|uncertified|mixed|rebinding|turning|waiting|^localhost$/.test(name))
    .map((name) => `https://${name}/`),
  'https://loopback.test./',
  'https://LOOPBACK.TEST/',
  'https://loopback%2etest/',
  'https://bücher.test/',
  ...Object.keys(ALIASES).map((name) => `https://${name}/`),
  // Schemes and ports
  'http://127.0.0.1/',
  'http://loopback.test:6379/',
  'https://127.0.0.1:6379/',
  `http://${PUBLIC}/`,
  `http://${PUBLIC}:443/`,
  `https://${PUBLIC}:8080/`,
  `https://[${PUBLIC_IPV6}]:6379/`,
  'http://public.test/',
  'https://public.test:8080/',
  // Credentials
  'https://public.test@127.0.0.1/',
  'https://user:password@public.test/',
  `https://:@@${PUBLIC}/`,
];

/** URLs that no client reaches here, or that are none. */
const UNREACHABLE: readonly string[] = [
  'https://224.0.0.1/',
  'https://255.255.255.255/',
  'https://[ff02::1]/',
  'https://[fe80::1]/',
  'https://[fe80::1%25lo]/',
  'https://[fe80::1%lo]/',
  'https://127.0.0.1.5/',
  'https://127.0.0.256/',
  'https://0x7f.0.0.0x1g/',
  'https://127.0.0.1%00.public.test/',
  'https://127.0.0.1 .public.test/',
  'https://unknown.test/',
  'ftp://127.0.0.1/',
  'file:///etc/passwd',
  'gopher://127.0.0.1:6379/_PING',
  'ws://127.0.0.1:8080/',
  'unix:/run/docker.sock',
  '//127.0.0.1/',
  '',
];

/** Without a memory of the other tests' failures. */
const lookUp: LookUp = (hostname) => createLookUp({ places: PLACES })(hostname);

const allowing = (...allow: readonly string[]) =>
  createOutbound({ allow: allow.map((one) => parseAllowedNetwork(one) ?? assert.fail(one)), lookUp });

const REQUEST = { headers: {}, body: '{}', timeoutMs: 60_000, maxAnswerBytes: 1_000 };

const inside = certificatesInside();

if (inside === undefined) {
  it('outbound requests, in a network namespace where every address leads to a listener', {
    skip: withoutNamespace(),
  }, () => {
    const { status, stdout, stderr } = runInNamespace(fileURLToPath(import.meta.url));
    assert.equal(status, 0, `${stdout}${stderr}`);
    const passed = Number(/^# pass (\d+)$/m.exec(stdout)?.[1]);
    assert.ok(passed > REACHABLE.length + UNREACHABLE.length, `${passed} passed: ${stdout}${stderr}`);
  });
} else {
  describe('an outbound request', () => {
    let listeners: Listeners;
    let names: AsyncDisposable;
    before(async () => {
      names = await startNameServer(NAMES, ALIASES);
      listeners = await startListeners(inside);
    });
    after(async () => {
      await listeners[Symbol.asyncDispose]();
      await names[Symbol.asyncDispose]();
    });

    const faultOf = async (url: string, outbound = allowing()): Promise<string> => {
      await using _outbound = outbound;
      try {
        const { status } = await outbound.post(url, REQUEST);
        return `${status}`;
      } catch (error) {
        assert.ok(error instanceof OutboundError, String(error));
        return error.fault;
      }
    };

    /** With the look-up that downloads have in a service. */
    const downloadOf = async (url: string, ...allow: readonly string[]): Promise<string> => {
      const networks = allow.map((one) => parseAllowedNetwork(one) ?? assert.fail(one));
      const lookUps = {
        public: createTimedLookUp({ otherwise: null }),
        allowed: createTimedLookUp({ otherwise: lookUp }),
      };
      await using downloads = createDownloads({ allow: networks, lookUp: lookUps });
      const reach = networks.length > 0 ? 'allowed' : 'public';
      try {
        using download = await downloads.get(url, { timeoutMs: 60_000, maxBytes: 1_000, reachOf: () => reach });
        return Buffer.concat(await Array.fromAsync(download.body)).toString();
      } catch (error) {
        assert.ok(error instanceof OutboundError, String(error));
        return error.fault;
      }
    };
    /** A download of a public host that leads to `url`. */
    const redirectTo = (url: string): string =>
      `https://public.test/?to=${encodeURIComponent(URL.parse(url)?.href ?? url)}`;
    const isFirstHop = (reached: readonly string[]): void => {
      for (const one of reached) assert.ok([`${PUBLIC} 443`, `${PUBLIC_IPV6} 443`].includes(one), String(reached));
    };

    for (const url of REACHABLE)
      it(`never reaches ${JSON.stringify(url)}, which other clients do`, async () => {
        const others = await listeners.reachedBy(async () => assert.ok(await dialUnguarded(new URL(url))));
        assert.equal(others.length, 1);
        const reached = await listeners.reachedBy(async () => {
          assert.match(await faultOf(url), /^refused-(address|url)$/);
          assert.match(await downloadOf(url), /^refused-(address|url)$/);
        });
        assert.deepEqual(reached, []);
        const redirected = await listeners.reachedBy(async () =>
          assert.match(await downloadOf(redirectTo(url)), /^refused-(address|url)$/),
        );
        assert.equal(redirected.length, 1);
        isFirstHop(redirected);
      });

    for (const url of UNREACHABLE)
      it(`never reaches ${JSON.stringify(url)}`, async () => {
        const reached = await listeners.reachedBy(async () => {
          assert.match(await faultOf(url), /^refused-(address|url)$|^unresolved-name$/);
          assert.match(await downloadOf(url), /^refused-(address|url)$|^unresolved-name$/);
        });
        assert.deepEqual(reached, []);
        const redirected = await listeners.reachedBy(async () =>
          // An empty Location is the same URL again.
          assert.match(await downloadOf(redirectTo(url)), /^refused-(address|url)$|^unresolved-name$|^too-many/),
        );
        isFirstHop(redirected);
      });

    for (const url of [
      'https://public.test/',
      `https://${PUBLIC}/`,
      `https://[${PUBLIC_IPV6}]/`,
      'https://public.test./',
    ])
      it(`reaches ${url}, past the proxies of the environment`, async () => {
        const reached = await listeners.reachedBy(async () => assert.equal(await faultOf(url), '200'));
        assert.equal(reached.length, 1);
        assert.ok([`${PUBLIC} 443`, `${PUBLIC_IPV6} 443`].includes(reached[0] ?? ''), String(reached));
      });

    for (const name of ['mixed.test', 'many-public.test'])
      it(`dials only the public address of ${name}`, async () => {
        const reached = await listeners.reachedBy(async () => {
          assert.equal(await faultOf(`https://${name}/`), '200');
          assert.equal(await downloadOf(`https://${name}/`), 'an answer');
        });
        assert.deepEqual(reached, [`${PUBLIC} 443`, `${PUBLIC} 443`]);
      });

    it('downloads after redirects to public hosts, and by http only from a network of OUTBOUND_ALLOW', async () => {
      const twice = redirectTo(redirectTo('https://public.test/'));
      assert.equal(await downloadOf(twice), 'an answer');
      assert.equal(await downloadOf(redirectTo('http://public.test/')), 'refused-url');
      assert.equal(await downloadOf(redirectTo('http://internal.test:8080/')), 'refused-address');
      assert.equal(await downloadOf(redirectTo('http://internal.test:8080/'), '10.1.2.0/24:8080'), 'an answer');
      assert.equal(await downloadOf(redirectTo('http://internal.test/'), '10.1.2.0/24:8080'), 'refused-address');
    });

    it('dials the address that was judged, though the next look-up has another one', async () => {
      const [first, second] = [
        await listeners.reachedBy(async () => assert.equal(await faultOf('https://rebinding.test/'), '200')),
        await listeners.reachedBy(async () =>
          assert.equal(await faultOf('https://rebinding.test/'), 'refused-address'),
        ),
      ];
      assert.deepEqual([first, second], [[`${PUBLIC} 443`], []]);
      const [third, fourth] = [
        await listeners.reachedBy(async () => assert.equal(await faultOf('https://turning.test/'), 'refused-address')),
        await listeners.reachedBy(async () => assert.equal(await faultOf('https://turning.test/'), '200')),
      ];
      assert.deepEqual([third, fourth], [[], [`${PUBLIC} 443`]]);
    });

    it('finds another name while nobody answers for one that eight requests and two clients gave up', async () => {
      const lookUp = createLookUp({ places: PLACES });
      const impatient = [1, 2].map(() => createOutbound({ allow: [], lookUp, connectMs: 50 }));
      for (const outbound of impatient)
        await Promise.all(
          Array.from({ length: 4 }, () =>
            assert.rejects(outbound.post('https://waiting.test/', REQUEST), { fault: 'timeout' }),
          ),
        );
      while (waiting.lookups === 0) await delay(5); // the thread of the first one may not have begun
      assert.equal(await faultOf('https://public.test/', createOutbound({ allow: [], lookUp })), '200');
      assert.equal(waiting.lookups, 1);
      waiting.answered.resolve();
      await Promise.all(impatient.map((outbound) => outbound[Symbol.asyncDispose]()));
    });

    for (const to of ['http://127.0.0.1/', 'https://127.0.0.1/', 'http://metadata.test/', 'https://public.test/', '/'])
      it(`follows no redirect to ${to}`, async () => {
        const url = `https://public.test/?to=${encodeURIComponent(to)}`;
        const reached = await listeners.reachedBy(async () => assert.equal(await faultOf(url), 'redirect'));
        assert.equal(reached.length, 1);
        assert.match(reached[0] ?? '', / 443$/);
      });

    for (const url of [
      'https://untrusted.test/',
      'https://uncertified.test/',
      'https://1.1.1.1/',
      'https://[2606:4700::2222]/',
    ])
      it(`sends nothing to ${url}, whose certificate isn't valid`, async () => {
        listeners.requests.length = 0;
        assert.equal(await faultOf(url), 'tls');
        assert.deepEqual(listeners.requests, []);
      });

    it('sends nothing to a host of plain HTTP on port 443', async () => {
      assert.equal(await faultOf('https://10.1.2.7:8080/', allowing('10.1.2.7')), 'tls');
    });

    const ALLOW = ['10.1.2.0/24:8080', '[fd00:1::/32]:8080', '10.9.0.1', '127.0.0.1:6379'];
    const OPENED: readonly (readonly [url: string, reached: string])[] = [
      ['http://10.1.2.0:8080/', '10.1.2.0 8080'],
      ['http://10.1.2.255:8080/', '10.1.2.255 8080'],
      ['http://0x0a010207:8080/', '10.1.2.7 8080'],
      ['http://internal.test:8080/', '10.1.2.7 8080'],
      ['http://[fd00:1::1]:8080/', 'fd00:1::1 8080'],
      ['http://10.9.0.1/', '10.9.0.1 80'],
      ['http://10.9.0.1:8080/', '10.9.0.1 8080'],
      ['https://public.test/', `${PUBLIC} 443`],
    ];
    for (const [url, expected] of OPENED)
      it(`reaches ${url} with OUTBOUND_ALLOW`, async () => {
        const outbound = allowing(...ALLOW);
        const reached = await listeners.reachedBy(async () => assert.equal(await faultOf(url, outbound), '200'));
        assert.equal(reached.length, 1);
        assert.ok([expected, `${PUBLIC_IPV6} 443`].includes(reached[0] ?? ''), String(reached));
      });

    const CLOSED: readonly string[] = [
      'http://10.1.2.7/',
      'https://10.1.2.7/',
      'http://10.1.3.0:8080/',
      'http://10.1.1.255:8080/',
      'http://[::ffff:10.1.2.7]:8080/',
      'http://[::10.1.2.7]:8080/',
      'http://[64:ff9b::10.1.2.7]:8080/',
      'https://[fd00:1::1]/',
      'http://[fd00:2::1]:8080/',
      'http://10.9.0.2/',
      'http://127.0.0.1:8080/',
      'http://127.0.0.2:6379/',
      'http://loopback.test:8080/',
      `http://${PUBLIC}:8080/`,
      `https://${PUBLIC}:8080/`,
      'https://169.254.169.254/',
      'http://user@10.9.0.1/',
    ];
    for (const url of CLOSED)
      it(`never reaches ${url} with OUTBOUND_ALLOW`, async () => {
        assert.ok(await dialUnguarded(new URL(url)));
        const outbound = allowing(...ALLOW);
        const reached = await listeners.reachedBy(async () =>
          assert.match(await faultOf(url, outbound), /^refused-(address|url)$/),
        );
        assert.deepEqual(reached, []);
      });
  });
}
