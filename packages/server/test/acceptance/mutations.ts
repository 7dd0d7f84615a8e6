import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { connect, json } from '../../../../test/acceptance/api.ts';
import type { Topic } from '../../../../test/acceptance/suite.ts';
import { shareServers, TEST_SERVERS_URL } from '../../../../test/servers/shared-servers.ts';
import type { Breakage } from './breakages/breakage.ts';
import { TESTED } from './breakages/by-test/tested.ts';
import { KINDS, type Setup } from './breakages/kinds.ts';
import { createPlaces } from './breakages/places.ts';
import { breakIn, type Copy, copyTree, ROOT } from './broken-copy.ts';
import { ASKS_THIS_MACHINE, CLOSED } from './closed.ts';
import { LIMITED } from './limited.ts';
import { type Outcome, runTests } from './run-tests.ts';
import type { Verdict } from './verdicts.ts';

/**
 * Tests the suite and test files: breaks a copy of the repository in one way after another, runs against each what must
 * notice it, and fails if nothing does. Two run at a time, which leaves room for the decoders.
 */
const AT_ONCE = Math.max(1, Math.min(2, availableParallelism()));
const LONGEST_RUN_MS = 120_000;
/** How much longer than unbroken a test file may take. */
const LONGER = 4;

/** The settings of the service under test. With API keys the suite has a key that acts for everyone. */
const SETTINGS: Readonly<Record<Setup, Record<string, string>>> = {
  open: { USAGE: 'on', EVENTS: 'on', ...ASKS_THIS_MACHINE },
  closed: { ...CLOSED, USAGE: 'on', EVENTS: 'on', ...ASKS_THIS_MACHINE },
  limited: LIMITED,
};

interface SuiteRun {
  readonly setup: Setup;
  /** Tried before all others; with rate limits, instead of all others. */
  readonly topics: readonly Topic[];
}

/** How a breakage is to be detected: by the suite against a service, or by a test file. */
type Run = SuiteRun | { readonly test: string };

interface Judgement {
  readonly word: 'caught' | 'SURVIVED' | 'NOT TRIED' | 'NO START';
  readonly reason: string;
}

const { values } = parseArgs({
  options: { only: { type: 'string', default: '' }, from: { type: 'string', default: '1' }, shard: { type: 'string' } },
});
const [shard = 1, shards = 1] = (values.shard ?? '1/1').split('/').map(Number);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
/** Copied at the start, so that edits meanwhile have no effect. */
await using whole = await copyTree(ROOT);
const places = createPlaces(whole.folder);
const ALL: readonly { readonly breakage: Breakage; readonly run: Run }[] = [
  ...KINDS.flatMap(({ breakages, setup = 'open', topics }) =>
    breakages.map((breakage) => ({ breakage, run: { setup, topics } })),
  ),
  ...TESTED.map((breakage) => ({ breakage, run: { test: breakage.test } })),
];
/** Undefined if the breakage no longer applies. */
const fileOf = ({ place }: Breakage): string | undefined => {
  try {
    return places(place).file;
  } catch {
    return undefined;
  }
};
const chosen = ALL.map((one, index) => ({ ...one, number: index + 1 })).filter(({ number, run, breakage }) => {
  const by = 'test' in run ? `by-test ${run.test}` : `by-suite ${run.topics.join(' ')}`;
  const isNamed = `${by} ${fileOf(breakage)} ${breakage.place}: ${breakage.name}`.includes(values.only);
  return isNamed && number >= Number(values.from) && number % shards === shard % shards;
});

/** The first failing case of these topics, or of all, against the service of that tree; undefined if all pass. */
async function firstFailure({ folder }: Copy, { topics, setup }: SuiteRun): Promise<string | undefined> {
  const module: string = join(folder, 'packages/server/test/services/running-service.ts');
  const { startService } = (await import(module)) as typeof import('../services/running-service.ts');
  await using service = await startService(SETTINGS[setup]);
  const target = ['--base', service.origin];
  if (setup !== 'open') {
    const admin = (await readFile(join(service.folder, 'data/admin-key'), 'utf8')).trim();
    target.push('--admin-token', admin, '--token', await keyForEveryone(service.origin, admin));
  }
  const first = topics.length > 0 ? await firstFailureAt(target, topics) : undefined;
  return first ?? (setup === 'limited' ? undefined : await firstFailureAt(target));
}

async function keyForEveryone(origin: string, admin: string): Promise<string> {
  const { ask } = await connect(origin, { token: admin });
  const terms = { name: 'mutations', acts_as: ['*'], scopes: ['images:read', 'images:write'] };
  return (await ask<{ key: string }>('/keys', json(terms))).key;
}

async function firstFailureAt(target: readonly string[], topics: readonly Topic[] = []): Promise<string | undefined> {
  const { verdicts, exitCode, hasTimedOut, error } = await runTests({
    command: ['test/acceptance/run.ts', ...target, ...topics.flatMap((topic) => ['--topic', topic])],
    cwd: whole.folder,
    longestMs: LONGEST_RUN_MS,
    isEnough: ({ verdict }) => verdict === 'failed',
  });
  const failed = verdicts.find(({ verdict }) => verdict === 'failed');
  if (failed) return failed.name;
  if (exitCode === 0) return undefined;
  return hasTimedOut ? 'it never ended' : `none: the suite did not get to its cases. ${error}`;
}

/** A failing hook proves nothing: it may fail before any test. */
const isFailedTest = ({ verdict, isSuite, isOfHook }: Verdict): boolean =>
  verdict === 'failed' && !isSuite && !isOfHook;

/** As `npm test -- FILE` does. The servers of all runs are the same. */
async function runTestFile({ folder }: Copy, test: string, longestMs: number, untilFailed: boolean): Promise<Outcome> {
  const temporary = await mkdtemp(join(tmpdir(), 'safelight-tests-'));
  try {
    return await runTests({
      command: [test],
      cwd: folder,
      environment: { [TEST_SERVERS_URL]: servers?.url ?? '', TMPDIR: temporary },
      longestMs,
      isEnough: (verdict) => untilFailed && isFailedTest(verdict),
    });
  } finally {
    // Processes that were killed a moment ago may still write.
    await rm(temporary, { recursive: true, force: true, maxRetries: 10 });
  }
}

interface Unbroken {
  /** Why nothing can be tested with this file. */
  readonly problem: string | undefined;
  readonly longestMs: number;
}

const unbroken = new Map<string, Promise<Unbroken>>();

/** What a test file does without a breakage; it runs once. */
function unbrokenRun(test: string): Promise<Unbroken> {
  const known = unbroken.get(test);
  if (known) return known;
  const run = (async (): Promise<Unbroken> => {
    const start = performance.now();
    const { verdicts, exitCode, error } = await runTestFile(whole, test, 10 * LONGEST_RUN_MS, false);
    const longestMs = Math.max(LONGEST_RUN_MS, LONGER * (performance.now() - start));
    const failed = verdicts.find(({ verdict }) => verdict === 'failed');
    if (failed || exitCode !== 0)
      return { problem: `without it too ${test} fails: ${failed?.name ?? error}`, longestMs };
    const hasPassed = verdicts.some(({ verdict, isSuite }) => verdict === 'passed' && !isSuite);
    return { problem: hasPassed ? undefined : `${test} has no test that runs here. ${skippedOf(verdicts)}`, longestMs };
  })();
  unbroken.set(test, run);
  return run;
}

const skippedOf = (verdicts: Outcome['verdicts']): string =>
  verdicts.flatMap(({ verdict, name }) => (verdict === 'skipped' ? [`Skipped: ${name}`] : [])).join('; ');

async function judgeByTest(copy: Copy, test: string, { place, replacement }: Breakage): Promise<Judgement> {
  const { problem, longestMs } = await unbrokenRun(test);
  if (problem) return { word: 'NOT TRIED', reason: problem };
  const { verdicts, exitCode, hasTimedOut, error } = await runTestFile(copy, test, longestMs, true);
  const failed = verdicts.find(isFailedTest);
  if (failed) return { word: 'caught', reason: `by: ${test}: ${failed.name}` };
  if (hasTimedOut) return { word: 'caught', reason: `by: ${test}: it never ended` };
  const hook = verdicts.find(({ verdict }) => verdict === 'failed');
  if (hook) return { word: 'NO START', reason: `${test}: a hook of "${hook.name}" fails, and no test` };
  return exitCode === 0
    ? { word: 'SURVIVED', reason: `${place}: ${replacement}\n          ${test} passes. ${skippedOf(verdicts)}` }
    : { word: 'NO START', reason: `${test} did not get to its tests. ${error}` };
}

async function judgeBySuite(copy: Copy, run: SuiteRun, { place, replacement }: Breakage): Promise<Judgement> {
  try {
    const caughtBy = await firstFailure(copy, run);
    return caughtBy === undefined
      ? { word: 'SURVIVED', reason: `${place}: ${replacement}` }
      : { word: 'caught', reason: `by: ${caughtBy}` };
  } catch (error) {
    // A server that doesn't start proves nothing about the suite.
    return { word: 'NO START', reason: String(error).slice(0, 300) };
  }
}

async function judge(copy: Copy, breakage: Breakage, run: Run): Promise<Judgement> {
  let broken: AsyncDisposable;
  try {
    broken = await breakIn(copy, { breakage, place: places(breakage.place), whole });
  } catch (error) {
    return { word: 'NOT TRIED', reason: String(error).slice(0, 300) };
  }
  await using _ = broken;
  return 'test' in run ? await judgeByTest(copy, run.test, breakage) : await judgeBySuite(copy, run, breakage);
}

const servers = chosen.some(({ run }) => 'test' in run) ? await shareServers() : undefined;

for (const setup of new Set(chosen.flatMap(({ run }) => ('setup' in run ? [run.setup] : [])))) {
  const failure = await firstFailure(whole, { setup, topics: setup === 'limited' ? ['rate-limits'] : [] });
  if (failure !== undefined)
    throw new Error(`expected the suite to pass on the unbroken server; it fails at: ${failure}`);
}

const queue = chosen.values();
let caught = 0;
const work = async (): Promise<void> => {
  await using copy = await copyTree(whole.folder);
  for (const { number, breakage, run } of queue) {
    const { word, reason } = await judge(copy, breakage, run);
    console.log(`${word.padEnd(9)} ${number}. ${breakage.name}\n          ${reason}`);
    if (word === 'caught') caught += 1;
  }
};
await Promise.all(Array.from({ length: AT_ONCE }, work));
await servers?.stop('passed');
const seconds = Math.round(process.uptime());
console.log(`\n${caught} of ${chosen.length} breakages caught in ${Math.floor(seconds / 60)} min ${seconds % 60} s`);
process.exitCode = caught === chosen.length ? 0 : 1;
