import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { getPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import sharp from 'sharp';
import type { ServiceEvent } from '../../observe/observer/observer.ts';
import { createDecodeProcesses, type DecodeProcessesOptions } from './decode-processes.ts';
import type { OnDemandJob } from './on-demand-child.fixture.ts';
import { childrenOf, signalProcess, until } from './process-list.fixture.ts';
import { lowerEveryThread } from './spawn-decoder.ts';

const TELL_PID: OnDemandJob = { do: 'tell-pid' };
const CRASH: OnDemandJob = { do: 'crash' };
const MEGABYTE = 1_048_576;
const ON_LINUX = { skip: process.platform !== 'linux' && 'only Linux shows the memory of another process' };

describe('the pool of decode processes', () => {
  let folder: string;
  let markers = 0;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'decode-processes-'));
  });
  after(() => rm(folder, { recursive: true }));

  const hang = (): OnDemandJob & { do: 'hang' } => ({ do: 'hang', marker: join(folder, `marker-${markers++}`) });

  /** Two jobs that end only if they run at the same time; each returns its process id. */
  const meeting = (): [OnDemandJob, OnDemandJob] => {
    const [one, other] = [join(folder, `marker-${markers++}`), join(folder, `marker-${markers++}`)];
    return [
      { do: 'meet', mine: one, other },
      { do: 'meet', mine: other, other: one },
    ];
  };

  const createPool = (options: Partial<DecodeProcessesOptions<OnDemandJob>> = {}) =>
    createDecodeProcesses<OnDemandJob, unknown>({
      childFile: new URL('on-demand-child.fixture.ts', import.meta.url),
      maxProcesses: 2,
      maxWaiting: { inspection: 20, request: 20, background: 20 },
      maxWaitSeconds: 60,
      timeoutSeconds: 60,
      maxMemoryBytes: Number.POSITIVE_INFINITY,
      maxRestingBytes: Number.POSITIVE_INFINITY,
      idleSeconds: 60,
      ...options,
    });

  const create = (options: Partial<DecodeProcessesOptions<OnDemandJob>> = {}) => {
    const events: ServiceEvent[] = [];
    const pool = createPool({ ...options, observe: (event) => events.push(event) });
    return {
      ...pool,
      events,
      deaths: () => events.flatMap((event) => (event.event === 'decoder-died' ? event.reason : [])),
      run: (job: OnDemandJob) => pool.run(job, { urgency: 'request' }),
    };
  };

  it('starts no process before the first job, and then only as many as needed', async () => {
    await using pool = create();
    assert.deepEqual(await childrenOf(process.pid), []);
    const first = await pool.run(TELL_PID);
    assert.deepEqual(await childrenOf(process.pid), [first]);
    assert.equal(await pool.run(TELL_PID), first);
  });

  it('runs as many concurrent jobs as it may have processes, and no more', async () => {
    await using pool = create();
    const jobs = [...meeting(), ...meeting(), ...meeting()];
    const pids = await Promise.all(jobs.map(pool.run));
    assert.deepEqual(new Set(pids), new Set(await childrenOf(process.pid)));
    assert.equal(new Set(pids).size, 2);
  });

  it('ends idle processes, down to one', async () => {
    await using pool = create({ idleSeconds: 0.05 });
    const pids = await Promise.all(meeting().map(pool.run));
    assert.equal(new Set(pids).size, 2);
    await until(async () => (await childrenOf(process.pid)).length === 1);
    assert.deepEqual(await childrenOf(process.pid), [await pool.run(TELL_PID)]);
    assert.deepEqual(pool.deaths(), []);
  });

  it('ignores time during which this process was suspended', async () => {
    await using pool = create({ timeoutSeconds: 1 });
    await pool.run(TELL_PID);
    const taken = pool.run({ do: 'take', milliseconds: 100 });
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2_000); // blocks the event loop, like a frozen function
    assert.equal(await taken, 'taken');
  });

  it('loses one job to a crash and no other', async () => {
    await using pool = create();
    const jobs = Array.from({ length: 10 }, (_, index) => pool.run(index === 3 ? CRASH : TELL_PID));
    const settled = await Promise.allSettled(jobs);
    assert.deepEqual(
      settled.flatMap(({ status }, index) => (status === 'rejected' ? [index] : [])),
      [3],
    );
    await assert.rejects(jobs[3] ?? Promise.resolve(), { code: 'decoder-failed', cause: /SIGKILL/ });
    // It was tried twice.
    assert.deepEqual(pool.deaths(), ['crash', 'crash']);
    assert.equal(pool.events.filter(({ event }) => event === 'decoder-done').length, 9);
  });

  it('continues after every process has crashed while jobs wait', async () => {
    await using pool = create();
    const settled = await Promise.allSettled([CRASH, CRASH, CRASH, CRASH, TELL_PID, TELL_PID].map(pool.run));
    const crashed = Array.from({ length: 4 }, () => 'rejected');
    assert.deepEqual(
      settled.map(({ status }) => status),
      [...crashed, 'fulfilled', 'fulfilled'],
    );
  });

  it('repeats a job once after its process was killed, and fails it the second time', async () => {
    await using pool = create({ maxProcesses: 1 });
    const job = hang();
    const [hung, next] = [pool.run(job), pool.run(TELL_PID)];
    const first = await marked(job);
    signalProcess(first, 'SIGKILL');
    await until(async () => (await marked(job)) !== first);
    const second = await marked(job);
    signalProcess(second, 'SIGKILL');
    await assert.rejects(hung, { code: 'decoder-failed' });
    assert.ok(![first, second].includes(Number(await next)));
  });

  it('does not repeat a job on unknown bytes', async () => {
    await using pool = createPool({ maxProcesses: 1 });
    const job = hang();
    const hung = pool.run(job, { urgency: 'inspection' });
    const first = await marked(job);
    signalProcess(first, 'SIGKILL');
    await assert.rejects(hung, { code: 'decoder-failed', cause: /SIGKILL/ });
    assert.equal(await marked(job), first, 'expected no other process to start it');
  });

  it('loses no job to the death of an idle process', async () => {
    await using pool = create({ maxProcesses: 1 });
    for (let round = 0; round < 5; round++) {
      const pid = await pool.run(TELL_PID);
      assert.ok(typeof pid === 'number');
      signalProcess(pid, 'SIGKILL');
      assert.notEqual(await pool.run(TELL_PID), pid);
    }
    assert.deepEqual(new Set(pool.deaths()), new Set(['crash']));
    assert.equal(pool.deaths().length, 5);
    const inspecting = createPool({ maxProcesses: 1 });
    await using _ = inspecting;
    const pid = await inspecting.run(TELL_PID, { urgency: 'inspection' });
    assert.ok(typeof pid === 'number');
    signalProcess(pid, 'SIGKILL');
    assert.notEqual(await inspecting.run(TELL_PID, { urgency: 'inspection' }), pid);
  });

  it('kills a process that hangs, and does the next job', async () => {
    await using pool = create({ maxProcesses: 1, timeoutSeconds: 3 });
    const job = hang();
    const [hung, next] = [pool.run(job), pool.run(TELL_PID)];
    await assert.rejects(hung, { code: 'decoder-failed', detail: /within 3 s/ });
    const survivor = await next;
    assert.notEqual(survivor, await marked(job));
    assert.deepEqual(await childrenOf(process.pid), [survivor]);
    assert.deepEqual(pool.deaths(), ['time']);
  });

  it('counts the time of a job from its start, not from its arrival', async () => {
    await using pool = create({ maxProcesses: 1, timeoutSeconds: 4 });
    const jobs = Array.from({ length: 5 }, () => pool.run({ do: 'take', milliseconds: 900 }));
    assert.deepEqual(new Set(await Promise.all(jobs)), new Set(['taken']));
  });

  it('keeps the process of a job that throws', async () => {
    await using pool = create({ maxProcesses: 1 });
    const pid = await pool.run(TELL_PID);
    await assert.rejects(pool.run({ do: 'throw' }), { code: 'decoder-failed', cause: 'Error: on demand' });
    assert.equal(await pool.run(TELL_PID), pid);
  });

  it('kills a process that grows without limit, and does the next job', ON_LINUX, async () => {
    await using pool = create({ maxProcesses: 1, maxMemoryBytes: 256 * MEGABYTE });
    const [growing, next] = [pool.run({ do: 'fill', megabytes: 4096 }), pool.run(TELL_PID)];
    await assert.rejects(growing, {
      code: 'decoder-failed',
      detail: /^expected the decoder to use at most 256 MB of memory; got \d{3,4} MB$/,
    });
    const survivor = await next;
    assert.deepEqual(await childrenOf(process.pid), [survivor]);
    assert.deepEqual(pool.deaths(), ['memory']);
  });

  it('tolerates a process within its limit', ON_LINUX, async () => {
    await using pool = create({ maxProcesses: 1, maxMemoryBytes: 1024 * MEGABYTE, maxRestingBytes: 512 * MEGABYTE });
    const pid = await pool.run({ do: 'fill', megabytes: 160 });
    assert.equal(await pool.run(TELL_PID), pid);
  });

  it('replaces a process that stays large after its job', ON_LINUX, async () => {
    await using pool = create({ maxProcesses: 1, maxRestingBytes: 200 * MEGABYTE });
    const pid = await pool.run({ do: 'fill', megabytes: 256 });
    const survivor = await pool.run(TELL_PID);
    assert.notEqual(survivor, pid);
    assert.deepEqual(await childrenOf(process.pid), [survivor]);
    assert.deepEqual(pool.deaths(), []);
  });

  it('kills a process whose job takes too much CPU time, and does the next job', ON_LINUX, async () => {
    await using pool = create({ maxProcesses: 1, maxCpuSeconds: 1 });
    const [burning, next] = [pool.run({ do: 'burn', milliseconds: 60_000 }), pool.run(TELL_PID)];
    await assert.rejects(burning, {
      code: 'decoder-failed',
      detail: /^expected the decoder to use at most 1 s of CPU time; got \d\.\d s$/,
    });
    const survivor = await next;
    assert.deepEqual(await childrenOf(process.pid), [survivor]);
    assert.deepEqual(pool.deaths(), ['time']);
  });

  it('counts the CPU time of a job, not that of earlier jobs', ON_LINUX, async () => {
    await using pool = create({ maxProcesses: 1, maxCpuSeconds: 1 });
    for (let round = 0; round < 4; round++) await pool.run({ do: 'burn', milliseconds: 400 });
  });

  it('reports the CPU time of a job that was answered, also by a failure, and its wait', ON_LINUX, async () => {
    await using pool = create({ maxProcesses: 1 });
    await pool.run({ do: 'spend', milliseconds: 300 });
    await assert.rejects(pool.run({ do: 'throw' }));
    const [waited, spent, , threw, ...others] = pool.events;
    assert.deepEqual(others, []);
    assert.partialDeepStrictEqual(waited, { event: 'place-wait', place: 'decoder', urgency: 'request' });
    assert.partialDeepStrictEqual(threw, { event: 'decoder-done', urgency: 'request' });
    assert.ok(spent?.event === 'decoder-done' && spent.cpuSeconds !== null);
    assert.ok(spent.cpuSeconds >= 0.25, `expected 0.3 s at least, in user mode; got ${spent.cpuSeconds}`);
    assert.ok(spent.elapsedMs >= 250, `expected at least the CPU time; got ${spent.elapsedMs} ms`);
    const least = threw?.event === 'decoder-done' ? threw.cpuSeconds : null;
    assert.ok(least !== null && least < spent.cpuSeconds, `expected less than ${spent.cpuSeconds} s; got ${least}`);
  });

  it('tells how many jobs run and wait, by urgency, and how many processes there are', async () => {
    await using pool = createPool();
    const none = { inspection: 0, request: 0, background: 0 };
    assert.deepEqual(pool.load(), { processes: 0, waiting: none, running: none });
    const [inspected, shown, later] = [hang(), hang(), TELL_PID];
    const fetched = Promise.withResolvers<OnDemandJob>();
    const jobs = [
      pool.run(inspected, { urgency: 'inspection' }),
      pool.run(shown, { urgency: 'request' }),
      pool.run(later, { urgency: 'background' }),
      pool.run({ sizeBytes: 1, fetch: () => fetched.promise }, { urgency: 'background' }),
    ];
    const settled = Promise.allSettled(jobs);
    const [first, second] = [await marked(inspected), await marked(shown)];
    assert.deepEqual(pool.load(), {
      processes: 2,
      waiting: { ...none, background: 2 },
      running: { ...none, inspection: 1, request: 1 },
    });
    signalProcess(first, 'SIGKILL');
    fetched.resolve(TELL_PID);
    await Promise.all([jobs[2], jobs[3]]);
    assert.deepEqual(pool.load(), { processes: 2, waiting: none, running: { ...none, request: 1 } });
    signalProcess(second, 'SIGKILL'); // its job is tried again
    await until(async () => (await marked(shown)) !== second);
    signalProcess(await marked(shown), 'SIGKILL');
    await settled;
    assert.deepEqual(pool.load().running, none);
  });

  it('kills a process that stays busy after its job, and does the next in another', ON_LINUX, async () => {
    await using pool = create({ maxProcesses: 1 });
    const pid = await pool.run({ do: 'burn-afterwards' });
    await until(async () => (await childrenOf(process.pid)).length === 0);
    assert.notEqual(await pool.run(TELL_PID), pid);
    assert.deepEqual(pool.deaths(), ['time']);
  });

  it('replaces a process after its maximum number of jobs', async () => {
    await using pool = create({ maxProcesses: 1, maxJobs: 3 });
    const pids = [];
    for (let round = 0; round < 7; round++) pids.push(await pool.run(TELL_PID));
    const [first, , , second, , , third] = pids;
    assert.deepEqual(pids, [first, first, first, second, second, second, third]);
    assert.equal(new Set(pids).size, 3);
    assert.deepEqual(pool.deaths(), []);
  });

  it('is unavailable, once for each job, if processes do not start', async () => {
    await using pool = create({ childFile: new URL('../limits.ts', import.meta.url) });
    const settled = await Promise.allSettled([TELL_PID, TELL_PID, TELL_PID, TELL_PID, TELL_PID].map(pool.run));
    const codes = settled.map((job) => job.status === 'rejected' && job.reason.code);
    assert.deepEqual(
      codes,
      Array.from({ length: 5 }, () => 'unavailable'),
    );
    assert.ok(pool.deaths().length >= 5);
    assert.deepEqual(new Set(pool.deaths()), new Set(['start']));
  });

  it('leaves no process after disposal, and is unavailable to running, waiting and new jobs', async () => {
    const pool = create({ maxProcesses: 1 });
    const job = hang();
    const [running, waiting] = [pool.run(job), pool.run(TELL_PID)];
    const outcomes = Promise.allSettled([running, waiting]);
    await marked(job);
    await pool[Symbol.asyncDispose]();
    assert.deepEqual(await childrenOf(process.pid), []);
    for (const outcome of await outcomes) {
      assert.ok(outcome.status === 'rejected');
      assert.equal(outcome.reason.code, 'unavailable');
    }
    assert.deepEqual(
      pool.events.filter(({ event }) => event !== 'place-wait'),
      [],
    );
    await assert.rejects(pool.run(TELL_PID), { code: 'unavailable' });
  });

  it('runs every thread of its processes below the service’s priority', ON_LINUX, async () => {
    await using pool = create();
    const path = join(folder, 'small.png');
    await sharp({ create: { width: 8, height: 8, channels: 3, background: 'red' } }).toFile(path);
    await pool.run({ do: 'load', path }); // so that the decoding threads have started
    const threads = await readdir(`/proc/${await pool.run(TELL_PID)}/task`);
    assert.ok(threads.length > 4, 'expected the threads that decode too');
    for (const thread of threads) assert.ok(getPriority(Number(thread)) > getPriority(), `thread ${thread}`);
  });

  it('lowers threads that had begun before', ON_LINUX, async () => {
    const child = spawn(process.execPath, ['-e', 'console.log("started"); setInterval(() => {}, 1e9)']);
    try {
      await once(child.stdout, 'data');
      const { pid = 0 } = child;
      const priorities = async () =>
        (await readdir(`/proc/${pid}/task`)).map((thread) => getPriority(Number(thread)) - getPriority());
      assert.ok((await priorities()).every((lower) => lower === 0));
      lowerEveryThread(pid);
      assert.ok((await priorities()).every((lower) => lower > 0));
    } finally {
      child.kill('SIGKILL');
    }
  });

  it('hides the service’s environment from its processes', async () => {
    process.env['PRETEND_SECRET'] = 'hush';
    await using pool = create();
    const names = Object.keys(Object(await pool.run({ do: 'tell-environment' })));
    delete process.env['PRETEND_SECRET'];
    assert.ok(names.includes('VIPS_BLOCK_UNTRUSTED'));
    assert.ok(!names.includes('PRETEND_SECRET') && !names.includes('PATH'), names.join());
  });

  it('loads the accepted types and no other', async () => {
    await using pool = create();
    const image = sharp({ create: { width: 8, height: 8, channels: 3, background: 'red' } });
    for (const [format, expected] of [
      ['png', 'png'],
      ['jpeg', 'jpeg'],
      ['tiff', 'tiff'],
    ] as const) {
      const path = join(folder, `image.${format}`);
      await image.clone().toFormat(format).toFile(path);
      assert.equal(await pool.run({ do: 'load', path }), expected);
    }
    const path = join(folder, 'image.svg');
    await writeFile(path, '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"/>');
    assert.equal((await sharp(path).metadata()).format, 'svg');
    assert.equal(await pool.run({ do: 'load', path }), 'refused');
  });

  /** The process of the job, once it hangs. */
  async function marked(job: { marker: string }): Promise<number> {
    let text = '';
    await until(async () => {
      text = await readFile(job.marker, 'utf8').catch(() => '');
      return text !== '';
    });
    return Number(text);
  }
});
