import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseAllowedNetwork } from './allowed-network.ts';
import { createUrlRule } from './url-fault.ts';

const ALLOW = [parseAllowedNetwork('10.1.2.0/24') ?? assert.fail()];
const NAMES: Readonly<Record<string, readonly string[]>> = {
  'inside.test': ['10.1.2.3'],
  'both.test': ['93.184.215.14', '10.1.2.3'],
  'public.test': ['93.184.215.14'],
  'elsewhere.test': ['10.9.9.9'],
};

describe('the rule for the URL of a webhook', () => {
  const lookedUp: string[] = [];
  const rule = createUrlRule(ALLOW, async (hostname) => {
    lookedUp.push(hostname);
    const addresses = NAMES[hostname] ?? [];
    if (addresses.length === 0) throw new Error('ENOTFOUND');
    return addresses.map((address) => ({ address, family: 4 }));
  });

  it('refuses http and other ports of a name that has no permitted address', async () => {
    for (const origin of ['http://public.test', 'http://elsewhere.test:8080', 'https://public.test:8443'])
      assert.deepEqual(await rule(`${origin}/hunter2`), {
        expected: 'a URL whose address is public and on https port 443, or in a network of OUTBOUND_ALLOW',
        got: origin,
      });
  });

  it('permits them if one address is permitted, or none is found now', async () => {
    for (const origin of ['http://inside.test', 'http://both.test:8080', 'http://later.test'])
      assert.equal(await rule(`${origin}/`), undefined, origin);
  });

  it('looks up no name of https on port 443, because each connection judges it', async () => {
    lookedUp.length = 0;
    assert.equal(await rule('https://elsewhere.test/'), undefined);
    assert.deepEqual(lookedUp, []);
  });

  it('waits at most some seconds for a name', async () => {
    const silent = createUrlRule(ALLOW, (_name, signal) => {
      assert.ok(signal, 'expected a signal');
      return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    });
    assert.equal(await silent('http://silent.test/'), undefined);
  });
});
