'use client';

import { useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import type { SafelightClient } from '../client.ts';
import type { Image } from '../images/image.ts';
import type { Description } from '../upload/upload.ts';
import { createUploads, type UploadsSnapshot } from './uploads.ts';

export interface UseUploadOptions extends Omit<Description, 'filename'> {
  /** Files sent at the same time. 1 to 16, default 4. Later changes are ignored. */
  readonly concurrency?: number | undefined;
  /** What becomes of running uploads when the component unmounts. Default `cancel`. */
  readonly onUnmount?: 'cancel' | 'continue' | undefined;
}

export interface UseUpload extends UploadsSnapshot {
  /**
   * Uploads these files: one, several, or those of an `<input type="file">`. Resolves with the images that became
   * ready, in the order of their files, and never rejects: `error` and `uploads` say what failed.
   */
  upload(files: Blob | Iterable<Blob> | ArrayLike<Blob> | null | undefined): Promise<readonly Image[]>;
  /** Cancels what waits and what runs. */
  cancel(): void;
}

/**
 * Uploads from a component, by a client that was made once, outside of components. Its functions stay the same between
 * renders.
 */
export function useUpload(client: SafelightClient, options: UseUploadOptions = {}): UseUpload {
  const { onUnmount = 'cancel', concurrency = 4, ...description } = options;
  const [atOnce] = useState(concurrency);
  const uploads = useMemo(() => createUploads(client, atOnce), [client, atOnce]);
  const latest = useRef({ description, onUnmount });
  useEffect(() => {
    latest.current = { description, onUnmount };
  });
  useEffect(
    () => () => {
      if (latest.current.onUnmount === 'cancel') uploads.cancel();
    },
    [uploads],
  );
  const snapshot = useSyncExternalStore(uploads.subscribe, uploads.snapshot, uploads.snapshot);
  const upload = useCallback<UseUpload['upload']>(
    (files) => uploads.add(files instanceof Blob ? [files] : Array.from(files ?? []), latest.current.description),
    [uploads],
  );
  return { ...snapshot, upload, cancel: uploads.cancel };
}
