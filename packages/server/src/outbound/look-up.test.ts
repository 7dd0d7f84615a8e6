import assert from 'node:assert/strict';
import type { LookupAddress } from 'node:dns';
import { describe, it, mock } from 'node:test';
import { createLookUp, SLOW_MS } from './look-up.ts';

const PLACES = 32;
const ADDRESS: LookupAddress = { address: '93.184.215.14', family: 4 };
/** All but one of 20 webhooks and 8 gates. */
const CONFIGURED = 27;

/** Look-ups that end when the test wants. Names with `good` in them end at once. */
function create(places = PLACES) {
  let now = 0;
  const running = new Map<string, PromiseWithResolvers<readonly LookupAddress[]>>();
  const asked: string[] = [];
  const lookUp = createLookUp({
    places,
    elapsedMs: () => now,
    async find(hostname) {
      asked.push(hostname);
      if (hostname.includes('good')) return [ADDRESS];
      const look = Promise.withResolvers<readonly LookupAddress[]>();
      running.set(hostname, look);
      return await look.promise;
    },
  });
  const settled = () => new Promise<void>((resolve) => setImmediate(resolve));
  return {
    asked,
    running,
    settled,
    pass: (ms: number) => {
      now += ms;
    },
    lookUp: (hostname: string, signal?: AbortSignal) => {
      const found = lookUp(hostname, signal);
      found.catch(() => undefined);
      return found;
    },
    async end(hostname: string, error?: Error) {
      const look = running.get(hostname);
      running.delete(hostname);
      assert.ok(look, `${hostname} is looked up`);
      if (error) look.reject(error);
      else look.resolve([ADDRESS]);
      await settled();
    },
  };
}

const dead = (count: number): string[] => Array.from({ length: count }, (_, at) => `dead-${at}.test`);
const FAILED = new Error('getaddrinfo EAI_AGAIN');

describe('look-ups of names', () => {
  it('find a new name at once while all other webhooks and gates that there may be have dead names, known or not', async () => {
    const names = create();
    for (const name of dead(CONFIGURED)) names.lookUp(name);
    assert.equal(names.running.size, CONFIGURED);
    assert.deepEqual(await names.lookUp('good.test'), [ADDRESS]);
    names.pass(10_000);
    for (const name of dead(CONFIGURED)) await names.end(name, FAILED);
    for (const name of dead(CONFIGURED)) names.lookUp(name);
    assert.equal(names.running.size, 1, 'suspect names share one place');
    assert.deepEqual(await names.lookUp('another-good.test'), [ADDRESS]);
  });

  it('keep places for proven names, however many unknown ones there are', async () => {
    const names = create();
    await names.lookUp('good.test');
    for (const name of dead(500)) names.lookUp(name);
    assert.ok(names.running.size < PLACES);
    assert.deepEqual(await names.lookUp('good.test'), [ADDRESS]);
    for (const name of [...names.running.keys()]) await names.end(name, FAILED);
    assert.ok(names.running.size > 0 && names.running.size < PLACES, 'the others follow');
  });

  it('take each suspect name in turn, and forget a failure after 30 seconds', async () => {
    const names = create();
    const [one = '', other = ''] = dead(2);
    for (const name of [one, other]) {
      names.lookUp(name);
      await names.end(name, FAILED);
    }
    names.lookUp(one);
    names.lookUp(other);
    assert.deepEqual([...names.running.keys()], [one]);
    await names.end(one, FAILED);
    assert.deepEqual([...names.running.keys()], [other]);
    names.lookUp(one);
    assert.deepEqual([...names.running.keys()], [other]);
    names.pass(30_000);
    await names.lookUp('good.test');
    assert.deepEqual([...names.running.keys()], [other, one]);
  });

  it('begin a suspect name after 30 seconds, though nothing else happens', async () => {
    mock.timers.enable({ apis: ['setTimeout'] });
    try {
      const names = create();
      for (const name of dead(2)) {
        names.lookUp(name);
        await names.end(name, FAILED);
      }
      for (const name of dead(2)) names.lookUp(name);
      assert.equal(names.running.size, 1);
      names.pass(30_000);
      mock.timers.tick(30_000);
      assert.equal(names.running.size, 2);
    } finally {
      mock.timers.reset();
    }
  });

  it('take a slow name for a suspect one, and a proven one only after the second time', async () => {
    const names = create();
    const slowly = async (name: string) => {
      names.lookUp(name);
      names.pass(SLOW_MS);
      await names.end(name);
    };
    for (const name of dead(2)) await slowly(name);
    for (const name of dead(2)) names.lookUp(name);
    assert.equal(names.running.size, 1);

    names.lookUp('proven.test');
    await names.end('proven.test');
    await slowly('proven.test');
    names.lookUp('proven.test');
    assert.equal(names.running.size, 2, 'beside the suspect name');
    names.pass(SLOW_MS);
    await names.end('proven.test');
    names.lookUp('proven.test');
    assert.equal(names.running.size, 1, 'behind it');
  });

  it('keep no address, and share a look-up only while it runs', async () => {
    const names = create();
    await Promise.all([names.lookUp('good.test'), names.lookUp('good.test')]);
    await names.lookUp('good.test');
    assert.deepEqual(names.asked, ['good.test', 'good.test']);
  });

  it('with four threads leave a place beside names that are known to be bad', async () => {
    const names = create(2);
    for (const name of dead(8)) {
      names.lookUp(name);
      await names.end(name, FAILED);
    }
    for (const name of dead(8)) names.lookUp(name);
    assert.equal(names.running.size, 1);
    assert.deepEqual(await names.lookUp('good.test'), [ADDRESS]);
  });

  it('with four threads find a proven name at once beside unknown and suspect ones that hang', async () => {
    const names = create(2);
    await names.lookUp('good.test');
    for (const name of dead(2)) names.lookUp(name);
    assert.deepEqual(await Promise.race([names.lookUp('good.test'), names.settled()]), [ADDRESS]);
    await names.end('dead-0.test', FAILED);
    names.lookUp('dead-0.test');
    assert.deepEqual([...names.running.keys()], ['dead-1.test']);
    assert.deepEqual(await Promise.race([names.lookUp('good.test'), names.settled()]), [ADDRESS]);
  });

  it('after an outage of the name server take names that were found before it first', async () => {
    const names = create();
    names.lookUp('proven.test');
    await names.end('proven.test');
    for (let failures = 0; failures < 2; failures += 1)
      for (const name of [...dead(8), 'proven.test']) {
        names.lookUp(name);
        await names.end(name, FAILED);
      }
    for (const name of [...dead(8), 'proven.test']) names.lookUp(name);
    assert.deepEqual([...names.running.keys()], ['dead-0.test']);
    await names.end('dead-0.test', FAILED);
    assert.deepEqual([...names.running.keys()], ['proven.test']);
  });

  it('that nobody awaits any more are never begun', async () => {
    const names = create();
    const [one = '', left = '', kept = ''] = dead(3);
    for (const name of [one, left, kept]) {
      names.lookUp(name);
      await names.end(name, FAILED);
    }
    const leaving = [new AbortController(), new AbortController()] as const;
    names.lookUp(one);
    const ended = Promise.all(
      leaving.map(({ signal }) => assert.rejects(names.lookUp(left, signal), { name: 'AbortError' })),
    );
    names.lookUp(kept, leaving[0].signal);
    names.lookUp(kept);
    for (const caller of leaving) caller.abort();
    await names.end(one, FAILED);
    assert.deepEqual([...names.running.keys()], [kept]);
    await ended;
  });

  it('are refused beyond a thousand names that wait', async () => {
    const names = create();
    for (const name of dead(1_028)) names.lookUp(name);
    await assert.rejects(names.lookUp('one-more.test'), { code: 'EAI_AGAIN' });
    for (const name of dead(1_028)) assert.equal(await Promise.race([names.lookUp(name), names.settled()]), undefined);
  });
});
