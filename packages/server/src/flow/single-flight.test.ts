import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createSingleFlight } from './single-flight.ts';

/** Work that the test ends, and a record of each start. */
function controlledWork() {
  const begun: { readonly signal: AbortSignal; readonly end: PromiseWithResolvers<string> }[] = [];
  const work = (signal: AbortSignal): Promise<string> => {
    const end = Promise.withResolvers<string>();
    begun.push({ signal, end });
    return end.promise;
  };
  return { begun, work };
}

describe('a single flight', () => {
  it('runs once for concurrent callers, and again for a later one', async () => {
    const flights = createSingleFlight<string, string>();
    const { begun, work } = controlledWork();
    const many = Promise.all([flights.run('a', work), flights.run('a', work), flights.run('b', work)]);
    begun[0]?.end.resolve('of a');
    begun[1]?.end.resolve('of b');
    assert.deepEqual(await many, ['of a', 'of a', 'of b']);
    assert.equal(begun[0]?.signal.aborted, false); // it succeeded and was not cancelled
    const later = flights.run('a', work);
    begun[2]?.end.resolve('again');
    assert.equal(await later, 'again');
    assert.equal(begun.length, 3);
  });

  it('fails for all waiting callers, and the next caller starts it again', async () => {
    const flights = createSingleFlight<string, string>();
    const { begun, work } = controlledWork();
    const both = Promise.allSettled([flights.run('a', work), flights.run('a', work)]);
    begun[0]?.end.reject(new Error('broken'));
    assert.deepEqual(
      (await both).map((one) => one.status === 'rejected' && String(one.reason)),
      ['Error: broken', 'Error: broken'],
    );
    const next = flights.run('a', work);
    begun[1]?.end.resolve('mended');
    assert.equal(await next, 'mended');
  });

  it('is not joined again after it failed, so that waiters may retry at once', async () => {
    const flights = createSingleFlight<string, string>();
    const { begun, work } = controlledWork();
    const askTwice = () => flights.run('a', work).catch(() => flights.run('a', work));
    const all = Promise.all([flights.run('a', work).catch(String), askTwice(), askTwice()]);
    begun[0]?.end.reject(new Error('broken'));
    await new Promise(setImmediate);
    assert.equal(begun.length, 2);
    begun[1]?.end.resolve('mended');
    assert.deepEqual(await all, ['Error: broken', 'mended', 'mended']);
  });

  it('continues while a caller waits, and is cancelled when the last one leaves', async () => {
    const flights = createSingleFlight<string, string>();
    const { begun, work } = controlledWork();
    const [one, other] = [new AbortController(), new AbortController()];
    const runs = [flights.run('a', work, one.signal), flights.run('a', work, other.signal)];
    one.abort(new Error('gone'));
    await assert.rejects(runs[0] ?? Promise.resolve(), /gone/);
    assert.equal(begun[0]?.signal.aborted, false);
    other.abort(new Error('gone too'));
    await assert.rejects(runs[1] ?? Promise.resolve(), /gone too/);
    assert.equal(begun[0]?.signal.aborted, true);

    const next = flights.run('a', work);
    begun[0]?.end.reject(new Error('given up'));
    begun[1]?.end.resolve('anew');
    assert.equal(await next, 'anew');
    assert.equal(begun.length, 2);
  });

  it('does not start for a caller that has already left', async () => {
    const flights = createSingleFlight<string, string>();
    const { begun, work } = controlledWork();
    await assert.rejects(flights.run('a', work, AbortSignal.abort(new Error('gone'))), /gone/);
    assert.equal(begun.length, 0);
  });
});
