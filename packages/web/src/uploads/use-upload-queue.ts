import type { Image } from '@safelight/client';
import { useEffect, useRef, useState } from 'react';
import { useLibrary } from '../library/library-context.tsx';
import { useSession } from '../session/session.tsx';
import { createUploadQueue, type UploadQueue } from './upload-queue.ts';

/** The queue of the user who is here. What it uploads appears among the pictures that are shown. */
export function useUploadQueue(): UploadQueue | undefined {
  const { uploadClient, ownUser, info } = useSession();
  const onReady = usePutIntoLibrary();
  const latest = useRef(onReady);
  latest.current = onReady;
  const maxBytes = info.limits.max_upload_bytes;
  const [queue, setQueue] = useState<UploadQueue>();
  useEffect(() => {
    const created = createUploadQueue({
      client: uploadClient,
      user: ownUser,
      maxBytes,
      onReady: (image) => latest.current(image),
    });
    setQueue(created);
    return () => void created.close();
  }, [uploadClient, ownUser, maxBytes]);
  return queue;
}

function usePutIntoLibrary(): (image: Image) => void {
  const library = useLibrary();
  const { user } = useSession();
  return (image) => {
    if (user === undefined || image.user_id === user) library.put(image);
  };
}
