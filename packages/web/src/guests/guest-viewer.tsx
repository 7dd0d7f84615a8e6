import { Download } from 'lucide-react';
import { useState } from 'react';
import { showToast } from '../ui/toast.tsx';
import { useViewer } from '../viewer/use-viewer.ts';
import type { OpenViewerProps } from '../viewer/viewer.tsx';
import { type ViewerAction, ViewerFrame } from '../viewer/viewer-frame.tsx';
import { GuestDownload } from './guest-download.tsx';
import type { Files } from './guest-source.ts';
import { useGuestSource } from './guest-source-context.ts';
import { savePicture } from './save-picture.ts';
import { useGuestSlides } from './use-guest-slides.ts';

/** A picture of a link, with its neighbours in the album. */
export function GuestViewer(props: OpenViewerProps) {
  const source = useGuestSource();
  const viewer = useViewer(props, useGuestSlides());
  const [isAsking, setIsAsking] = useState(false);
  const [givesFiles] = useState(source.givesFiles); // the keys of a viewer stay the same while it is open
  const picture = viewer.shown?.picture;
  const files = picture && source.filesOf(picture.image_id);
  const save = async (file: keyof Files): Promise<void> => {
    setIsAsking(false);
    if (!picture) return;
    showToast({ text: 'The download begins in a moment.' });
    const problem = await savePicture(source, picture.image_id, file);
    if (problem !== undefined) showToast({ text: problem });
  };
  const download: ViewerAction = {
    icon: Download,
    label: 'Download',
    key: 'd',
    ...(files?.original_url && { opensDialog: true }),
    run: () => (files?.original_url ? setIsAsking(true) : void save('download_url')),
  };
  return (
    <ViewerFrame viewer={viewer} actions={givesFiles ? [download] : []}>
      {isAsking && picture && (
        <GuestDownload picture={picture} onSave={(file) => void save(file)} onClose={() => setIsAsking(false)} />
      )}
    </ViewerFrame>
  );
}
