import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

export const ROOT = join(import.meta.dirname, '../..');

export type Permissions = Readonly<Record<string, string>>;

export interface WorkflowStep {
  readonly id?: string;
  readonly run?: string;
  readonly uses?: string;
  readonly with?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
}

interface Job {
  /** The path of another workflow, whose jobs have steps and limits of their own. */
  readonly uses?: string;
  readonly permissions?: Permissions;
  readonly 'timeout-minutes'?: number;
  readonly steps?: readonly WorkflowStep[];
}

export interface Workflow {
  readonly on: string | Readonly<Record<string, unknown>>;
  readonly permissions?: Permissions;
  readonly concurrency?: unknown;
  readonly jobs: Readonly<Record<string, Job>>;
}

/** They run with the rights of the repository on what a stranger wrote. */
const PRIVILEGED_EVENTS = ['pull_request_target', 'workflow_run', 'issue_comment'];

/** An action at a commit, and the tag of that commit. */
const PINNED = /^[\w.-]+(?:\/[\w.-]+)+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/;

export const workflowIn = (text: string): Workflow => parse(text) as Workflow;

/**
 * What breaks a rule of docs/decisions/0072-workflows.md. `writes`: the permissions to write that each job may have.
 */
export function faultsOf(text: string, writes: Readonly<Record<string, readonly string[]>>): readonly string[] {
  const { on, permissions, concurrency, jobs } = workflowIn(text);
  const events = typeof on === 'string' ? [on] : Object.keys(on);
  const steps = Object.values(jobs).flatMap((job) => job.steps ?? []);
  return [
    ...events.filter((event) => PRIVILEGED_EVENTS.includes(event)).map((event) => `the event ${event}`),
    ...(permissions === undefined ? ['no permissions of the workflow'] : []),
    ...writesIn(permissions).map((scope) => `the workflow may write ${scope}`),
    ...(concurrency === undefined ? ['no concurrency group'] : []),
    ...Object.entries(jobs).flatMap(([name, job]) =>
      faultsOfJob(job, writes[name] ?? []).map((fault) => `${name}: ${fault}`),
    ),
    ...[...text.matchAll(/^\s*(?:- )?uses: *(.+)$/gm)].flatMap(([, used = '']) => faultsOfUse(used)),
    ...steps.flatMap(faultsOfStep),
  ];
}

const writesIn = (permissions: Permissions | string = {}): readonly string[] =>
  typeof permissions === 'string'
    ? permissions === 'read-all'
      ? []
      : [permissions]
    : Object.entries(permissions).flatMap(([scope, access]) => (access === 'read' || access === 'none' ? [] : scope));

function faultsOfJob({ uses, permissions, ...job }: Job, writes: readonly string[]): readonly string[] {
  const unexpected = writesIn(permissions).filter((scope) => !writes.includes(scope));
  return [
    ...(permissions === undefined ? ['no permissions'] : []),
    ...unexpected.map((scope) => `may write ${scope}`),
    ...(uses === undefined && job['timeout-minutes'] === undefined ? ['no timeout'] : []),
  ];
}

function faultsOfUse(used: string): readonly string[] {
  if (used.startsWith('./')) return existsSync(join(ROOT, used)) ? [] : [`no file ${used}`];
  return PINNED.test(used) ? [] : [`not pinned by commit, with the tag as a comment: ${used}`];
}

function faultsOfStep({ run, uses, with: inputs }: WorkflowStep): readonly string[] {
  const keepsToken = uses?.startsWith('actions/checkout@') && inputs?.['persist-credentials'] !== false;
  return [
    ...(keepsToken ? ['a checkout that leaves its token in .git'] : []),
    ...(run === undefined ? [] : faultsOfRun(run)),
  ];
}

/**
 * A run is one command: npm ci, a script of npm, or a file of the project. Values come in variables, never in its text.
 */
function faultsOfRun(run: string): readonly string[] {
  if (run.includes('${{')) return [`an expression in the text of a command: ${run}`];
  if (/[;&|<>`\n]|\$\(/.test(run)) return [`more than one command: ${run}`];
  return isKnown(run.split(' ')) ? [] : [`expected npm ci, a script of npm or a file of the project; got ${run}`];
}

function isKnown([program = '', ...args]: readonly string[]): boolean {
  const [command = '', next = ''] = args;
  if (program === 'node')
    return command === 'scripts/node.js' && /^scripts\/[\w-]+\.ts$/.test(next) && existsSync(join(ROOT, next));
  if (program !== 'npm') return /^(?:\.ci|scripts)\//.test(program) && isExecutable(program);
  if (command === 'ci')
    return args.length === 1 || (next === '--prefix' && existsSync(join(ROOT, args[2] ?? '', 'package-lock.json')));
  return command === 'test' || (command === 'run' && SCRIPTS.includes(next));
}

const SCRIPTS = Object.keys(
  (JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { readonly scripts: object }).scripts,
);

function isExecutable(path: string): boolean {
  try {
    accessSync(join(ROOT, path), constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
