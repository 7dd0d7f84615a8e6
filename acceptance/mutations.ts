import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { connect, json } from './api.ts';
import type { Breakage } from './breakages/breakage.ts';
import { KINDS, type Setup } from './breakages/kinds.ts';
import { CLOSED } from './closed.ts';
import { LIMITED } from './limited.ts';
import type { Topic } from './suite.ts';

/**
 * Tests the suite: breaks a copy of the server in one way after another, runs the suite against each, and fails if one
 * passes. Two run at a time, which leaves room for the decoders.
 */
const AT_ONCE = Math.max(1, Math.min(2, availableParallelism()));
const LONGEST_RUN_MS = 120_000;

const ROOT = join(import.meta.dirname, '..');
/** The files that the server and the suite read at run time. */
const COPIED = ['package.json', 'openapi.json', 'docs', 'packages', 'acceptance'];

interface Copy extends AsyncDisposable {
  readonly folder: string;
}

async function copyTree(from: string): Promise<Copy> {
  const folder = await mkdtemp(join(tmpdir(), 'safelight-broken-'));
  for (const name of COPIED) await cp(join(from, name), join(folder, name), { recursive: true });
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  return { folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
}

/** The settings of the service under test. With API keys the suite has a key that acts for everyone. */
const SETTINGS: Readonly<Record<Setup, Record<string, string>>> = {
  open: { USAGE: 'on' },
  closed: { ...CLOSED, USAGE: 'on' },
  limited: LIMITED,
};

interface Run {
  readonly setup: Setup;
  /** Tried before all others; with rate limits, instead of all others. */
  readonly topics: readonly Topic[];
}

/** The first failing case of these topics, or of all, against the service of that tree; undefined if all pass. */
async function firstFailure(folder: string, { topics, setup }: Run): Promise<string | undefined> {
  const module: string = join(folder, 'packages/server/test/services/running-service.ts');
  const { startService } = (await import(
    module
  )) as typeof import('../packages/server/test/services/running-service.ts');
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
  const chosen = topics.flatMap((topic) => ['--topic', topic]);
  const acceptance = join(whole.folder, 'acceptance');
  const reporter = `--test-reporter=${pathToFileURL(join(acceptance, 'failing-cases.ts'))}`;
  const program = [...process.execArgv, reporter, join(acceptance, 'run.ts')];
  const suite = spawn(process.execPath, [...program, ...target, ...chosen], {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: LONGEST_RUN_MS,
    killSignal: 'SIGKILL',
  });
  let [output, errors] = ['', ''];
  suite.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  suite.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    if (output.includes('\n')) suite.kill('SIGKILL');
  });
  const [exitCode, signal] = await once(suite, 'close');
  const [first = ''] = output.split('\n');
  if (first !== '') return first;
  if (exitCode === 0) return undefined;
  return signal === null
    ? `none: the suite did not get to its cases. ${/\w*Error: .*/.exec(errors)?.[0]}`
    : 'it never ended';
}

/** Applies the breakage, or returns why it no longer applies. */
async function breakIn(folder: string, { file, search, replace }: Breakage): Promise<string | undefined> {
  const path = join(folder, 'packages/server/src', file);
  const source = await readFile(path, 'utf8');
  const places = source.split(search).length - 1;
  if (places !== 1) return `expected the text once in ${file}; found it ${places} times`;
  await writeFile(
    path,
    source.replace(search, () => replace),
  );
  return undefined;
}

/** A sentence for the report, and whether the suite detected the breakage. */
async function judge(breakage: Breakage, run: Run): Promise<{ isCaught: boolean; sentence: string }> {
  await using copy = await copyTree(whole.folder);
  const stale = await breakIn(copy.folder, breakage);
  if (stale) return { isCaught: false, sentence: `NOT TRIED ${breakage.name}\n          ${stale}` };
  try {
    const caughtBy = await firstFailure(copy.folder, run);
    return caughtBy === undefined
      ? { isCaught: false, sentence: `SURVIVED  ${breakage.name}\n          ${breakage.file}: ${breakage.replace}` }
      : { isCaught: true, sentence: `caught    ${breakage.name}\n          by: ${caughtBy}` };
  } catch (error) {
    // A server that doesn't start proves nothing about the suite.
    return { isCaught: false, sentence: `NO START  ${breakage.name}\n          ${String(error).slice(0, 300)}` };
  }
}

/** Copied at the start, so that edits meanwhile have no effect. */
await using whole = await copyTree(ROOT);
const { values } = parseArgs({ options: { only: { type: 'string' } } });
const chosen = KINDS.flatMap(({ breakages, setup = 'open', topics }) =>
  breakages.map((breakage) => ({ setup, topics, breakage })),
).filter(({ topics, breakage: { name, file } }) => `${topics.join(' ')} ${file}: ${name}`.includes(values.only ?? ''));

for (const setup of new Set(chosen.map((one) => one.setup))) {
  const failure = await firstFailure(whole.folder, { setup, topics: setup === 'limited' ? ['rate-limits'] : [] });
  if (failure !== undefined)
    throw new Error(`expected the suite to pass on the unbroken server; it fails at: ${failure}`);
}

const queue = chosen.values();
let caught = 0;
const work = async (): Promise<void> => {
  for (const { breakage, ...run } of queue) {
    const { isCaught, sentence } = await judge(breakage, run);
    console.log(sentence);
    if (isCaught) caught += 1;
  }
};
await Promise.all(Array.from({ length: AT_ONCE }, work));
console.log(`\n${caught} of ${chosen.length} breakages caught`);
process.exitCode = caught === chosen.length ? 0 : 1;
