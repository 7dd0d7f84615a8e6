import assert from 'node:assert/strict';
import { mkdir, mkdtempDisposable, readFile, realpath } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DECISIVE_CALLS, lostAt } from '../faults/power-cut.ts';
import { type RunningService, startService } from './running-service.ts';
import { readSystemCalls, type SystemCall, tracing } from './system-calls.ts';

/** `npm start` under a tracer, in a temporary folder without a data folder. */
export interface TracedService extends AsyncDisposable {
  readonly running: RunningService;
  readonly dataDir: string;
  /** The calls so far, including the first that `isIt` accepts, which is waited for: the tracer may lag. */
  callsUntil(isIt: (call: SystemCall) => boolean): Promise<{ calls: SystemCall[]; found: SystemCall }>;
  /** Sends a request that must succeed, or get the given status. */
  request(url: string, init: RequestInit, status?: number): Promise<Acknowledged>;
  /** The losses of a power cut at this line, without files that aren't needed. */
  lost(calls: readonly SystemCall[], line: number): string[];
}

/** An acknowledgement, and the calls until then. */
export interface Acknowledged {
  readonly body: Answer;
  /** Since the service was started. */
  readonly calls: readonly SystemCall[];
  /** From the request to its answer. */
  readonly during: readonly SystemCall[];
  /** The line at which the answer was passed to the system. */
  readonly answered: number;
}

/** The fields of all answers that are read. */
export interface Answer {
  readonly image_id: string;
  readonly upload_url: string;
  readonly headers: Record<string, string>;
  readonly fields: Record<string, string>;
  readonly s3_key: string;
}

/** Staged files, SQLite's index of the WAL, and the folder's lock: they are made anew by each start. */
const TRANSIENT = /\/(objects\/tmp(\/.*)?|decoders(\/.*)?|safelight\.db-shm|lock|lock-journal)$/;

/** `folders` of the data folder exist before the service. */
export async function startTraced({
  folders = [],
  environment: own = {},
}: {
  readonly folders?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
} = {}): Promise<TracedService> {
  await using stack = new AsyncDisposableStack();
  const root = stack.use(await mkdtempDisposable(join(await realpath(tmpdir()), 'safelight-'))); // as the tracer shows it
  const dataDir = join(root.path, 'made', 'for', 'it');
  for (const folder of folders) await mkdir(join(dataDir, folder), { recursive: true });
  const trace = join(root.path, 'trace');
  const environment = { DATA_DIR: dataDir, LOG_LEVEL: 'silent', ...own };
  const running = stack.use(await startService(environment, root.path, tracing(trace, DECISIVE_CALLS)));
  const held = stack.move();

  const callsUntil: TracedService['callsUntil'] = async (isIt) => {
    for (;;) {
      const calls = readSystemCalls(await readFile(trace, 'utf8'));
      const found = calls.find(isIt);
      if (found) return { calls, found };
    }
  };

  return {
    running,
    dataDir,
    callsUntil,
    async request(url, init, status) {
      const sent = (await readFile(trace, 'utf8')).split('\n').length - 1;
      const response = await fetch(url, init);
      const text = await response.text();
      assert.ok(status === undefined ? response.ok : response.status === status, text);
      const id = response.headers.get('x-request-id') ?? '';
      const { calls, found } = await callsUntil(
        ({ strings: [written = ''] }) => written.startsWith(`HTTP/1.1 ${response.status}`) && written.includes(id),
      );
      const during = calls.filter(({ began }) => began >= sent && began < found.began);
      return { body: response.ok && text ? JSON.parse(text) : {}, calls, during, answered: found.began };
    },
    lost: (calls, line) => lostAt(calls, line).filter((loss) => loss.includes(dirname(trace)) && !TRANSIENT.test(loss)),
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}
