import assert from 'node:assert/strict';
import type { LookupAddress } from 'node:dns';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { describe, it } from 'node:test';
import { parseAllowedNetwork } from './allowed-network.ts';
import { dial } from './dial.ts';
import { failConnects, SYNCHRONOUS_FAILURES } from './failing-connects.fixture.ts';
import { createOutbound } from './outbound.ts';
import { OutboundError } from './outbound-error.ts';

const REQUEST = { headers: {}, body: '{}', timeoutMs: 120_000, maxAnswerBytes: 1_000 };
const IPV4: LookupAddress = { address: '93.184.215.14', family: 4 };
const IPV6: LookupAddress = { address: '2606:4700::1111', family: 6 };

describe('a connection that fails at once', () => {
  const FOUND: readonly (readonly LookupAddress[])[] = [[IPV6], [IPV4], [IPV4, IPV6], [IPV6, IPV4, IPV6]];
  const ALLOW = [parseAllowedNetwork('93.184.215.14') ?? assert.fail()];
  for (const failure of SYNCHRONOUS_FAILURES)
    for (const url of [
      'https://one.test/',
      `https://${IPV4.address}/`,
      `https://[${IPV6.address}]/`,
      `http://${IPV4.address}/`,
    ])
      it(`by ${failure} is the error of its request to ${url}`, async () => {
        using _failing = failConnects(failure);
        for (const found of FOUND) {
          await using outbound = createOutbound({ allow: ALLOW, lookUp: async () => found });
          const all = Array.from({ length: 10 }, () => outbound.post(url, REQUEST));
          for (const one of await Promise.allSettled(all)) {
            assert.equal(one.status, 'rejected');
            assert.ok(one.reason instanceof OutboundError, String(one.reason));
            assert.equal(one.reason.fault, 'connect');
            assert.match(one.reason.message, new RegExp(`got .*${failure}`));
          }
        }
      });
});

it('a connection that its peer resets before anyone uses it ends nothing', async () => {
  await using server = createServer((socket) => void setTimeout(() => socket.resetAndDestroy(), 50)).listen(
    0,
    '127.0.0.1',
  );
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const peer = { protocol: 'http:', hostname: '127.0.0.1', port } as const;
  const { signal } = new AbortController();
  const socket = await dial(peer, { judge: () => 'permitted', lookUp: async () => [IPV4], signal });
  if (!socket.closed) await new Promise((closed) => socket.once('close', closed));
  assert.match(String(socket.errored), /ECONNRESET/);
});
