import { createRequire } from 'node:module';
import { answers } from './answers.ts';
import type { DynamoEndpoint } from './dynamo-endpoint.ts';
import { freePort } from './free-port.ts';
import { isInstalled } from './installed.ts';
import { type NoScans, startNoScans } from './no-scans.ts';
import type { Programs } from './programs.ts';
import { startInFolder } from './start-in-folder.ts';
import { TEST_ACCOUNT } from './test-account.ts';

export interface DynoxideServer extends AsyncDisposable {
  readonly dynamo: DynamoEndpoint;
  /** The folder of its files; after it has stopped, empty or with its logs. */
  readonly folder: string;
  /** Refused scans. Stopping the server returns them; disposing of it throws if there are any. */
  readonly refusedScans: readonly string[];
  /** Keeps the logs if the caller's work failed or the program crashed, and returns the folder. */
  stop(outcome: 'passed' | 'failed'): Promise<string | undefined>;
}

/** A tenth of a second on an idle machine; this allows for a busy one. */
const DEADLINE_MS = 60_000;

const PACKAGE = '@dynoxide/linux-x64';

function findProgram(): string | undefined {
  try {
    return createRequire(import.meta.url).resolve(`${PACKAGE}/dynoxide`);
  } catch {
    return undefined;
  }
}

const PROGRAM = findProgram();
const MISSING = [...(PROGRAM ? [] : [PACKAGE]), ...(isInstalled('setpriv') ? [] : ['setpriv'])];
const REMEDY = 'on Linux x64, npm ci --include=optional; apt-get install util-linux';

/** The reason to skip, or false; in CI a missing dynoxide is a failure. */
export const NO_DYNOXIDE =
  MISSING.length === 0 || process.env['CI']
    ? false
    : `DynamoDB is not tested without dynoxide (missing: ${MISSING.join(', ')}): ${REMEDY}`;

export interface DynoxideOptions {
  readonly deadlineMs?: number;
  /** Initial tables, in the form of Amazon's export to a bucket. */
  readonly exported?: { readonly folder: string; readonly schema: string };
}

/** DynamoDB's API on a free loopback port, with tables in memory. Any number may run concurrently. */
export async function startDynoxide(options: DynoxideOptions = {}): Promise<DynoxideServer> {
  const { deadlineMs = DEADLINE_MS, exported } = options;
  const program = PROGRAM;
  if (program === undefined || MISSING.length > 0) {
    throw new Error(`expected dynoxide; missing: ${MISSING.join(', ')}: ${REMEDY}`);
  }
  const { started, folder, stop } = await startInFolder({
    name: 'Dynoxide',
    deadlineMs,
    start: (programs) => startBehindFront(programs, exported ? [program, ...importing(exported)] : [program]),
  });
  const { directUrl, front } = started;
  const stopAll = async (outcome: 'passed' | 'failed') => {
    await front[Symbol.asyncDispose]();
    return stop(outcome);
  };
  return {
    dynamo: { ...TEST_ACCOUNT, url: front.url, directUrl },
    folder,
    refusedScans: front.refused,
    stop: stopAll,
    async [Symbol.asyncDispose]() {
      await stopAll('passed');
      if (front.refused.length > 0) throw new Error(`nothing may scan; got ${front.refused.join(', ')}`);
    },
  };
}

const importing = ({ folder, schema }: NonNullable<DynoxideOptions['exported']>): string[] => [
  'import',
  '--source',
  folder,
  '--schema',
  schema,
  '--serve',
];

async function startBehindFront(
  programs: Programs,
  command: readonly string[],
): Promise<{ directUrl: string; front: NoScans }> {
  const port = await freePort();
  const directUrl = `http://127.0.0.1:${port}`;
  programs.start([...command, '--host', '127.0.0.1', '--port', `${port}`]);
  await programs.until(() => answers(directUrl));
  return { directUrl, front: await startNoScans(directUrl) };
}
