import { type ComponentType, useEffect, useState } from 'react';
import { go, useRoute, withImage } from '#routes';
import { showToast } from '../ui/toast.tsx';
import { whenQuiet } from '../ui/when-quiet.ts';
import { tileOf } from './tile-of.ts';
import { useClosing } from './use-closing.ts';
import style from './waiting.module.css';

export interface OpenViewerProps {
  readonly id: string;
  /** Not so after a reload, or when the address was pasted. */
  readonly isFromGrid: boolean;
  readonly onClose: () => void;
}

interface ViewerProps {
  /** Its code isn't needed for the grid. The same function each time. */
  readonly load: () => Promise<ComponentType<OpenViewerProps>>;
}

/** The picture that the address names, above everything else. */
export function Viewer({ load }: ViewerProps) {
  const { image } = useRoute();
  const [OpenViewer, setOpenViewer] = useState<ComponentType<OpenViewerProps>>();
  const { hasViewBehind, close } = useClosing();
  const isOpen = image !== undefined;

  // So that the first picture opens at once. If that fails, its opening says so.
  useEffect(() => whenQuiet(() => void load().catch(() => undefined)), [load]);
  useEffect(() => {
    if (!isOpen || OpenViewer) return;
    let isHere = true;
    load().then(
      (component) => isHere && setOpenViewer(() => component),
      () => {
        showToast({ text: "The picture can't be opened. Check your connection, and reload the page." });
        if (isHere) go(withImage(undefined), { replace: true });
      },
    );
    return () => {
      isHere = false;
    };
  }, [isOpen, OpenViewer, load]);

  if (!isOpen) return null;
  return OpenViewer ? (
    <OpenViewer id={image} isFromGrid={hasViewBehind()} onClose={close} />
  ) : (
    <div className={hasViewBehind() && tileOf(image) ? '' : style['waiting']} />
  );
}
