import type { SafelightError, UploadItem } from '@safelight/client';
import { isFinal } from '../../uploads/tray-summary.ts';
import type { OwnPicture } from './guest-memory.ts';
import { reasonOf } from './reason-of.ts';

/** A picture of this browser, in the list. */
export interface Contribution {
  readonly id: string;
  readonly name: string;
  readonly preview: Blob | undefined;
  readonly state:
    | { readonly kind: 'waiting' | 'checking' | 'ready' | 'held' | 'needs-file' }
    /** `progress`: 0 to 1; undefined: another tab sends it. */
    | { readonly kind: 'sending'; readonly progress: number | undefined }
    | { readonly kind: 'failed'; readonly words: string; readonly canRetry: boolean };
  /** Until when it can be taken back, in milliseconds since 1970; undefined: it isn't sent. */
  readonly leavesUntil: number | undefined;
}

/** A file that the queue never saw. */
export interface Refusal {
  readonly id: string;
  readonly name: string;
  readonly error: SafelightError;
}

/** For how long its guest may take a picture back. */
const HOUR_MS = 3_600_000;

/** undefined: it isn't in the list. */
export function rowOf(picture: OwnPicture, item: UploadItem | undefined): Contribution | undefined {
  const { id, name, preview, imageId, grantedAt, isLeaving } = picture;
  const state = stateOf(picture, item);
  if (isLeaving || !state) return undefined;
  return { id, name, preview, state, leavesUntil: imageId === undefined ? undefined : grantedAt + HOUR_MS };
}

function stateOf({ state, imageId }: OwnPicture, item: UploadItem | undefined): Contribution['state'] | undefined {
  switch (state) {
    case 'ready':
    case 'held':
      return { kind: state };
    case 'refused':
      return { kind: 'failed', words: 'It was not accepted.', canRetry: false };
    case 'sending':
      if (item) return stateOfItem(item);
      return imageId === undefined ? undefined : { kind: 'sending', progress: undefined };
  }
}

/** The service checks a picture before it answers its last byte. */
const SENT = 0.99;

function stateOfItem(item: UploadItem): Contribution['state'] | undefined {
  switch (item.state) {
    case 'waiting':
    case 'needs-file':
      return { kind: item.state };
    case 'uploading':
      return item.progress >= SENT ? { kind: 'checking' } : { kind: 'sending', progress: item.progress };
    case 'verifying':
    case 'ready': // noted in a moment
      return { kind: 'checking' };
    case 'failed':
      return { kind: 'failed', words: reasonOf(item.error), canRetry: !isFinal(item.error.code) };
    case 'canceled':
      return undefined;
  }
}

export const rowOfRefusal = ({ id, name, error }: Refusal): Contribution => ({
  id,
  name,
  preview: undefined,
  state: { kind: 'failed', words: reasonOf(error), canRetry: false },
  leavesUntil: undefined,
});
