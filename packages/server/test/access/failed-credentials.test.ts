import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type KeyId, parseKeyId } from '../../src/domain/access/api-key-text.ts';
import { issued, withSecretOf } from '../../src/domain/access/api-keys.fixture.ts';
import { FAILED_CREDENTIALS } from '../../src/domain/access/rate-limits.ts';
import type { ServiceEvent } from '../../src/observe/observer/observer.ts';
import { type ClosedService, createClosedService } from '../services/closed-service.ts';
import { type Answered, type ListeningService, listen } from '../services/listening-service.ts';
import { json } from '../services/service.ts';
import { answered, mintView } from '../view-tokens/view-client.ts';

const { answered: ANSWERED, lookedUp: LOOKED_UP } = FAILED_CREDENTIALS;

const AT_ONCE = 50;

describe('refused credentials of an address', () => {
  const stack = new AsyncDisposableStack();
  let service: ClosedService;
  let served: ListeningService;
  /** Reads of keys in the store. */
  let reads = 0;
  let hosts = 1;
  before(async () => {
    const observe = (seen: ServiceEvent): void => {
      if (seen.event === 'store-call' && seen.part === 'records' && seen.call === 'getKey') reads += 1;
    };
    service = stack.use(
      await createClosedService({
        observe,
        environment: { RATE_LIMITS: 'grant=60/m upload=30/m read=1200/m render=120/m list=240/m' },
      }),
    );
    served = stack.use(await listen(service));
  });
  after(() => stack.disposeAsync());

  /** An address of this machine that no other test has. */
  function newAddress(): string {
    hosts += 1;
    return `127.0.1.${hosts}`;
  }
  const ask = (from: string, credential?: string): Promise<Answered> =>
    served.send({
      method: 'GET',
      target: '/images',
      from,
      ...(credential !== undefined && { headers: { Authorization: `Bearer ${credential}` } }),
    }).answered;
  async function fail(from: string, times: number, credential?: () => string): Promise<readonly number[]> {
    const statuses = [];
    for (let failed = 0; failed < times; failed++) statuses.push((await ask(from, credential?.())).status);
    return statuses;
  }
  const unknownKey = (): string => issued().text;
  const idOf = (key: string): KeyId => parseKeyId(key.slice(10, 26)) ?? assert.fail();

  for (const [name, credential] of [
    ['missing', undefined],
    ['junk', () => 'safelight_junk'],
    ['unknown', unknownKey],
    ['of another shape', () => 'eyJhbGciOiJub25lIn0.e30.'],
  ] as const)
    it(`are a 401 twenty times, and a 429 from then on: ${name}`, async () => {
      const from = newAddress();
      assert.deepEqual(new Set(await fail(from, ANSWERED, credential)), new Set([401]));
      assert.deepEqual(new Set(await fail(from, 5, credential)), new Set([429]));
    });

  it('are answered alike, whatever their fault, with the time until the window ends', async () => {
    const from = newAddress();
    await fail(from, ANSWERED);
    const answers = [await ask(from), await ask(from, 'safelight_junk'), await ask(from, unknownKey())];
    for (const { status, headers, body } of answers) {
      const seconds = String(headers['retry-after']);
      const { code, policy, detail } = JSON.parse(body) as Record<string, unknown>;
      assert.deepEqual([status, code, policy], [429, 'rate-limited', 'credentials']);
      assert.equal(headers['ratelimit-policy'], '"credentials";q=20;w=60');
      assert.equal(headers['ratelimit'], `"credentials";r=0;t=${seconds}`);
      assert.equal(headers['www-authenticate'], undefined);
      assert.match(
        String(detail),
        /^expected at most 20 requests without a valid credential from an address in 60 s; /,
      );
    }
  });

  it('are a 401, however many, if they were valid: pages of one address renew their tokens after it', async () => {
    const from = newAddress();
    const backend = await service.keyOf({ actsAs: 'everyone' });
    const { token } = await mintView(service, backend, { user_id: 'ada' });
    const revoked = await mintView(service, backend, { user_id: 'bob' });
    await answered(service.as(backend, '/view-tokens/revoke', json({ user_id: 'bob' })));
    service.clock.offsetMs += 3_601_000;
    const times = ANSWERED + 5;
    assert.deepEqual(new Set(await fail(from, times, () => token)), new Set([401]));
    assert.deepEqual(new Set(await fail(from, times, () => revoked.token)), new Set([401]));
    service.clock.offsetMs -= 3_601_000;
    assert.deepEqual(new Set(await fail(from, 5, () => revoked.token)), new Set([401]));
    assert.deepEqual(new Set(await fail(from, 5, unknownKey)), new Set([429]), 'they count');
  });

  it('hinder no valid credential of the same address, and no other address', async () => {
    const from = newAddress();
    await fail(from, ANSWERED + 10, unknownKey);
    assert.equal((await ask(from, await service.keyOf({ owner: 'ada' }))).status, 200);
    assert.equal((await ask(newAddress())).status, 401);
  });

  it('are looked up no more than 1,200 times a minute; keys that the service knows still pass', async () => {
    const from = newAddress();
    const key = await service.keyOf({ owner: 'ada' });
    assert.equal((await ask(newAddress(), key)).status, 200);
    reads = 0;
    for (let asked = 0; asked < LOOKED_UP + 2 * AT_ONCE; asked += AT_ONCE)
      await Promise.all(Array.from({ length: AT_ONCE }, () => ask(from, unknownKey())));
    assert.ok(reads >= LOOKED_UP && reads <= LOOKED_UP + AT_ONCE, `${reads} reads`);
    assert.equal((await ask(from, unknownKey())).status, 429);

    assert.equal((await ask(from, key)).status, 200);
    service.clock.offsetMs += 10_000; // the record must be read again
    assert.equal((await ask(from, key)).status, 200);
    const wrong = withSecretOf({ id: idOf(key), text: key, secretHash: '' }, issued());
    assert.equal((await ask(from, wrong)).status, 429);
    assert.equal((await ask(newAddress(), unknownKey())).status, 401);
  });
});

describe('a service with RATE_LIMITS=off', () => {
  it('answers every refused credential with a 401', async () => {
    await using service = await createClosedService();
    for (let failed = 0; failed < 50; failed++) assert.equal((await service.request('/images')).status, 401);
  });
});
