import { explain, explainPause, type SafelightCode, type SafelightError, type UploadItem } from '@safelight/client';
import { isActive, type QueueState } from './upload-queue.ts';

/** Files that failed for one reason. */
export interface Problem {
  /** The key of the problem, which stays while there are files with this reason. */
  readonly key: string;
  /** The reason, for people. */
  readonly words: string;
  readonly files: readonly { readonly id: string; readonly name: string }[];
  readonly canRetry: boolean;
}

export interface TraySummary {
  readonly done: number;
  /** All that aren't forgotten: done, to do, and failed. */
  readonly total: number;
  /** 0 to 1, of all bytes that are to be sent. */
  readonly progress: number;
  readonly active: readonly UploadItem[];
  readonly problems: readonly Problem[];
  /** Files that failed. */
  readonly failed: number;
  /** Files that weren't sent, because their bytes are there. */
  readonly there: number;
  /** Uploads whose files a reload has lost. */
  readonly lost: readonly UploadItem[];
  /** Why nothing moves, for people: when it begins, since it is said once. */
  readonly pause: string | undefined;
  /** Files that are being looked at, or uploads that aren't over. */
  readonly isBusy: boolean;
}

/** No further attempt can succeed with these bytes. */
const FINAL: ReadonlySet<SafelightCode> = new Set<SafelightCode>([
  'unsupported-type',
  'unsupported-body',
  'type-mismatch',
  'unreadable-image',
  'processing-failed',
  'refused-by-gate',
  'empty-upload',
  'upload-too-large',
  'too-many-pixels',
]);

/** The service asks no such host. */
const isRefusedLink = ({ params }: SafelightError): boolean =>
  'reason' in params && (params.reason === 'refused-url' || params.reason === 'refused-host');

export const isFinal = (code: SafelightCode): boolean => FINAL.has(code);

export function summaryOf(state: QueueState): TraySummary {
  const active = state.items.filter(isActive);
  const failed = state.items.filter((item) => item.state === 'failed');
  const lost = state.items.filter((item) => item.state === 'needs-file');
  const failures = failed.length + state.refused.length;
  let [sent, bytes] = [state.doneBytes, state.doneBytes];
  for (const { size, progress } of active) {
    bytes += size;
    sent += size * progress;
  }
  return {
    done: state.done,
    total: state.done + state.reading + active.length + failures + lost.length,
    progress: bytes === 0 ? 0 : sent / bytes,
    active,
    problems: problemsOf([...state.refused.map((one) => ({ ...one, isRefused: true })), ...failed]),
    failed: failures,
    there: state.there.length,
    lost,
    pause: active.length > 0 && state.stalledBy ? explainPause(state.stalledBy, active.length) : undefined,
    isBusy: active.length > 0 || state.reading > 0,
  };
}

interface Failure {
  readonly id: string;
  readonly name: string;
  readonly error: QueueState['refused'][number]['error'];
  /** The client never saw it, so it can't try again. */
  readonly isRefused?: boolean;
}

function problemsOf(failures: readonly Failure[]): readonly Problem[] {
  const groups = Map.groupBy(failures, ({ error, isRefused }) => {
    const canRetry = !isRefused && !isFinal(error.code) && !isRefusedLink(error);
    // The space that is used grows from one refusal to the next.
    const reason = error.code === 'quota-exceeded' ? explain(error).replaceAll(/\d+/g, '') : explain(error);
    return `${canRetry ? 'retry' : 'final'} ${reason}`;
  });
  return [...groups].map(([key, files]) => ({
    key,
    words: explain(files.at(-1)?.error),
    files: files.map(({ id, name }) => ({ id, name })),
    canRetry: key.startsWith('retry'),
  }));
}
