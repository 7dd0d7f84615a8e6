import { join } from 'node:path';
import { answers } from './answers.ts';
import { freePort } from './free-port.ts';
import { isInstalled } from './installed.ts';
import type { Programs } from './programs.ts';
import type { SqsEndpoint } from './sqs-endpoint.ts';
import { startInFolder } from './start-in-folder.ts';
import { TEST_ACCOUNT } from './test-account.ts';

export interface FauxqsServer extends AsyncDisposable {
  readonly sqs: SqsEndpoint;
  /** Moves the clock of all its queues. */
  pass(seconds: number): Promise<void>;
  /** The folder of its files; after it has stopped, empty or with its logs. */
  readonly folder: string;
  /** Keeps the logs if the caller's work failed or the program crashed, and returns the folder. */
  stop(outcome: 'passed' | 'failed'): Promise<string | undefined>;
}

/** Half a second on an idle machine; this allows for a busy one. */
const DEADLINE_MS = 60_000;

const REMEDY = 'apt-get install util-linux';

/** The reason to skip, or false; in CI a missing fauxqs is a failure. */
export const NO_FAUXQS =
  isInstalled('setpriv') || process.env['CI']
    ? false
    : `SQS is not tested without fauxqs (missing: setpriv): ${REMEDY}`;

/** SQS's API on a free loopback port, with queues in memory. Any number may run concurrently. */
export async function startFauxqs({ deadlineMs = DEADLINE_MS } = {}): Promise<FauxqsServer> {
  if (!isInstalled('setpriv')) throw new Error(`expected fauxqs; missing: setpriv: ${REMEDY}`);
  const { started: url, folder, stop } = await startInFolder({ name: 'Fauxqs', deadlineMs, start: startProgram });
  return {
    sqs: { ...TEST_ACCOUNT, url },
    async pass(seconds) {
      const answer = await fetch(`${url}/pass/${seconds}`, { method: 'POST' });
      if (!answer.ok)
        throw new Error(`expected fauxqs to move its clock; got ${answer.status}: ${await answer.text()}`);
    },
    folder,
    stop,
    async [Symbol.asyncDispose]() {
      await stop('passed');
    },
  };
}

async function startProgram(programs: Programs): Promise<string> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  programs.start([process.execPath, join(import.meta.dirname, 'fauxqs-program.ts'), `${port}`]);
  await programs.until(() => answers(`${url}/health`));
  return url;
}
