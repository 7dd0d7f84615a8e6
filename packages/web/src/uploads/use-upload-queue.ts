import { useEffect, useRef, useState } from 'react';
import { useLibrary } from '../library/source.tsx';
import { useSession } from '../session/session.tsx';
import { showToast } from '../ui/toast.tsx';
import { createUploadQueue, type UploadQueue } from './upload-queue.ts';
import { createUploadQueues } from './upload-queues.ts';

export interface OpenQueue {
  readonly queue: UploadQueue;
  /** Whether files would be lost with the page. */
  readonly wouldLose: () => boolean;
}

/** A gate hasn't decided yet: there is nothing to show. */
const BEING_CHECKED = 'Uploaded, and being checked. Pictures appear once that is done.';

/** The queue of the user who uploads. What it uploads appears among the pictures that are shown. */
export function useUploadQueue(): OpenQueue | undefined {
  const { uploadClient, callerKind, ownUser, info, beforeSignOut } = useSession();
  const library = useLibrary();
  const latest = useRef({ uploadClient, library });
  latest.current = { uploadClient, library };
  const maxBytes = info.limits.max_upload_bytes;
  const [queues] = useState(() =>
    createUploadQueues({
      prefix: `gallery ${callerKind} `,
      create: (_, name) =>
        createUploadQueue({
          client: latest.current.uploadClient,
          name,
          maxBytes,
          onReady: (image, run) => {
            if (image.status === 'held') showToast({ text: BEING_CHECKED });
            else latest.current.library.arrive(image, run);
          },
        }),
      onLeave: (user) => showToast({ text: `The uploads for \u2068${user}\u2069 go on.` }),
    }),
  );
  const [queue, setQueue] = useState<UploadQueue>();
  useEffect(() => () => void queues.close(), [queues]);
  useEffect(() => beforeSignOut(queues), [beforeSignOut, queues]);
  useEffect(() => setQueue(queues.choose(ownUser)), [queues, ownUser]);
  return queue && { queue, wouldLose: queues.wouldLose };
}
