import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createDecodeProcesses, type DecodeProcessesOptions, type RunOptions } from './decode-processes.ts';
import type { OnDemandJob } from './on-demand-child.fixture.ts';
import { childrenOf, until } from './process-list.fixture.ts';
import { URGENCIES, type Urgency } from './waiting-jobs.ts';

const TELL_PID: OnDemandJob = { do: 'tell-pid' };

describe('the order of jobs in the pool of decode processes', () => {
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
      timeoutSeconds: 60,
      maxMemoryBytes: Number.POSITIVE_INFINITY,
      maxRestingBytes: Number.POSITIVE_INFINITY,
      idleSeconds: 60,
      ...options,
    });

  /** A job that keeps its process until it is released. */
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

  it('is by urgency, then by arrival', async () => {
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
    it(`has its own bound for ${urgency}: past it a job is refused, one of another urgency is not`, async () => {
      await using pool = create({ maxWaiting: { inspection: 0, request: 0, background: 0, [urgency]: 2 } });
      const held = hold(pool, { urgency });
      const waiting = [pool.run(TELL_PID, { urgency }), pool.run(TELL_PID, { urgency })];
      await assert.rejects(pool.run(TELL_PID, { urgency }), {
        code: 'overloaded',
        detail: /after 3 others/,
        retryAfterSeconds: 2,
      });
      const others = URGENCIES.filter((other) => other !== urgency);
      waiting.push(...others.map((other) => pool.run(TELL_PID, { urgency: other })));
      await held.release();
      assert.equal(new Set(await Promise.all(waiting)).size, 1);
      assert.ok(await pool.run(TELL_PID, { urgency }), 'there is room again');
    });
  }

  it('fetches what a job needs once it has a place, and not for one that is refused, has left or comes too late', async () => {
    await using pool = create({ maxProcesses: 1, maxWaiting: { inspection: 0, request: 1, background: 0 } });
    const held = hold(pool, { urgency: 'request' });
    await held.begun();
    const fetched: string[] = [];
    const fetching = (name: string) => async () => {
      fetched.push(name);
      return TELL_PID;
    };
    const waiting = pool.run(fetching('waits'), { urgency: 'request' });
    await assert.rejects(pool.run(fetching('refused'), { urgency: 'request' }), { code: 'overloaded' });
    const gone = { urgency: 'request', signal: AbortSignal.abort('gone') } as const;
    await assert.rejects(pool.run(fetching('left'), gone), (reason) => reason === 'gone');
    assert.deepEqual(fetched, ['waits']);
    await held.release();
    assert.equal(typeof (await waiting), 'number');

    const leaving = new AbortController();
    const late = async () => {
      leaving.abort('left meanwhile');
      return TELL_PID;
    };
    const left = pool.run(late, { urgency: 'request', signal: leaving.signal });
    await assert.rejects(left, (reason) => reason === 'left meanwhile');
    await assert.rejects(
      pool.run(() => Promise.reject(new Error('no bytes')), { urgency: 'request' }),
      /no bytes/,
    );
    assert.equal(typeof (await pool.run(TELL_PID, { urgency: 'request' })), 'number', 'each gave its place back');
  });

  it('leaves a process to others while jobs in the background wait for one', async () => {
    await using pool = create({ maxProcesses: 2 });
    const [first, second] = [hold(pool, { urgency: 'background' }), hold(pool, { urgency: 'background' })];
    await first.begun();
    assert.equal((await childrenOf(process.pid)).length, 1, 'and starts none for what may not begin');
    assert.equal(typeof (await pool.run(TELL_PID, { urgency: 'request' })), 'number');
    assert.ok(!second.hasBegun());
    await first.release();
    await second.begun();
    await second.release();
    await Promise.all([first.done, second.done]);
  });

  it('forgets a job whose signal aborts while it waits, and gives its place to another', async () => {
    await using pool = create({ maxWaiting: { inspection: 0, request: 1, background: 0 } });
    const held = hold(pool, { urgency: 'request' });
    const { signal, abort } = controller();
    const waiting = hold(pool, { urgency: 'request', signal });
    await assert.rejects(pool.run(TELL_PID, { urgency: 'request' }), { code: 'overloaded' });
    abort('the client left');
    await assert.rejects(waiting.done, (reason) => reason === 'the client left');
    const next = pool.run(TELL_PID, { urgency: 'request' });
    await held.release();
    assert.equal(await next, await held.done);
    assert.ok(!waiting.hasBegun());
    assert.deepEqual(getEventListeners(signal, 'abort'), []);
  });

  it('takes no job whose signal has aborted before', async () => {
    await using pool = create();
    const signal = AbortSignal.abort('gone');
    await assert.rejects(pool.run(TELL_PID, { urgency: 'request', signal }), (reason) => reason === 'gone');
    assert.deepEqual(await childrenOf(process.pid), []);
  });

  it('finishes what has begun when its signal aborts, also if its process is killed then', async () => {
    await using pool = create();
    const { signal, abort } = controller();
    const held = hold(pool, { urgency: 'request', signal });
    await held.begun();
    await held.forgetBegin();
    const [child] = await childrenOf(process.pid);
    assert.ok(child);
    process.kill(child, 'SIGKILL');
    await until(async () => (await childrenOf(process.pid)).some((id) => id !== child)); // it waits for the next
    abort('too late');
    await held.begun();
    await held.release();
    assert.notEqual(await held.done, child);
    assert.deepEqual(getEventListeners(signal, 'abort'), []);
  });

  const controller = () => {
    const own = new AbortController();
    return { signal: own.signal, abort: (reason: string) => own.abort(reason) };
  };
});
