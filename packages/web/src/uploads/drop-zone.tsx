import { ImageUp } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { useRoute } from '#routes';
import style from './drop-zone.module.css';
import { droppedIn, readDropped } from './dropped-files.ts';
import type { Found } from './found-files.ts';

/** The whole page takes files and folders. A hint covers it while some are dragged over it. */
export function DropZone({ onFound }: { readonly onFound: (found: Found) => void }) {
  const isViewing = useRoute().image !== undefined;
  const [isOver, setIsOver] = useState(false);
  const hint = useRef<HTMLElement>(null);
  const latest = useRef(onFound);
  latest.current = onFound;

  useEffect(() => {
    const stopping = new AbortController();
    const { signal } = stopping;
    /** A picture of the page that is dragged has files too. */
    let isOwn = false;
    const hasFiles = (event: DragEvent): boolean => !isOwn && (event.dataTransfer?.types.includes('Files') ?? false);
    const over = (event: DragEvent): void => {
      if (!hasFiles(event) || !event.dataTransfer) return;
      event.preventDefault(); // otherwise the browser opens the file instead of the page
      event.dataTransfer.dropEffect = 'copy';
      setIsOver(true);
    };
    const leave = (event: DragEvent): void => {
      if (event.relatedTarget === null) setIsOver(false);
    };
    const drop = async (event: DragEvent): Promise<void> => {
      setIsOver(false);
      if (!hasFiles(event) || !event.dataTransfer) return;
      event.preventDefault();
      latest.current(await readDropped(droppedIn(event.dataTransfer)));
    };
    addEventListener('dragstart', () => (isOwn = true), { signal });
    addEventListener('dragend', () => (isOwn = false), { signal });
    addEventListener('dragenter', over, { signal });
    addEventListener('dragover', over, { signal });
    addEventListener('dragleave', leave, { signal });
    addEventListener('pointermove', () => setIsOver(false), { signal }); // comes only once nothing is dragged any more
    addEventListener('drop', (event) => void drop(event), { signal });
    return () => stopping.abort();
  }, []);

  // As a popover it is above open dialogs and the viewer.
  useEffect(() => {
    if (isOver) hint.current?.showPopover();
    else hint.current?.hidePopover();
  }, [isOver]);

  return (
    <section
      ref={hint}
      popover="manual"
      className={style['hint']}
      aria-label="Drop to upload"
      data-drop-hint
      data-theme={isViewing ? 'dark' : undefined}
    >
      <ImageUp size={32} strokeWidth={1.25} aria-hidden />
      <p className={style['words']}>Drop to upload</p>
      <p>Pictures, or folders of them</p>
    </section>
  );
}
