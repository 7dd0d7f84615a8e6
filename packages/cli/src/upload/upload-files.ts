import { type Description, formatName, SafelightError } from '@safelight/client';
import { type Batch, type Ending, runBatch, type Tally } from '../batch.ts';
import { type Found, nameOf } from '../files/walk.ts';
import type { Invocation } from '../invocation.ts';
import { counted } from '../output/amounts.ts';
import { shown } from '../output/terminal-text.ts';

export type FoundFile = Extract<Found, { kind: 'file' }>;

export interface UploadRun<File extends FoundFile> {
  readonly invocation: Invocation;
  readonly found: AsyncIterable<Exclude<Found, FoundFile> | File>;
  /** How many are found, and their bytes if they are known: for a progress bar, beside the work. */
  readonly measure: (signal: AbortSignal) => Promise<{ readonly files: number; readonly bytes?: number }>;
  readonly concurrency: number;
  readonly verb: string;
  /** Sends one file unless it was sent before. */
  readonly send: (file: File, work: FileWork) => Promise<Ending>;
  readonly sendStdin?: (work: FileWork) => Promise<Ending>;
}

export interface FileWork {
  readonly signal: AbortSignal;
  /** The file's bytes that have left, in all. */
  readonly onBytes: (bytes: number) => void;
  /** Those of them that an earlier run has sent. */
  readonly onFound: (bytes: number) => void;
}

/** Sends what `send` decides of what was found, and reports everything else. */
export async function uploadFiles<File extends FoundFile>({
  invocation,
  found: items,
  measure,
  concurrency,
  verb,
  send,
  sendStdin,
}: UploadRun<File>): Promise<Tally> {
  const { output, progress, interruption, connection } = invocation;
  const state = {
    done: 0,
    sentBytes: 0,
    foundBytes: 0,
    total: undefined as number | undefined,
    totalBytes: undefined as number | undefined,
  };
  const flying = new Map<Found, number>();
  using _shown = progress.follow(() => ({
    verb,
    done: state.done,
    total: state.total,
    bytes: state.sentBytes + [...flying.values()].reduce((sum, bytes) => sum + bytes, 0),
    foundBytes: state.foundBytes,
    totalBytes: state.totalBytes,
  }));
  using measuring = abortsWhenDisposed();
  if (progress.isShown)
    void measure(measuring.signal).then(
      ({ files, bytes }) => Object.assign(state, { total: files, totalBytes: bytes }),
      () => undefined, // the walk itself reports what can't be read
    );

  const act: Batch<Exclude<Found, FoundFile> | File>['act'] = async (found, signal) => {
    const work: FileWork = {
      signal,
      onBytes: (bytes) => void flying.set(found, bytes),
      onFound(bytes) {
        state.foundBytes += bytes;
      },
    };
    try {
      switch (found.kind) {
        case 'failed':
          throw found.failure;
        case 'skipped':
          return skip(invocation, found.path, found.reason);
        case 'stdin':
          return (await sendStdin?.(work)) ?? 'skipped';
        case 'file':
          return await send(found, work).catch((error: unknown) => {
            const reason = found.isNamed ? undefined : reasonToSkip(error);
            if (reason === undefined) throw error;
            return skip(invocation, found.path, reason);
          });
      }
    } finally {
      state.done += 1;
      state.sentBytes += flying.get(found) ?? 0;
      flying.delete(found);
    }
  };
  const about = (found: Found) => ({ name: pathOf(found), fields: { path: pathOf(found) } });
  return await runBatch({ items, concurrency, signal: interruption.signal, output, connection, about, act });
}

/** Reports a file that was left out on purpose. */
export function skip({ output }: Invocation, path: string, reason: string): Ending {
  output.answer({ event: 'skipped', path, reason });
  output.say(`${shown(path)}: skipped: ${reason}`);
  return 'skipped';
}

/** In a folder other files are expected. One that was named should be an image. */
function reasonToSkip(error: unknown): string | undefined {
  if (!(error instanceof SafelightError)) return undefined;
  if (error.code === 'empty-upload') return 'empty';
  if (error.code !== 'unsupported-type' || error.status !== undefined) return undefined;
  const { got } = error.params;
  return got?.startsWith('image/')
    ? `${formatName(got)}, which this service doesn't accept: export it as JPEG`
    : 'not an image';
}

const pathOf = (found: Found): string => (found.kind === 'stdin' ? '-' : found.path);

function abortsWhenDisposed(): Disposable & { readonly signal: AbortSignal } {
  const ending = new AbortController();
  return { signal: ending.signal, [Symbol.dispose]: () => ending.abort() };
}

/** The last words of an upload or a sync: on stderr for people, and one more line of JSON. */
export function summarize(
  { output }: Invocation,
  tally: Tally,
  words: { readonly done: string; readonly present: string },
): void {
  const { done, present, skipped, failed, isStopped } = tally;
  output.answer({ event: 'summary', uploaded: done, present, skipped, failed, interrupted: isStopped });
  const parts = [
    `${counted(done, 'image')} ${words.done}`,
    present > 0 ? `${present} ${words.present}` : undefined,
    skipped > 0 ? `${skipped} skipped` : undefined,
    failed > 0 ? `${failed} failed` : undefined,
  ];
  output.say(`${parts.filter((part) => part !== undefined).join(', ')}.`);
  if (isStopped) output.say('Stopped before the end. To continue, run the same command again: nothing is sent twice.');
}

/** The file's name as the service takes it: without control characters, which it refuses. */
export const describedAs = (path: string, description: Description): Description => ({
  ...description,
  filename: description.filename ?? cleanName(nameOf(path)),
});

const cleanName = (name: string): string =>
  name.replace(/[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu, '_').slice(0, 255);
