import { Socket } from 'node:net';
import { CONFINEMENTS, MAX_SENT_BYTES, type Reply, systemCodeOf } from './decode-reply.ts';
import { readLines } from './lines.ts';

/** A preset's recipes take some hundred bytes each. */
const MAX_JOB_BYTES = 1_048_576;

/** Sends an output with the answer; false: there are too many bytes, so it belongs into its file. */
export type SendOutput = (index: number, bytes: Uint8Array) => boolean;

/**
 * The child's side of `startDecodeProcess`, on its standard streams: one job after the other, until the parent ends.
 */
export function serveJobs<Job>(handle: (job: Job, send: SendOutput) => Promise<unknown>): void {
  const [jobs, replies] = [new Socket({ fd: 0, writable: false }), new Socket({ fd: 1, readable: false })];
  const say = (reply: Reply): void => {
    replies.write(`${JSON.stringify(reply)}\n`);
  };
  for (const stream of [jobs, replies]) stream.on('error', end).on('close', end);
  // A Ctrl-C or a stop of the whole group reaches children too; the service must drain its jobs first, and then ends
  // them itself.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {});

  const serve = async (line: string) => {
    const sent: Uint8Array[] = [];
    const sizes: (number | null)[] = [];
    let left = MAX_SENT_BYTES;
    const send: SendOutput = (index, bytes) => {
      if (bytes.length > left) return false;
      while (sizes.length <= index) sizes.push(null);
      sizes[index] = bytes.length;
      sent.push(bytes);
      left -= bytes.length;
      return true;
    };
    say({ kind: 'started' });
    try {
      const result = await handle(JSON.parse(line) as Job, send); // the service's own message
      say({ kind: 'done', result, sizes });
      for (const bytes of sent) replies.write(bytes);
    } catch (error) {
      say({ kind: 'failed', systemCode: systemCodeOf(error), message: String(error) });
    }
  };
  readLines(jobs, { maxBytes: MAX_JOB_BYTES, onLine: (line) => void serve(line), onTooLong: end });
  const [level, reason = ''] = process.argv.slice(2); // the launcher's; absent: unconfined
  say({ kind: 'ready', confinement: CONFINEMENTS.find((one) => one === level) ?? 'unconfined', reason });
}

/**
 * `process.exit` would wait for the thread of a hung decode. If signals are denied, the process can only crash itself.
 */
function end(): void {
  try {
    process.kill(process.pid, 'SIGKILL');
  } catch {}
  process.abort();
}
