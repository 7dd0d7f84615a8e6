import { type ComponentType, useEffect, useRef, useState } from 'react';
import { go, useAddress } from '../address.ts';
import { showToast } from '../ui/toast.tsx';
import type { OpenViewerProps } from './open-viewer.tsx';
import { tileOf } from './tile-of.ts';
import style from './waiting.module.css';

/** Its code isn't needed for the grid. */
const load = () => import('./open-viewer.tsx').then(({ OpenViewer }) => OpenViewer);

/** The picture that the address names, above everything else. */
export function Viewer() {
  const { image } = useAddress();
  const [OpenViewer, setOpenViewer] = useState<ComponentType<OpenViewerProps>>();
  /** Whether Back leads to the grid; not so after a reload, or when the address was pasted. */
  const hasGridBehind = useRef(false);
  const isClosing = useRef(false);
  const isOpen = image !== undefined;

  useEffect(() => {
    if (!isOpen) hasGridBehind.current = true;
    isClosing.current = false;
  }, [isOpen]);

  const close = (): void => {
    if (isClosing.current) return;
    isClosing.current = true; // a second Escape must not leave the gallery
    if (hasGridBehind.current) history.back();
    else go({ image: undefined }, { replace: true });
  };

  useEffect(() => {
    if (!isOpen || OpenViewer) return;
    let isHere = true;
    load().then(
      (component) => isHere && setOpenViewer(() => component),
      () => {
        showToast({ text: "The picture can't be opened. Check your connection, and reload the page." });
        if (isHere) go({ image: undefined }, { replace: true });
      },
    );
    return () => {
      isHere = false;
    };
  }, [isOpen, OpenViewer]);

  if (!isOpen) return null;
  return OpenViewer ? (
    <OpenViewer id={image} isFromGrid={hasGridBehind.current} onClose={close} />
  ) : (
    <div className={hasGridBehind.current && tileOf(image) ? '' : style['waiting']} />
  );
}
