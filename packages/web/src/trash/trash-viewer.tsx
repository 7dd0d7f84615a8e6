import { RotateCcw, Trash2 } from 'lucide-react';
import { useViewer } from '../viewer/use-viewer.ts';
import type { OpenViewerProps } from '../viewer/viewer.tsx';
import { ViewerFrame } from '../viewer/viewer-frame.tsx';
import { useTrashActions } from './trash-actions.ts';
import { useTrashedSlides } from './use-trashed-slides.ts';

/** A picture in the trash, with its neighbours there. */
export function TrashViewer(props: OpenViewerProps) {
  const { restore, deleteForever } = useTrashActions();
  const viewer = useViewer(props, useTrashedSlides());
  return (
    <ViewerFrame
      viewer={viewer}
      actions={[
        { icon: RotateCcw, label: 'Restore', key: 'r', isMain: true, run: () => viewer.leaveBy(restore) },
        { icon: Trash2, label: 'Delete forever', key: 'Delete', run: () => viewer.leaveBy(deleteForever) },
      ]}
    />
  );
}
