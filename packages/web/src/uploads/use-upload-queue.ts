import { useEffect, useRef, useState } from 'react';
import { type Position, positionOf } from '../library/position.ts';
import { useLibrary } from '../library/source.tsx';
import { useSession } from '../session/session.tsx';
import { showToast } from '../ui/toast.tsx';
import { canDigest } from './known-files.ts';
import { createUploadQueue, type UploadQueue } from './upload-queue.ts';
import { createUploadQueues } from './upload-queues.ts';

export interface OpenQueue {
  readonly queue: UploadQueue;
  /** Whether files would be lost with the page. */
  readonly wouldLose: () => boolean;
  /** The id of the latest picture of those that were added together last; undefined: there is none. */
  readonly latest: string | undefined;
}

interface Added {
  readonly run: object;
  readonly owner: string;
  readonly id: string;
  readonly at: Position;
}

/** A gate hasn't decided yet: there is nothing to show. */
const BEING_CHECKED = 'Uploaded, and being checked. Pictures appear once that is done.';

/** The queue of the user who uploads. What it uploads appears among the pictures that are shown. */
export function useUploadQueue(): OpenQueue | undefined {
  const { uploadClient, callerKind, user, ownUser, info, mayRead, beforeSignOut } = useSession();
  const library = useLibrary();
  const current = useRef({ uploadClient, library });
  current.current = { uploadClient, library };
  const [added, setAdded] = useState<Added>();
  const maxBytes = info.limits.max_upload_bytes;
  const maySay = info.search && mayRead && callerKind !== 'view-token' && canDigest();
  const [queues] = useState(() =>
    createUploadQueues({
      prefix: `gallery ${callerKind} `,
      create(_, name) {
        const client = current.current.uploadClient;
        return createUploadQueue({
          client,
          name,
          maxBytes,
          askForKnown: maySay ? (sha256) => client.images.known(sha256) : undefined,
          onThere: () => current.current.library.refresh(), // they may have come since it was read
          onReady: (image, run) => {
            if (image.status === 'held') {
              showToast({ text: BEING_CHECKED });
              return;
            }
            const { library } = current.current;
            library.arrive(image);
            const one = { run, owner: image.user_id, id: image.image_id, at: positionOf(image, library.order) };
            setAdded((before) => (before?.run === run && before.at > one.at ? before : one));
          },
        });
      },
      onLeave: (user) => showToast({ text: `The uploads for \u2068${user}\u2069 go on.` }),
    }),
  );
  const [queue, setQueue] = useState<UploadQueue>();
  useEffect(() => () => void queues.close(), [queues]);
  useEffect(() => beforeSignOut(queues), [beforeSignOut, queues]);
  useEffect(() => setQueue(queues.choose(ownUser)), [queues, ownUser]);
  const isSeen = added && (user === undefined || user === added.owner);
  return queue && { queue, wouldLose: queues.wouldLose, latest: isSeen ? added.id : undefined };
}
