import { createHash } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { isInstalled } from './installed.ts';
import { createPrograms } from './programs.ts';
import { startInFolder } from './start-in-folder.ts';

export interface ClamdServer extends AsyncDisposable {
  /** For GATE_CLAMD. */
  readonly address: string;
  /** Ends it at once, like `kill -9`. */
  kill(): Promise<void>;
  /** Starts it again, on the same socket. */
  restart(): Promise<void>;
  /** Adds the signature of `PLANTED` to its database, for its next start. */
  learn(): Promise<void>;
  /** Halts it: connections are accepted, and nothing answers, until it goes on. */
  halt(): void;
  goOn(): void;
}

export interface ClamdOptions {
  /** Lines of clamd.conf, besides where it listens. */
  readonly settings?: readonly string[];
  /** Whether the database knows EICAR, as real ones do. */
  readonly knowsEicar?: boolean;
  /** Whether the database has the signature of `PLANTED` from the start. */
  readonly knowsPlanted?: boolean;
}

/** What the database of the tests finds at any offset of any file. */
export const PLANTED = 'SAFELIGHT-PLANTED-SIGNATURE-7f3a';

/** In parts: as a whole it would make scanners delete this file. */
const EICAR = ['X5O!P%@AP[4\\PZX54(P^)7CC)7}', '$EICAR-STANDARD-', 'ANTIVIRUS-TEST-FILE!', '$H+H*'].join('');

/** Half a second on an idle machine; this allows for a busy one. */
const DEADLINE_MS = 120_000;
const MISSING = ['clamd', 'setpriv'].filter((program) => !isInstalled(program));
const REMEDY = 'apt-get install clamav-daemon util-linux';

/** The reason to skip, or false; in CI a missing clamd is a failure. */
export const NO_CLAMD =
  MISSING.length === 0 || process.env['CI']
    ? false
    : `Virus scans are not tested without ClamAV (missing: ${MISSING.join(', ')}): ${REMEDY}`;

/**
 * ClamAV's daemon on a socket of its own, with signatures of the tests. Each test file starts its own, because tests
 * kill it.
 */
export async function startClamd({
  settings = [],
  knowsEicar = true,
  knowsPlanted = true,
}: ClamdOptions = {}): Promise<ClamdServer> {
  if (MISSING.length > 0) throw new Error(`expected ClamAV; missing: ${MISSING.join(', ')}: ${REMEDY}`);
  const { folder, stop } = await startInFolder({
    name: 'clamd',
    deadlineMs: DEADLINE_MS,
    start: async (_, at) => {
      await mkdir(join(at, 'signatures'));
      if (knowsPlanted) await writePlanted(at);
      const md5 = createHash('md5').update(EICAR).digest('hex');
      if (knowsEicar)
        await writeFile(join(at, 'signatures', 'eicar.hdb'), `${md5}:${EICAR.length}:Eicar-Test-Signature\n`);
      await writeFile(join(at, 'clamd.conf'), `${configuration(at, settings).join('\n')}\n`);
    },
  });
  const socket = join(folder, 'clamd.sock');
  let programs = createPrograms(folder, AbortSignal.timeout(DEADLINE_MS));
  const start = async (): Promise<void> => {
    programs = createPrograms(folder, AbortSignal.timeout(DEADLINE_MS));
    programs.start(['clamd', '--config-file', join(folder, 'clamd.conf')]);
    await programs.until(() => answers(socket));
  };
  const kill = async (): Promise<void> => {
    programs.kill();
    await programs.ended();
    await rm(socket, { force: true });
  };
  await start();
  return {
    address: `unix:${socket}`,
    kill,
    restart: start,
    learn: () => writePlanted(folder),
    halt: () => programs.halt(),
    goOn: () => programs.goOn(),
    async [Symbol.asyncDispose]() {
      await kill();
      await stop('passed');
    },
  };
}

const writePlanted = (folder: string): Promise<void> =>
  writeFile(
    join(folder, 'signatures', 'planted.ndb'),
    `Safelight.Planted:0:*:${Buffer.from(PLANTED).toString('hex')}\n`,
  );

const configuration = (folder: string, settings: readonly string[]): string[] => [
  `LocalSocket ${join(folder, 'clamd.sock')}`,
  `DatabaseDirectory ${join(folder, 'signatures')}`,
  `PidFile ${join(folder, 'clamd.pid')}`,
  `LogFile ${join(folder, 'clamd.log')}`,
  'Foreground yes',
  ...settings,
];

const answers = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(path);
    const end = (isThere: boolean) => () => {
      socket.destroy();
      resolve(isThere);
    };
    socket.once('error', end(false));
    socket.once('close', end(false));
    socket.once('data', end(true));
    socket.once('connect', () => socket.write('zPING\0'));
  });
