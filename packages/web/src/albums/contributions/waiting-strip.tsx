import type { Album } from '@safelight/client';
import { Hourglass } from 'lucide-react';
import { useCallback, useRef, useState } from 'react';
import { useLibrary } from '../../library/source.tsx';
import { Button } from '../../ui/button.tsx';
import { numberText } from '../../ui/formats.ts';
import { albumChanged } from '../album-changed.ts';
import { useWaitingPictures, type WaitingPictures } from './use-waiting-pictures.ts';
import style from './waiting.module.css';
import { WaitingDialog } from './waiting-dialog.tsx';

export interface WaitingStripProps {
  readonly album: Album;
}

/** Says how many pictures of guests wait for the owner, and opens them. Nothing, if none does. */
export function WaitingStrip({ album }: WaitingStripProps) {
  const library = useLibrary();
  const hasAccepted = useRef(false);
  const waiting = useWaitingPictures(
    album,
    useCallback(() => {
      hasAccepted.current = true;
    }, []),
  );
  const [isOpen, setIsOpen] = useState(false);
  const close = (): void => {
    setIsOpen(false);
    if (!hasAccepted.current) return;
    hasAccepted.current = false;
    // They stand among the others, perhaps far from the newest.
    if (library.hasDates) library.reset();
    else library.refresh();
    albumChanged(album.album_id);
  };
  if (waiting.pictures.length === 0 && !isOpen) return null;
  return (
    <>
      <div className={style['strip']}>
        <Button icon={Hourglass} aria-haspopup="dialog" onClick={() => setIsOpen(true)}>
          {waitingText(waiting)}
        </Button>
      </div>
      {isOpen && <WaitingDialog waiting={waiting} album={album} onClose={close} />}
    </>
  );
}

/** "2 pictures wait for you". */
function waitingText({ pictures: { length }, hasMore }: WaitingPictures): string {
  if (length === 1 && !hasMore) return '1 picture waits for you';
  return `${hasMore ? 'More than ' : ''}${numberText(length)} pictures wait for you`;
}
