import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

export const REPOSITORY = join(import.meta.dirname, '../../../..');
const TOOLS = join(REPOSITORY, 'test/contract-tools');
/** The programs that use the generated clients. */
export const CLIENTS = join(TOOLS, 'clients');

/** The reason to skip, or false; in CI missing packages fail. */
export const NO_CONTRACT_TOOLS =
  existsSync(join(TOOLS, 'node_modules')) || process.env['CI']
    ? false
    : 'generators of clients are not tested without their packages: npm ci --prefix test/contract-tools';

const PROGRAMS = {
  redocly: '@redocly/cli/bin/cli.js',
  'openapi-typescript': 'openapi-typescript/bin/cli.js',
  'hey-api': '@hey-api/openapi-ts/bin/run.js',
  orval: 'orval/dist/bin/orval.mjs',
  tsc5: 'typescript/bin/tsc',
} as const;

/** No tool may report to its maker. */
const PRIVATE = { REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true', DO_NOT_TRACK: '1' };

/** Runs a program of contract-tools. Fails with the program's output. */
export const runTool = (name: keyof typeof PROGRAMS, args: readonly string[], folder: string): Promise<void> =>
  runProgram(join(TOOLS, 'node_modules', PROGRAMS[name]), args, folder);

/** Compiles a folder with the TypeScript of this repository. */
export const runTsc = (args: readonly string[], folder: string): Promise<void> =>
  runProgram(join(REPOSITORY, 'node_modules/typescript/bin/tsc'), args, folder);

async function runProgram(path: string, args: readonly string[], folder: string): Promise<void> {
  const env = { ...process.env, ...PRIVATE };
  await promisify(execFile)(process.execPath, [path, ...args], { cwd: folder, env }).catch((error: unknown) => {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`${path} failed:\n${stdout}${stderr}`, { cause: error });
  });
}

/** Packages that the programs import. */
export const PACKAGES = join(TOOLS, 'node_modules');
