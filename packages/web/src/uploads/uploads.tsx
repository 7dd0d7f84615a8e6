import { useSession } from '../session/session.tsx';
import { showToast } from '../ui/toast.tsx';
import { Choosers } from './choosers.tsx';
import { DropZone } from './drop-zone.tsx';
import type { Found } from './found-files.ts';
import { MAX_LINKS } from './pasted-links.ts';
import { Tray } from './tray.tsx';
import { useLeaveWarning } from './use-leave-warning.ts';
import { usePaste } from './use-paste.ts';
import { type OpenQueue, useUploadQueue } from './use-upload-queue.ts';

/** Takes files, however they come, and shows what becomes of them. Rendered once, whatever the page shows. */
export function Uploads() {
  const open = useUploadQueue();
  return open && <UploadsInto {...open} />;
}

function UploadsInto({ queue, wouldLose, latest }: OpenQueue) {
  const add = (found: Found): void => void queue.add(found);
  const { ingest = false } = useSession().info;
  const addLinks = (urls: readonly string[]): void => {
    if (urls.length <= MAX_LINKS) queue.addLinks(urls);
    else showToast({ text: `At most ${MAX_LINKS} links can be pasted at once.` });
  };
  usePaste(add, ingest ? addLinks : undefined);
  useLeaveWarning(wouldLose);
  return (
    <>
      <Choosers onFound={add} />
      <DropZone onFound={add} />
      <Tray queue={queue} latest={latest} />
    </>
  );
}
