import { Download, Info, Share2, Trash2 } from 'lucide-react';
import { useRef, useState } from 'react';
import { useSession } from '../session/session.tsx';
import { useTrash } from '../trash/use-trash.ts';
import { Details } from './details.tsx';
import { DownloadDialog } from './download-dialog.tsx';
import { ShareDialog } from './share-dialog.tsx';
import { usePhotoSlides } from './use-photo-slides.ts';
import { useViewer } from './use-viewer.ts';
import type { OpenViewerProps } from './viewer.tsx';
import { type ViewerAction, ViewerFrame } from './viewer-frame.tsx';

/** A picture that isn't in the trash. */
export function PhotoViewer(props: OpenViewerProps) {
  const { info, mayChange, mayOpenOriginals } = useSession();
  const { trash } = useTrash();
  const viewer = useViewer(props, usePhotoSlides());
  const picture = viewer.shown?.picture;
  const details = useRef<HTMLButtonElement>(null);
  const [dialog, setDialog] = useState<'share' | 'download'>();
  const [hasDetails, setHasDetails] = useState(false);
  const closeDialog = (): void => setDialog(undefined);
  const closeDetails = (): void => {
    if (document.activeElement?.closest('aside')) details.current?.focus();
    setHasDetails(false);
  };
  const share: ViewerAction = {
    icon: Share2,
    label: 'Share',
    key: 's',
    opensDialog: true,
    run: () => setDialog('share'),
  };
  const toTrash: ViewerAction = {
    icon: Trash2,
    label: info.trash_days === 0 ? 'Delete' : 'Move to trash',
    key: 'Delete',
    run: () => viewer.leaveBy(trash),
  };
  const download: ViewerAction = {
    icon: Download,
    label: 'Download',
    key: 'd',
    opensDialog: true,
    run: () => setDialog('download'),
  };
  const actions: readonly ViewerAction[] = [
    ...(mayChange ? [share] : []),
    ...(mayOpenOriginals ? [download] : []),
    {
      icon: Info,
      label: 'Details',
      key: 'i',
      ref: details,
      isExpanded: hasDetails,
      run: () => (hasDetails ? closeDetails() : setHasDetails(true)),
    },
    ...(mayChange ? [toTrash] : []),
  ];
  return (
    <ViewerFrame
      viewer={viewer}
      actions={actions}
      details={hasDetails && picture ? <Details picture={picture} onClose={closeDetails} /> : undefined}
      onEscape={hasDetails ? closeDetails : undefined}
    >
      {dialog === 'share' && picture && <ShareDialog picture={picture} onClose={closeDialog} />}
      {dialog === 'download' && picture && <DownloadDialog picture={picture} onClose={closeDialog} />}
    </ViewerFrame>
  );
}
