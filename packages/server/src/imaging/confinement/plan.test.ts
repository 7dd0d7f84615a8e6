import assert from 'node:assert/strict';
import { mkdtempDisposable, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { skipWithout } from '../../../../../test/servers/installed.ts';
import type { Confinement } from '../imaging.ts';
import { startDecodeProcess } from '../processes/decode-process.ts';
import { childrenOf } from '../processes/process-list.fixture.ts';
import { innermost } from '../processes/process-usage.ts';
import { planOf } from './plan.ts';

const ON_LINUX = { skip: process.platform !== 'linux' && 'decoders are confined on Linux only' };

/** linux/landlock.h. */
const [EXECUTE, WRITE_FILE, READ_FILE, READ_DIR, TRUNCATE] = [1, 2, 4, 8, 1 << 14];
/** linux/capability.h. */
const CAP_DAC_READ_SEARCH = 2;

describe('the plan of a decoder', ON_LINUX, () => {
  const folder = { inputs: '/job/inputs', outputs: '/job/outputs', root: '/job/root' };
  const plan = planOf({ levels: ['landlock'], folder, environment: {}, readable: ['/more'] })?.confinement;
  const rights = new Map(plan?.rules);

  it('lets it read inputs, and write outputs that exist', () => {
    assert.equal(rights.get(folder.inputs), READ_FILE | READ_DIR);
    assert.equal(rights.get('/more'), READ_FILE | READ_DIR);
    assert.equal(rights.get(folder.outputs), WRITE_FILE | TRUNCATE);
    const written = [...rights].filter(([, right]) => (right & (WRITE_FILE | TRUNCATE)) !== 0).map(([path]) => path);
    assert.deepEqual(written, ['/dev/null', folder.outputs]);
  });

  it('lets it execute Node and the dynamic linker only', () => {
    const executed = [...rights].filter(([, right]) => (right & EXECUTE) !== 0).map(([path]) => path);
    assert.ok(executed.includes(process.execPath));
    for (const path of executed) assert.ok(path === process.execPath || /\/ld-[^/]*$/.test(path), path);
  });

  it('limits memory, the size of a file, core dumps and threads by namespaces too, without the calls of the kernel', () => {
    const { run = [] } = planOf({ levels: ['namespaces'], folder, environment: {} })?.namespaces ?? {};
    const limits = run.find((argument) => argument.startsWith('--as='));
    assert.match(limits ?? '', /^--as=4294967296 --fsize=134217728 --core=0 --nproc=\d+$/);
  });

  it('keeps the one capability to read the files of other users', () => {
    assert.deepEqual(plan?.keptCapabilities, [CAP_DAC_READ_SEARCH]);
  });
});

describe('a decoder', ON_LINUX, () => {
  const THREADS = 1_024;
  /** Others may start threads between the plan and the test. */
  const MEANWHILE = 4_096;

  const LEVELS: readonly (readonly [Confinement, string | false])[] = [
    ['landlock', false],
    ['namespaces', skipWithout('unshare', 'mount', 'setpriv')],
  ];
  for (const [level, skip] of LEVELS)
    it(`has few capabilities by ${level}, and limits: memory, the size of a file, threads, and no core dump`, {
      skip,
    }, async () => {
      await using folder = await mkdtempDisposable(join(tmpdir(), 'plan-'));
      const decoder = startDecodeProcess({
        childFile: new URL('../processes/lying-child.fixture.ts', import.meta.url),
        timeoutSeconds: 20,
        maxMemoryBytes: Number.POSITIVE_INFINITY,
        maxRestingBytes: Number.POSITIVE_INFINITY,
        confinement: {
          levels: [level],
          folder: folder.path,
          terms: {
            maxMemoryBytes: () => Number.POSITIVE_INFINITY,
            inputsOf: () => [],
            outputsOf: () => [],
            placed: (job: unknown) => job,
            parse: (value) => value,
            isMade: () => false,
          },
        },
      });
      await decoder.ready;
      const [child = 0] = await childrenOf(process.pid);
      const own = `/proc/${innermost(child)}`;
      const [limits, status, load] = await Promise.all(
        [`${own}/limits`, `${own}/status`, '/proc/loadavg'].map((file) => readFile(file, 'utf8')),
      );
      decoder.kill();
      await decoder.exited;
      const capabilities = BigInt(`0x${/^CapEff:\s*(\w+)$/m.exec(status ?? '')?.[1]}`); // of root; others have none
      assert.equal(capabilities & ~(1n << BigInt(CAP_DAC_READ_SEARCH)), 0n);
      /** The hard limit, in the second column of numbers (proc_pid_limits(5)). */
      const hard = (name: string) => Number(new RegExp(`^Max ${name} +\\S+ +(\\S+)`, 'm').exec(limits ?? '')?.[1]);
      assert.ok(hard('address space') <= 4 * 2 ** 30);
      assert.ok(hard('file size') <= 128 * 2 ** 20);
      assert.equal(hard('core file size'), 0);
      const running = Number(/\/(\d+) /.exec(load ?? '')?.[1]);
      assert.ok(hard('processes') <= running + THREADS + MEANWHILE);
    });
});
