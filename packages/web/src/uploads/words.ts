import { explainPause, type UploadItem } from '@safelight/client';
import { numberText } from '../ui/formats.ts';
import type { TraySummary } from './tray-summary.ts';
import type { QueueState, TrayItem } from './upload-queue.ts';

const MB = 1_048_576;

/** "3.4 MB/s". `locale`: absent: the browser's. */
export function createSpeedText(locale?: string): (bytesPerSecond: number) => string {
  const format = new Intl.NumberFormat(locale, {
    style: 'unit',
    unit: 'megabyte-per-second',
    minimumFractionDigits: 1,
    maximumFractionDigits: 1,
  });
  return (bytesPerSecond) => format.format(bytesPerSecond / MB);
}

const speedText = createSpeedText();

export const count = (number: number, one: string, many = `${one}s`): string =>
  `${numberText(number)} ${number === 1 ? one : many}`;

/** `about 20 s left`. Above 20 seconds in steps of 5, so that the words don't flicker. */
export function timeLeft(seconds: number): string {
  if (seconds < 20) return `about ${Math.max(1, Math.ceil(seconds))} s left`;
  if (seconds < 90) return `about ${Math.round(seconds / 5) * 5} s left`;
  if (seconds < 90 * 60) return `about ${Math.round(seconds / 60)} min left`;
  return `about ${Math.round(seconds / 3_600)} h left`;
}

/** `12 of 40`. */
export const progressWords = ({ done, total }: Pick<TraySummary, 'done' | 'total'>): string =>
  `${numberText(done)} of ${numberText(total)}`;

/**
 * The tray's one line: `12 of 40 · 3.4 MB/s · about 20 s left`. `pauseSeconds`: what is left of the pause that the
 * service has asked for.
 */
export function headline(summary: TraySummary, state: QueueState, pauseSeconds?: number): string {
  const { active, isBusy, pause } = summary;
  if (!isBusy) return ending(summary, state);
  const progress = progressWords(summary);
  if (state.isPaused) return `${progress} · Paused`;
  if (pause !== undefined && state.stalledBy) return explainPause(state.stalledBy, active.length, pauseSeconds);
  const { bytesPerSecond, secondsLeft } = state;
  const parts = [
    progress,
    bytesPerSecond >= MB / 20 && speedText(bytesPerSecond),
    secondsLeft !== undefined && timeLeft(secondsLeft),
  ];
  return parts.filter((part) => part !== false).join(' · ');
}

function ending({ done, there, failed, lost }: TraySummary, { skipped }: QueueState): string {
  const missing = failed + lost.length;
  const parts = [
    done > 0 && `${numberText(done)} uploaded`,
    there > 0 && `${numberText(there)} already here`,
    missing > 0 && `${numberText(missing)} not uploaded`,
  ];
  const text = parts.filter((part) => part !== false).join(' · ');
  return text || (skipped > 0 ? 'Nothing uploaded' : 'Uploads');
}

/** The service checks a picture before it answers the last byte. */
export const isSent = ({ progress }: Pick<UploadItem, 'progress'>): boolean => progress >= 0.99;

export function stateWords(item: TrayItem, isPaused: boolean): string {
  const { state, progress } = item;
  switch (state) {
    case 'waiting':
      return isPaused ? 'Paused' : 'Waiting';
    case 'uploading':
      return isSent({ progress }) ? 'Checking' : `${Math.floor(progress * 100)} %`;
    case 'verifying':
      return 'isLink' in item ? 'Fetching' : 'Checking';
    case 'ready':
      return 'Uploaded';
    case 'failed':
      return 'Not uploaded';
    case 'canceled':
      return 'Canceled';
    case 'needs-file':
      return 'Choose the file again';
  }
}
