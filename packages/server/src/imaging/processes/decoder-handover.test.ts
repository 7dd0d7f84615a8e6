import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createDecodeProcesses } from './decode-processes.ts';
import type { JobTerms } from './job-files.ts';
import type { OnDemandJob } from './on-demand-child.fixture.ts';
import { childrenOf, until } from './process-list.fixture.ts';

type MakeJob = OnDemandJob & { readonly do: 'make' };

/** libuv's default. */
const POOL_THREADS = 4;

describe('a decoder with an output', () => {
  let folder: string;
  let files = 0;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'handover-'));
    await writeFile(join(folder, 'input'), 'pixels');
  });
  after(() => rm(folder, { recursive: true }));
  const path = () => join(folder, `${files++}`);
  const jobTo = (output: string, tally = path()): MakeJob => ({ do: 'make', output, tally });

  const terms = (): JobTerms<MakeJob, unknown> => ({
    maxMemoryBytes: () => Number.POSITIVE_INFINITY,
    inputsOf: () => [join(folder, 'input')],
    outputsOf: ({ output }) => [output],
    placed: (job, _inputAt, outputAt) => ({ ...job, output: outputAt(0) }),
    parse: (value) => value,
    isMade: () => true,
  });

  const create = () => {
    const pool = createDecodeProcesses<MakeJob, unknown>({
      childFile: new URL('on-demand-child.fixture.ts', import.meta.url),
      maxProcesses: 1,
      maxWaiting: { inspection: 20, request: 20, background: 20 },
      maxWaitSeconds: 60,
      timeoutSeconds: 60,
      maxMemoryBytes: Number.POSITIVE_INFINITY,
      maxRestingBytes: Number.POSITIVE_INFINITY,
      idleSeconds: 60,
      confinement: { levels: ['unconfined'], folder: join(folder, 'decoders'), terms: terms() },
    });
    return { ...pool, run: (job: MakeJob) => pool.run(job, { urgency: 'request' }) };
  };

  it('does its next job, and small outputs are written, while every thread of the pool waits for the disk', {
    skip: process.platform === 'win32' && 'Windows has no named pipes in folders',
  }, async () => {
    await using pool = create();
    await pool.run(jobTo(path())); // it has its outputs now
    const pipes = Array.from({ length: POOL_THREADS }, path);
    for (const pipe of pipes) execFileSync('mkfifo', [pipe]);
    const stuck = pipes.map((pipe) => open(pipe, 'r')); // each occupies a thread until the pipe has a writer
    const [tally, outputs] = [path(), [path(), path()]];
    const settled: unknown[] = [];
    const jobs = Promise.all(outputs.map(async (output) => settled.push(await pool.run(jobTo(output, tally)))));
    try {
      await until(async () => settled.length === outputs.length);
      assert.equal(tallied(tally), outputs.length);
    } finally {
      for (const pipe of pipes) execFileSync('sh', ['-c', ': > "$0"', pipe]);
      for (const handle of await Promise.all(stuck)) await handle.close();
    }
    await jobs;
    for (const output of outputs) assert.equal(await readFile(output, 'utf8'), 'made');
  });

  it('is kept if that can’t be written, and the file at its path too', async () => {
    await using pool = create();
    await pool.run(jobTo(path()));
    const [decoder] = await childrenOf(process.pid);
    const taken = path();
    await writeFile(taken, 'something else');
    await assert.rejects(pool.run(jobTo(taken)), { code: 'unavailable' });
    assert.equal(await readFile(taken, 'utf8'), 'something else');
    const free = path();
    await pool.run(jobTo(free));
    assert.equal(await readFile(free, 'utf8'), 'made');
    assert.deepEqual(await childrenOf(process.pid), [decoder]);
  });

  /** Not by the thread pool. */
  function tallied(tally: string): number {
    try {
      return readFileSync(tally, 'utf8').length;
    } catch {
      return 0;
    }
  }
});
