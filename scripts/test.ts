// `npm test`: the tests that show that a change is sound. With CI=true those of CI too. CONTRIBUTING.md has the
// options.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { missing } from '../test/servers/aws-commands/compare.ts';
import { faultsOf, seenIn, writeSeen } from '../test/servers/aws-commands/gather.ts';
import { filesForSecondRun } from './second-run.ts';
import { testOptions } from './test-options.ts';
import { TEST_TIERS } from './test-tiers.ts';

const { CI } = process.env;
const { tiers, files, repeats, isWholeCi, forNode } = testOptions(process.argv.slice(2), process.env);

/**
 * The limit of a test that hangs. The longest, a fault matrix of a store, takes a minute and a half on two quiet cores.
 */
const TIMEOUT_MS = 10 * 60_000 * Math.max(1, repeats);

/** Files at once: many wait for a browser, a store or a timeout a third of their time, while another uses the core. */
const AT_ONCE = availableParallelism() + 1;

/** Every file is a process of its own: compiled code that they share is half of the CPU time of a short one. */
const NODE_COMPILE_CACHE = join(import.meta.dirname, '../node_modules/.cache/compiled-tests');

const TIMES = mkdtempSync(join(tmpdir(), 'safelight-test-times-'));
const TEST_CPU_TIMES = join(TIMES, 'cpu.jsonl');
writeFileSync(TEST_CPU_TIMES, '');
const AWS_COMMANDS_SEEN = join(TIMES, 'aws-commands');
mkdirSync(AWS_COMMANDS_SEEN);
/** What `npm run pack` makes: the first file that needs it packs, the others copy. */
const PACKS_OF_RUN = join(TIMES, 'packs');

/** Where a run's report notes the files of its failed tests, one on each line. */
const FAILED = join(TIMES, 'failed');

let running: ChildProcess | undefined;
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => running?.kill(signal));

/** Runs these files. Returns the exit code, and the failed files below the repository. */
async function run(of: readonly string[], { atOnce, times }: { readonly atOnce: number; readonly times: string }) {
  writeFileSync(FAILED, '');
  running = spawn(
    process.execPath,
    [
      '--conditions=safelight-source', // packages are tested from their source, not as built
      '--import=./scripts/test-process.ts',
      '--import=./test/servers/aws-commands/record.ts',
      '--test',
      '--test-global-setup=./test/servers/for-a-run.ts',
      '--test-reporter=./scripts/test-report.ts',
      '--test-reporter-destination=stdout',
      `--test-concurrency=${atOnce}`,
      `--test-timeout=${TIMEOUT_MS}`,
      // A test that hung keeps its process alive, which would keep the run from its end. By hand a leak shows as a run
      // that doesn't end.
      ...(CI ? ['--test-force-exit'] : []),
      ...(repeats === 1 ? [] : ['--import=./packages/server/test/chance/property-runs.ts']),
      ...forNode,
      ...of,
    ],
    {
      stdio: 'inherit',
      env: {
        NODE_COMPILE_CACHE,
        ...process.env,
        TEST_CPU_TIMES: times,
        TEST_FAILED_FILES: FAILED,
        AWS_COMMANDS_SEEN,
        PACKS_OF_RUN,
        AWS_COMMANDS_RECORDER: join(import.meta.dirname, '../test/servers/aws-commands/record.ts'),
        ...(repeats !== 1 && { REPEATS: `${repeats}` }),
        ...(tiers && { [TEST_TIERS]: tiers.join(',') }),
      },
    },
  );
  const [code] = (await once(running, 'exit')) as [number | null];
  return { code: code ?? 1, failed: readFileSync(FAILED, 'utf8').split('\n').slice(0, -1) };
}

const first = await run(files, { atOnce: AT_ONCE, times: TEST_CPU_TIMES });
let { code } = first;
const again = CI && repeats === 1 && code !== 0 ? filesForSecondRun(first.failed) : [];
if (again.length > 0) {
  console.log(`\nA second run, one file at a time, of what failed: ${again.join(', ')}\n`);
  ({ code } = await run(again, { atOnce: 1, times: '' }));
  const said = code === 0 ? 'Failed once, then passed. Look for the cause, the failure is above' : 'Failed twice';
  console.log(`\n${said}: ${again.join(', ')}`);
}
const isSound = judgeCommands();
rmSync(TIMES, { recursive: true, force: true });
process.exit(code || (isSound ? 0 : 1));

/** Compares the AWS commands that the tests sent with those that are known and permitted (deploy/aws/commands.json). */
function judgeCommands(): boolean {
  const seen = seenIn(AWS_COMMANDS_SEEN);
  // The file has what CI saw. The long tier may send more, if it is permitted.
  const faults = tiers?.includes('long') ? missing(seen) : faultsOf(seen);
  if (isWholeCi) writeSeen(seen);
  for (const line of faults) console.error(`AWS command, ${line}`);
  if (faults.length > 0) console.error('CONTRIBUTING.md, "AWS commands", says what to do.');
  return faults.length === 0;
}
