// `npm test`: the tests that show that a change is sound. With CI=true those of CI too. CONTRIBUTING.md has the options.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { testOptions } from './test-options.ts';
import { TEST_TIERS } from './test-tiers.ts';

const { CI } = process.env;
const { tiers, files, repeats, forNode } = testOptions(process.argv.slice(2), process.env);

/** Of a test that hangs. The longest, a fault matrix of a store, takes a minute and a half on two quiet cores. */
const TIMEOUT_MS = 10 * 60_000 * Math.max(1, repeats);

/** Every file is a process of its own: compiled code that they share is half of the CPU time of a short one. */
const NODE_COMPILE_CACHE = join(import.meta.dirname, '../node_modules/.cache/compiled-tests');

const TIMES = mkdtempSync(join(tmpdir(), 'safelight-test-times-'));
const TEST_CPU_TIMES = join(TIMES, 'cpu.jsonl');
writeFileSync(TEST_CPU_TIMES, '');

const node = spawn(
  process.execPath,
  [
    '--conditions=safelight-source', // packages are tested from their source, not as built
    '--import=./scripts/cpu-time.ts',
    '--test',
    '--test-global-setup=./test-servers/for-a-run.ts',
    '--test-reporter=./scripts/test-report.ts',
    '--test-reporter-destination=stdout',
    `--test-concurrency=${availableParallelism()}`,
    `--test-timeout=${TIMEOUT_MS}`,
    // A test that hung keeps its process alive, which would keep the run from its end. By hand a leak shows as a run that doesn't end.
    ...(CI ? ['--test-force-exit'] : []),
    ...(repeats === 1 ? [] : ['--import=./packages/server/test/chance/property-runs.ts']),
    ...forNode,
    ...files,
  ],
  {
    stdio: 'inherit',
    env: {
      NODE_COMPILE_CACHE,
      ...process.env,
      TEST_CPU_TIMES,
      ...(repeats !== 1 && { REPEATS: `${repeats}` }),
      ...(tiers && { [TEST_TIERS]: tiers.join(',') }),
    },
  },
);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => node.kill(signal));
node.on('exit', (code) => {
  rmSync(TIMES, { recursive: true, force: true });
  process.exit(code ?? 1);
});
