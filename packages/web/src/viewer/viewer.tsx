import { type ComponentType, useEffect, useState } from 'react';
import { go, useRoute, withImage } from '../routes.ts';
import { showToast } from '../ui/toast.tsx';
import type { OpenViewerProps } from './open-viewer.tsx';
import { tileOf } from './tile-of.ts';
import { useClosing } from './use-closing.ts';
import style from './waiting.module.css';

/** Its code isn't needed for the grid. */
const load = () => import('./open-viewer.tsx').then(({ OpenViewer }) => OpenViewer);

/** The picture that the address names, above everything else. */
export function Viewer() {
  const { image, view } = useRoute();
  const [OpenViewer, setOpenViewer] = useState<ComponentType<OpenViewerProps>>();
  const { hasViewBehind, close } = useClosing();
  const isOpen = image !== undefined && view === 'photos'; // the trash has its own

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
  }, [isOpen, OpenViewer]);

  if (!isOpen) return null;
  return OpenViewer ? (
    <OpenViewer id={image} isFromGrid={hasViewBehind()} onClose={close} />
  ) : (
    <div className={hasViewBehind() && tileOf(image) ? '' : style['waiting']} />
  );
}
