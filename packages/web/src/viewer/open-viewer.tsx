import { ArrowLeft, ChevronLeft, ChevronRight, Download, Info, Share2, Trash2 } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import type { Picture } from '../library/library.ts';
import { useSession } from '../session/session.tsx';
import { useTrash } from '../trash/use-trash.ts';
import { IconButton } from '../ui/button.tsx';
import { useTitlePart } from '../ui/page-title.ts';
import { ShortcutList } from '../ui/shortcut-list.tsx';
import { ShortcutLayer, useShortcutLayer, useShortcuts } from '../ui/shortcuts.tsx';
import { Details } from './details.tsx';
import { DownloadDialog } from './download-dialog.tsx';
import { ShareDialog } from './share-dialog.tsx';
import { tileOf } from './tile-of.ts';
import { useAlone } from './use-alone.ts';
import { useIdle } from './use-idle.ts';
import { useStage } from './use-stage.ts';
import { useStillPage } from './use-still-page.ts';
import style from './viewer.module.css';

export interface OpenViewerProps {
  readonly id: string;
  /** Not so after a reload, or when the address was pasted. */
  readonly isFromGrid: boolean;
  readonly onClose: () => void;
}

export function OpenViewer({ id, isFromGrid, onClose }: OpenViewerProps) {
  const { info, mayChange } = useSession();
  const { trash } = useTrash();
  const layer = useShortcutLayer();
  const root = useRef<HTMLDivElement>(null);
  const place = useRef<HTMLDivElement>(null);
  const details = useRef<HTMLButtonElement>(null);
  /** The picture that is in the trash and still shown, until `back` aborts. */
  const leaving = useRef<{ readonly id: string; readonly back: AbortSignal }>(undefined);
  const [dialog, setDialog] = useState<'share' | 'download' | 'shortcuts'>();
  const [hasDetails, setHasDetails] = useState(false);
  /** Opened from the grid, which is seen until the picture has grown. */
  const [isFromTile] = useState(() => isFromGrid && tileOf(id) !== undefined);
  const [isMoving, setIsMoving] = useState(isFromTile);
  const idle = useIdle(root);
  useAlone(root);
  useStillPage(root);

  const isLeaving = (): boolean =>
    leaving.current?.id === stage.current?.shown().image_id && leaving.current?.back.aborted === false;
  const {
    stage,
    shown,
    move: moveStage,
  } = useStage(id, place, {
    isFromTile,
    onClose,
    onTap: idle.toggle,
    onMove: setIsMoving,
    isLeaving,
  });
  useEffect(() => root.current?.focus(), []);

  const picture = shown?.picture;
  useTitlePart('picture', picture?.filename);
  const closeDialog = (): void => setDialog(undefined);
  const move = (step: 1 | -1): void => {
    idle.wake();
    moveStage(step);
  };
  const arrow = (direction: { readonly x?: 1 | -1; readonly y?: 1 | -1 }): void => {
    if (stage.current?.isZoomed()) stage.current.pan(direction);
    else if (direction.x) move(direction.x);
  };
  const moveToTrash = async (): Promise<void> => {
    if (!picture || !stage.current || isLeaving()) return;
    const successor = stage.current.successor().catch(() => undefined);
    await trash(picture, (back) => void leave({ id: picture.image_id, back }, successor));
  };
  /** The picture is shown until its successor is known, which may take a while; nothing else waits for that. */
  const leave = async (
    left: NonNullable<typeof leaving.current>,
    found: Promise<Picture | undefined>,
  ): Promise<void> => {
    leaving.current = left;
    const successor = await found;
    if (leaving.current === left) leaving.current = undefined;
    if (left.back.aborted || stage.current?.shown().image_id !== left.id) return;
    if (successor) stage.current.show(successor);
    else onClose();
    root.current?.focus();
  };
  const closeDetails = (): void => {
    if (document.activeElement?.closest('aside')) details.current?.focus();
    setHasDetails(false);
  };
  const toggleDetails = (): void => (hasDetails ? closeDetails() : setHasDetails(true));
  const back = (): void => {
    if (hasDetails) closeDetails();
    else if (stage.current?.isZoomed()) stage.current.toggleZoom();
    else onClose();
  };
  useShortcuts(
    [
      { key: 'ArrowLeft', about: 'The picture before', run: () => arrow({ x: -1 }) },
      { key: 'ArrowRight', about: 'The next picture', run: () => arrow({ x: 1 }) },
      { key: 'ArrowUp', about: 'Up in a zoomed picture', run: () => arrow({ y: -1 }) },
      { key: 'ArrowDown', about: 'Down in a zoomed picture', run: () => arrow({ y: 1 }) },
      { key: 'z', about: "Zoom to the original's pixels, and back", run: () => stage.current?.toggleZoom() },
      { key: 'i', about: 'Details', run: toggleDetails },
      { key: 'd', about: 'Download', run: () => setDialog('download') },
      ...(mayChange
        ? [
            { key: 's', about: 'Share', run: () => setDialog('share') },
            { key: 'Delete', about: 'Move to trash', run: () => void moveToTrash() },
          ]
        : []),
      { key: 'Escape', about: 'Back', run: back },
      { key: '?', about: 'Show this list', run: () => setDialog('shortcuts') },
    ],
    layer,
  );

  return (
    <div
      ref={root}
      className={style['viewer']}
      role="dialog"
      aria-modal="true"
      aria-label={picture ? nameOf(picture) : 'Picture'}
      tabIndex={-1}
      data-theme="dark"
      data-is-idle={idle.isIdle && !hasDetails}
      data-is-ready={picture !== undefined}
      data-is-from-tile={isFromTile}
      data-is-moving={isMoving}
      data-has-details={hasDetails}
    >
      <ShortcutLayer value={layer}>
        <header className={style['bar']}>
          <IconButton icon={ArrowLeft} label="Back" shortcut="Escape" onClick={onClose} />
          <h2 className={style['name']}>
            <bdi>{picture?.filename}</bdi>
          </h2>
          {mayChange && (
            <IconButton
              icon={Share2}
              label="Share"
              shortcut="s"
              aria-haspopup="dialog"
              onClick={() => setDialog('share')}
            />
          )}
          <IconButton
            icon={Download}
            label="Download"
            shortcut="d"
            aria-haspopup="dialog"
            onClick={() => setDialog('download')}
          />
          <IconButton
            ref={details}
            icon={Info}
            label="Details"
            shortcut="i"
            aria-expanded={hasDetails}
            onClick={toggleDetails}
          />
          {mayChange && (
            <IconButton
              icon={Trash2}
              label={info.trash_days === 0 ? 'Delete' : 'Move to trash'}
              shortcut="Delete"
              onClick={() => void moveToTrash()}
            />
          )}
        </header>
        <div ref={place} className={style['stage']} />
        <IconButton
          className={style['previous'] ?? ''}
          icon={ChevronLeft}
          label="Previous picture"
          aria-disabled={shown?.hasPrevious !== true}
          onClick={() => move(-1)}
        />
        <IconButton
          className={style['next'] ?? ''}
          icon={ChevronRight}
          label="Next picture"
          aria-disabled={shown?.hasNext !== true}
          onClick={() => move(1)}
        />
        {hasDetails && picture && <Details picture={picture} onClose={closeDetails} />}
        <p role="status" className="visually-hidden">
          {picture && nameOf(picture)}
        </p>
        {dialog === 'shortcuts' && (
          <ShortcutList shortcuts={[...layer.shortcuts].flat()} others={[]} onClose={closeDialog} />
        )}
        {dialog === 'share' && picture && <ShareDialog picture={picture} onClose={closeDialog} />}
        {dialog === 'download' && picture && <DownloadDialog picture={picture} onClose={closeDialog} />}
      </ShortcutLayer>
    </div>
  );
}

const nameOf = ({ filename, description }: Picture): string => description ?? filename;
