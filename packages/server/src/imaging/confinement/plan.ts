import { randomInt } from 'node:crypto';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { findPackageJSON } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Confinement } from '../imaging.ts';
import { type JobPlaces, MAX_OUTPUT_BYTES } from './job-folder.ts';
import { type InNamespaces, inNamespaces } from './namespaces.ts';
import { seccompFilter } from './seccomp-filter.ts';
import type { Architecture } from './syscalls.ts';

/**
 * The input of `launcher.js`: it tries `confinement`, then `namespaces`, then `otherwise`, and exits if all are null.
 */
export interface Plan {
  /** All options of the decoder. */
  readonly environment: Readonly<Record<string, string>>;
  /** The service's process id; its death ends the decoder. null if a namespace hides it. */
  readonly parent: number | null;
  readonly confinement: KernelConfinement | null;
  readonly namespaces: InNamespaces | null;
  /** The name of the level if the decoder runs without any of these. */
  readonly otherwise: Confinement | null;
}

interface KernelConfinement {
  readonly level: Confinement;
  /** Paths and their Landlock rights; null: files are confined otherwise. */
  readonly rules: readonly Rule[] | null;
  /** A BPF program, base64. */
  readonly filter: string;
  /** The decimal address at which the launcher puts the one file name that may be executed. */
  readonly execveFrom: string;
  readonly limits: readonly (readonly [resource: number, value: number])[];
  readonly keptCapabilities: readonly number[];
}

export type Rule = readonly [path: string, rights: number];

export interface PlanOptions {
  /** In order of preference; an empty list would start nothing. */
  readonly levels: readonly Confinement[];
  readonly folder: JobPlaces;
  readonly environment: Readonly<Record<string, string>>;
  /** Files and folders that this decoder reads in addition to what every decoder needs. */
  readonly readable?: readonly string[];
}

/** linux/landlock.h. */
const EXECUTE = 1 << 0;
const WRITE_FILE = 1 << 1;
const READ_FILE = 1 << 2;
const READ_DIR = 1 << 3;
const TRUNCATE = 1 << 14;

const TO_READ = READ_FILE | READ_DIR;
const TO_EXECUTE = EXECUTE | READ_FILE;
const TO_WRITE = WRITE_FILE | TRUNCATE;

const GIGABYTE = 2 ** 30;
/** The limit of address space; Node alone reserves 1.3 GB. */
const MAX_ADDRESS_BYTES = 4 * GIGABYTE;
/** The kernel counts all threads of the user, so the limit is the machine's current count plus these. */
const MAX_MORE_THREADS = 1_024;

/** As root: keeps the capability to read other users' files, which Landlock then narrows. All others are dropped. */
const CAP_DAC_READ_SEARCH = 2;

/** asm-generic/resource.h. */
const RLIMIT_FSIZE = 1;
const RLIMIT_CORE = 4;
const RLIMIT_NPROC = 6;
const RLIMIT_AS = 9;

const IMAGING = fileURLToPath(new URL('..', import.meta.url));
const DOMAIN = fileURLToPath(new URL('../../domain', import.meta.url));
export const LAUNCHER = fileURLToPath(new URL('launcher.js', import.meta.url));

/** Null if no level is available: the decoder is then started unconfined. */
export function planOf({ levels, folder, environment, readable = [] }: PlanOptions): Plan | null {
  if (process.platform !== 'linux' || !existsSync(LAUNCHER))
    return levels.includes('unconfined') ? null : { ...NOTHING, environment };
  const base = [...readByAll(), ...readable].map((path): Rule => [path, TO_READ]);
  const files: readonly Rule[] = [
    ...base,
    ...executables().map((path): Rule => [path, TO_EXECUTE]),
    [NULL_DEVICE, READ_FILE | WRITE_FILE],
    [folder.inputs, TO_READ],
    [folder.outputs, TO_WRITE],
  ];
  return {
    environment,
    parent: process.pid,
    confinement: levels.includes('landlock') ? byKernel('landlock', files) : null,
    namespaces: levels.includes('namespaces') ? namespacesOf(files, { folder, environment }) : null,
    otherwise: levels.includes('unconfined') ? 'unconfined' : null,
  };
}

const NOTHING: Omit<Plan, 'environment'> = { parent: null, confinement: null, namespaces: null, otherwise: null };

function byKernel(level: Confinement, rules: readonly Rule[] | null): KernelConfinement | null {
  const { arch } = process;
  if (arch !== 'x64' && arch !== 'arm64') return null;
  const execveFrom = someAddress(arch);
  return {
    level,
    rules,
    filter: seccompFilter({ architecture: arch, execveFrom }).toString('base64'),
    execveFrom: String(execveFrom),
    limits: [
      [RLIMIT_AS, MAX_ADDRESS_BYTES],
      [RLIMIT_FSIZE, MAX_OUTPUT_BYTES],
      [RLIMIT_CORE, 0],
      [RLIMIT_NPROC, maxThreads()],
    ],
    keptCapabilities: [CAP_DAC_READ_SEARCH],
  };
}

/** Inside, the namespace decides which files exist; seccomp still denies the rest, if koffi is installed. */
function namespacesOf(
  files: readonly Rule[],
  { folder, environment }: Pick<PlanOptions, 'folder' | 'environment'>,
): InNamespaces {
  const plan: Plan = {
    environment,
    parent: null,
    confinement: byKernel('namespaces', null),
    namespaces: null,
    otherwise: 'namespaces',
  };
  return inNamespaces({
    root: folder.root,
    readable: [...files.map(([path]) => path), ...packageFolders('koffi')].filter((path) => path !== folder.outputs),
    writable: folder.outputs,
    limits: { as: MAX_ADDRESS_BYTES, fsize: MAX_OUTPUT_BYTES, core: 0, nproc: maxThreads() },
    command: [process.execPath, LAUNCHER, JSON.stringify(plan)],
  });
}

/** A random address above the lowest terabyte, within the address space of every processor. */
function someAddress(architecture: Architecture): bigint {
  const BITS = { x64: 46, arm64: 38 } as const satisfies Record<Architecture, number>;
  const HALF = 2 ** 34;
  const lowest = 2n ** BigInt(BITS[architecture] - 2);
  const above = (BigInt(randomInt(HALF)) << 10n) | BigInt(randomInt(1_024));
  return lowest + (above % (3n * lowest));
}

function maxThreads(): number {
  const now = /\/(\d+) /.exec(textOf('/proc/loadavg'))?.[1] ?? '0';
  return Number(now) + MAX_MORE_THREADS;
}

const NULL_DEVICE = '/dev/null';

/** Decoders load Node's libraries from the same folders as this process; sharp adds one or two of the C library's. */
const readByAll = (): string[] => [
  ...new Set(loadedLibraries().map((path) => dirname(path))),
  '/etc/ld.so.cache',
  '/dev/urandom',
  IMAGING,
  DOMAIN,
  ...packageFiles(),
  ...['sharp', 'thumbhash', 'libheif-js'].flatMap((name) => [...packageFolders(name)]),
];

/** Node looks up the module type of a file. */
const packageFiles = (): string[] => {
  const own = findPackageJSON(import.meta.url);
  return own === undefined ? [] : [own];
};

/** Node, and the dynamic linker, which the kernel executes with it. */
const executables = (): string[] => [
  realpathSync(process.execPath),
  ...loadedLibraries().filter((path) => /\/ld-[^/]*$/.test(path)),
];

/** A library that an update replaced during the run is marked `(deleted)`; decoders get the new one. */
const LIBRARY = / (\/\S+\.so(?:\.[^/\s]*)?)(?: \(deleted\))?$/gm;

const loadedLibraries = (): string[] => [
  ...new Set([...textOf('/proc/self/maps').matchAll(LIBRARY)].map(([, path = '']) => path)),
];

/** The folders of a package and its dependencies; none if it isn't installed. */
export function packageFolders(name: string, from: string = import.meta.url, found = new Set<string>()): Set<string> {
  const file = packageFile(name, from);
  if (file === undefined || found.has(dirname(file))) return found;
  found.add(dirname(file));
  const { dependencies = {}, optionalDependencies = {} } = JSON.parse(readFileSync(file, 'utf8'));
  for (const needed of Object.keys({ ...dependencies, ...optionalDependencies })) packageFolders(needed, file, found);
  return found;
}

function packageFile(name: string, from: string): string | undefined {
  try {
    const file = findPackageJSON(name, from);
    return file && realpathSync(file);
  } catch {
    return undefined; // optional, and not for this machine
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
