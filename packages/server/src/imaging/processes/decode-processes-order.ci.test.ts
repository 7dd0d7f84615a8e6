import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { clientAt } from '../../domain/access/client.fixture.ts';
import { payerAt } from '../../domain/access/payer.ts';
import { NO_SPAN, NO_TRACING, type OpenSpan } from '../../observe/observer/tracing.ts';
import type { ToFetch } from '../imaging.ts';
import { createDecodeProcesses, type DecodeProcessesOptions, type RunOptions } from './decode-processes.ts';
import type { OnDemandJob } from './on-demand-child.fixture.ts';
import { childrenOf, signalProcess, until } from './process-list.fixture.ts';
import { URGENCIES, type Urgency } from './waiting-jobs.ts';

const [HERE, THERE] = ['192.0.2.1', '192.0.2.2'] as const;
const TELL_PID: OnDemandJob = { do: 'tell-pid' };

const FEW_WAITING = { inspection: 0, request: 1, background: 0 };

const toFetch = (fetch: ToFetch<OnDemandJob>['fetch'], sizeBytes = 1): ToFetch<OnDemandJob> => ({ sizeBytes, fetch });

describe('the pool of decode processes', () => {
  let folder: string;
  let markers = 0;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'decode-order-'));
  });
  after(() => rm(folder, { recursive: true }));

  const create = (options: Partial<DecodeProcessesOptions<OnDemandJob>> = {}) =>
    createDecodeProcesses<OnDemandJob, unknown>({
      childFile: new URL('on-demand-child.fixture.ts', import.meta.url),
      maxProcesses: 1,
      maxWaiting: { inspection: 20, request: 20, background: 20 },
      maxWaitSeconds: 60,
      timeoutSeconds: 60,
      maxMemoryBytes: Number.POSITIVE_INFINITY,
      maxRestingBytes: Number.POSITIVE_INFINITY,
      idleSeconds: 60,
      ...options,
    });

  /** A job that occupies its process until it is released. */
  const hold = (pool: ReturnType<typeof create>, options: RunOptions) => {
    const [mine, other] = [join(folder, `marker-${markers++}`), join(folder, `marker-${markers++}`)];
    return {
      done: pool.run({ do: 'meet', mine, other }, options),
      hasBegun: () => existsSync(mine),
      begun: () => until(async () => existsSync(mine)),
      forgetBegin: () => rm(mine),
      release: () => writeFile(other, ''),
    };
  };

  it('runs jobs by urgency, then by arrival', async () => {
    await using pool = create();
    const held = hold(pool, { urgency: 'background' });
    await held.begun();
    const order: string[] = [];
    const add = (name: string, urgency: Urgency) => pool.run(TELL_PID, { urgency }).then(() => order.push(name));
    const jobs = [add('late', 'background'), add('first request', 'request'), add('second request', 'request')];
    jobs.push(add('first upload', 'inspection'), add('second upload', 'inspection'));
    await held.release();
    await Promise.all(jobs);
    assert.deepEqual(order, ['first upload', 'second upload', 'first request', 'second request', 'late']);
  });

  for (const urgency of URGENCIES) {
    it(`limits the waiting jobs of each urgency separately: ${urgency}`, async () => {
      await using pool = create({ maxWaiting: { inspection: 0, request: 0, background: 0, [urgency]: 2 } });
      const held = hold(pool, { urgency });
      const waiting = [pool.run(TELL_PID, { urgency }), pool.run(TELL_PID, { urgency })];
      await assert.rejects(pool.run(TELL_PID, { urgency }), {
        code: 'overloaded',
        detail: /got 3 others ahead/,
        retryAfterSeconds: 2,
      });
      const others = URGENCIES.filter((other) => other !== urgency);
      waiting.push(...others.map((other) => pool.run(TELL_PID, { urgency: other })));
      await held.release();
      assert.equal(new Set(await Promise.all(waiting)).size, 1);
      assert.ok(await pool.run(TELL_PID, { urgency }), 'there is room again');
    });
  }

  it('ends the spans of every job, also of one that is refused or cancelled', async () => {
    const open = new Set<object>();
    const beginBelow = (): OpenSpan => {
      const span: OpenSpan = { ...NO_SPAN, end: () => void open.delete(span) };
      open.add(span);
      return span;
    };
    await using pool = create({ maxWaiting: FEW_WAITING, tracing: { ...NO_TRACING, beginBelow } });
    const held = hold(pool, { urgency: 'request' });
    await held.begun();
    const leaving = new AbortController();
    const left = pool.run(TELL_PID, { urgency: 'request', ...clientAt(HERE, leaving.signal) });
    await assert.rejects(pool.run(TELL_PID, { urgency: 'request' }), { code: 'overloaded' });
    leaving.abort(new Error('gone'));
    await assert.rejects(left, /gone/);
    await held.release();
    await held.done;
    assert.equal(open.size, 0);
  });

  it('fetches the file of a job once it has a place, but not if it is refused, cancelled or late', async () => {
    await using pool = create({ maxProcesses: 1, maxWaiting: FEW_WAITING });
    const held = hold(pool, { urgency: 'request' });
    await held.begun();
    const fetched: string[] = [];
    const fetching = (name: string) => async () => {
      fetched.push(name);
      return TELL_PID;
    };
    const waiting = pool.run(toFetch(fetching('waits')), { urgency: 'request' });
    await assert.rejects(pool.run(toFetch(fetching('refused')), { urgency: 'request' }), { code: 'overloaded' });
    const gone = { urgency: 'request', ...clientAt(HERE, AbortSignal.abort(new Error('gone'))) } as const;
    await assert.rejects(pool.run(toFetch(fetching('left')), gone), /gone/);
    assert.deepEqual(fetched, ['waits']);
    await held.release();
    assert.equal(typeof (await waiting), 'number');

    const { client, leave } = leavingClient();
    const late = async () => {
      leave('left meanwhile');
      return TELL_PID;
    };
    await assert.rejects(pool.run(toFetch(late), { urgency: 'request', ...client }), /left meanwhile/);
    await assert.rejects(
      pool.run(
        toFetch(() => Promise.reject(new Error('no bytes'))),
        { urgency: 'request' },
      ),
      /no bytes/,
    );
    assert.equal(
      typeof (await pool.run(TELL_PID, { urgency: 'request' })),
      'number',
      'expected each place to be free again',
    );
  });

  it('leaves a process to other jobs while background jobs wait', async () => {
    await using pool = create({ maxProcesses: 2 });
    const [first, second] = [hold(pool, { urgency: 'background' }), hold(pool, { urgency: 'background' })];
    await first.begun();
    assert.equal((await childrenOf(process.pid)).length, 1, 'expected no process for a job that may not start');
    assert.equal(typeof (await pool.run(TELL_PID, { urgency: 'request' })), 'number');
    assert.ok(!second.hasBegun());
    await first.release();
    await second.begun();
    await second.release();
    await Promise.all([first.done, second.done]);
  });

  for (const urgency of ['inspection', 'request'] as const) {
    it(`drops a waiting job whose client disconnects, and gives its place to another: ${urgency}`, async () => {
      await using pool = create({ maxWaiting: { inspection: 0, request: 0, background: 0, [urgency]: 1 } });
      const held = hold(pool, { urgency });
      const { client, leave } = leavingClient();
      const waiting = hold(pool, { urgency, ...client });
      await assert.rejects(pool.run(TELL_PID, { urgency, ...client }), { code: 'overloaded' });
      leave('the client left');
      await assert.rejects(waiting.done, /the client left/);
      const next = pool.run(TELL_PID, { urgency });
      await held.release();
      assert.equal(await next, await held.done);
      assert.ok(!waiting.hasBegun());
      assert.deepEqual(getEventListeners(client.signal, 'abort'), []);
    });

    it(`refuses a job whose client has waited too long, but not one without a client: ${urgency}`, async () => {
      await using pool = create({ maxWaitSeconds: 0.05 });
      const held = hold(pool, { urgency });
      await held.begun();
      const patient = pool.run(TELL_PID, { urgency });
      const { client } = leavingClient();
      await assert.rejects(pool.run(TELL_PID, { urgency, ...client }), {
        code: 'overloaded',
        detail: 'expected a free decoder within 0.05 s; got none',
        retryAfterSeconds: 2,
      });
      assert.deepEqual(getEventListeners(client.signal, 'abort'), []);
      await held.release();
      assert.equal(await patient, await held.done, 'expected the running job to finish');
    });
  }

  it('counts the wait of a job from the end of its fetch', async () => {
    await using pool = create({ maxWaitSeconds: 0.05 });
    await using other = create();
    await pool.run(TELL_PID, { urgency: 'request' });
    const slow = async () => {
      await other.run({ do: 'take', milliseconds: 200 }, { urgency: 'request' });
      return TELL_PID;
    };
    assert.equal(typeof (await pool.run(toFetch(slow), { urgency: 'request', ...clientAt(HERE) })), 'number');
  });

  it('alternates between accounts, then between members, then goes by arrival', async () => {
    await using pool = create();
    const held = hold(pool, { urgency: 'inspection' });
    await held.begun();
    const order: string[] = [];
    const add = (address: string, owner: string, name: string) =>
      pool.run(TELL_PID, { urgency: 'inspection', payer: payerAt(address, owner) }).then(() => order.push(name));
    const jobs = [add(HERE, 'ada', 'a1'), add(HERE, 'ada', 'a2'), add(HERE, 'ada', 'a3'), add(HERE, 'bob', 'b1')];
    jobs.push(add(THERE, 'ada', 'there'));
    await held.release();
    await Promise.all(jobs);
    assert.deepEqual(order, ['a1', 'there', 'b1', 'a2', 'a3']);
  });

  it('serves the single job of another payer right after the running one of a flood', async () => {
    await using pool = create();
    const held = hold(pool, { urgency: 'inspection', ...clientAt(HERE) });
    await held.begun();
    const order: string[] = [];
    const add = (address: string, name: string) =>
      pool.run(TELL_PID, { urgency: 'inspection', ...clientAt(address) }).then(() => order.push(name));
    const flood = Array.from({ length: 15 }, (_, index) => add(HERE, `flood ${index}`));
    const single = add(THERE, 'single');
    await held.release();
    await Promise.all([single, ...flood]);
    assert.deepEqual(order.slice(0, 2), ['single', 'flood 0']);
  });

  it('charges CPU time, so that a payer of long jobs waits while another does several short ones', async () => {
    await using pool = create();
    const held = hold(pool, { urgency: 'inspection' });
    await held.begun();
    const order: string[] = [];
    const add = (address: string, milliseconds: number) =>
      pool
        .run({ do: 'spend', milliseconds }, { urgency: 'inspection', ...clientAt(address) })
        .then(() => order.push(address));
    const jobs = [300, 300].map((milliseconds) => add(HERE, milliseconds));
    for (let count = 0; count < 3; count++) jobs.push(add(THERE, 1));
    await held.release();
    await Promise.all(jobs);
    assert.deepEqual(order, [HERE, THERE, THERE, THERE, HERE]);
  });

  it('accepts a job of an address with fewer jobs, and refuses the newest of the address with most instead', async () => {
    await using pool = create({ maxWaiting: { inspection: 2, request: 0, background: 0 } });
    const held = hold(pool, { urgency: 'inspection', ...clientAt(HERE) });
    await held.begun();
    const add = (address: string) => pool.run(TELL_PID, { urgency: 'inspection', ...clientAt(address) });
    const [first, second] = [add(HERE), add(HERE)];
    const other = add(THERE);
    await assert.rejects(second, { code: 'overloaded', detail: /got 3 others ahead/ });
    await assert.rejects(add(HERE), { code: 'overloaded' });
    await assert.rejects(add(THERE), { code: 'overloaded' });
    await held.release();
    const pids = await Promise.all([held.done, first, other]);
    assert.equal(new Set(pids).size, 1);
  });

  it('finishes the fetch of a job that has lost its place, so that its file can be disposed of', async () => {
    await using pool = create({ maxWaiting: { inspection: 0, request: 2, background: 0 } });
    const held = hold(pool, { urgency: 'request' });
    await held.begun();
    const options = (address: string) => ({ urgency: 'request', ...clientAt(address) }) as const;
    const fetched = Promise.withResolvers<OnDemandJob>();
    let isOver = false;
    const kept = pool.run(TELL_PID, options(HERE));
    const lost = pool
      .run(
        toFetch(() => fetched.promise),
        options(HERE),
      )
      .finally(() => {
        isOver = true;
      });
    await new Promise(setImmediate); // its fetch begins
    const other = pool.run(TELL_PID, options(THERE));
    await new Promise(setImmediate);
    assert.ok(!isOver);
    fetched.resolve(TELL_PID);
    await assert.rejects(lost, { code: 'overloaded' });
    await held.release();
    await Promise.all([kept, other, held.done]);
  });

  it('fetches for no more jobs than have places, even if clients disconnect in the meantime', async () => {
    await using pool = create({ maxWaiting: { inspection: 0, request: 2, background: 0 } });
    const held = hold(pool, { urgency: 'request' });
    await held.begun();
    const fetches: { readonly signal: AbortSignal; readonly end: PromiseWithResolvers<OnDemandJob> }[] = [];
    const fetch = (signal: AbortSignal) => {
      const end = Promise.withResolvers<OnDemandJob>();
      fetches.push({ signal, end });
      return end.promise;
    };
    const gone: Promise<void>[] = [];
    for (let index = 0; index < 20; index++) {
      const { client, leave } = leavingClient();
      const left = pool.run(toFetch(fetch), { urgency: 'request', ...client });
      gone.push(assert.rejects(left, { message: `left ${index}` }));
      await new Promise(setImmediate); // its fetch begins if it has a place
      leave(`left ${index}`);
    }
    const stays = pool.run(toFetch(fetch), { urgency: 'request', ...clientAt(THERE) });
    await new Promise(setImmediate);
    assert.deepEqual(
      fetches.map(({ signal }) => signal.aborted),
      [true, true],
      'expected each fetch to be cancelled',
    );
    for (const { end } of fetches) end.reject(new Error('aborted'));
    await Promise.all(gone);
    await until(async () => fetches.length === 3);
    assert.equal(fetches[2]?.signal.aborted, false, 'expected a waiting client to keep its place');
    fetches[2]?.end.resolve(TELL_PID);
    await held.release();
    assert.equal(await stays, await held.done);
  });

  it('ends the wait for fetch room when the pool is disposed of', async () => {
    const pool = create({ maxFetchedBytes: 1 });
    const first = Promise.withResolvers<OnDemandJob>();
    const fetching = pool.run(
      toFetch(() => first.promise),
      { urgency: 'request' },
    );
    const waiting = pool.run(
      toFetch(async () => assert.fail('expected no fetch')),
      { urgency: 'request' },
    );
    const ended = [fetching, waiting].map((one) => assert.rejects(one, { code: 'unavailable' }));
    await pool[Symbol.asyncDispose]();
    await ended[1];
    first.resolve(TELL_PID);
    await ended[0];
  });

  it('refuses a job whose client has already disconnected', async () => {
    await using pool = create();
    const client = clientAt(HERE, AbortSignal.abort('gone'));
    await assert.rejects(pool.run(TELL_PID, { urgency: 'request', ...client }), {
      name: 'AbortError',
      message: 'gone',
    });
    assert.deepEqual(await childrenOf(process.pid), []);
  });

  it('finishes a started job if its client disconnects, even if its process is killed then', async () => {
    await using pool = create();
    const { client, leave } = leavingClient();
    const held = hold(pool, { urgency: 'request', ...client });
    await held.begun();
    await held.forgetBegin();
    const [child] = await childrenOf(process.pid);
    assert.ok(child);
    signalProcess(child, 'SIGKILL');
    await until(async () => (await childrenOf(process.pid)).some((id) => id !== child)); // it waits for the next
    leave('too late');
    await held.begun();
    await held.release();
    assert.notEqual(await held.done, child);
    assert.deepEqual(getEventListeners(client.signal, 'abort'), []);
  });

  const leavingClient = () => {
    const own = new AbortController();
    return { client: clientAt(HERE, own.signal), leave: (reason: string) => own.abort(new Error(reason)) };
  };
});
