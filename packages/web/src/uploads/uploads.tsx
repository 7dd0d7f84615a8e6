import { Choosers } from './choosers.tsx';
import { DropZone } from './drop-zone.tsx';
import type { Found } from './found-files.ts';
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
  usePaste(add);
  useLeaveWarning(wouldLose);
  return (
    <>
      <Choosers onFound={add} />
      <DropZone onFound={add} />
      <Tray queue={queue} latest={latest} />
    </>
  );
}
