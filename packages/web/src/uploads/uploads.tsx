import { Choosers } from './choosers.tsx';
import { DropZone } from './drop-zone.tsx';
import type { Found } from './found-files.ts';
import { Tray } from './tray.tsx';
import { useLeaveWarning } from './use-leave-warning.ts';
import { usePaste } from './use-paste.ts';
import { useUploadQueue } from './use-upload-queue.ts';

/** Takes files, however they come, and shows what becomes of them. Rendered once, whatever the page shows. */
export function Uploads() {
  const queue = useUploadQueue();
  const add = (found: Found): void => void queue?.add(found);
  usePaste(add);
  useLeaveWarning(() => queue?.wouldLose() ?? false);
  return (
    <>
      <Choosers onFound={add} />
      <DropZone onFound={add} />
      {queue && <Tray queue={queue} />}
    </>
  );
}
