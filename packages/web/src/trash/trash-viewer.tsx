import { explain } from '@safelight/client';
import { ArrowLeft, ChevronLeft, ChevronRight, RotateCcw, Trash2 } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { createPortal } from 'react-dom';
import { currentRoute, go, withImage } from '../routes.ts';
import { useSession } from '../session/session.tsx';
import { Button, IconButton } from '../ui/button.tsx';
import { useTitlePart } from '../ui/page-title.ts';
import { ShortcutList } from '../ui/shortcut-list.tsx';
import { ShortcutLayer, useShortcutLayer, useShortcuts } from '../ui/shortcuts.tsx';
import { showToast } from '../ui/toast.tsx';
import { slideOf } from '../viewer/slide-of.ts';
import { createStage, type Shown, type Stage } from '../viewer/stage.ts';
import { tileOf } from '../viewer/tile-of.ts';
import { useAlone } from '../viewer/use-alone.ts';
import { useIdle } from '../viewer/use-idle.ts';
import { useStillPage } from '../viewer/use-still-page.ts';
import style from '../viewer/viewer.module.css';
import { createTrashedUrls, type TrashedUrls } from './trashed-urls.ts';
import type { Trashed, TrashedPicture } from './use-trashed.ts';

export interface TrashViewerProps {
  readonly id: string;
  readonly trashed: Trashed;
  /** Not so after a reload, or when the address was pasted. */
  readonly isFromView: boolean;
  /** Each resolves with whether the picture isn't in the trash any more. */
  readonly onRestore: (picture: TrashedPicture) => Promise<boolean>;
  readonly onDelete: (picture: TrashedPicture) => Promise<boolean>;
  readonly onClose: () => void;
}

/** A picture in the trash, with its neighbours there. */
export function TrashViewer(props: TrashViewerProps) {
  const { id, isFromView, onClose } = props;
  const { clientOf, client, info } = useSession();
  const layer = useShortcutLayer();
  const root = useRef<HTMLDivElement>(null);
  const place = useRef<HTMLDivElement>(null);
  const stage = useRef<Stage>(undefined);
  const [shown, setShown] = useState<Shown>();
  const [hasShortcuts, setHasShortcuts] = useState(false);
  const [isFromTile] = useState(() => isFromView && tileOf(id) !== undefined);
  const [isMoving, setIsMoving] = useState(isFromTile);
  const idle = useIdle(root);
  const latest = useRef({ ...props, onTap: idle.toggle });
  latest.current = { ...props, onTap: idle.toggle };
  useAlone(root);
  useStillPage(root);
  useEffect(() => {
    root.current?.focus();
    let last = currentRoute().image;
    const note = (): void => {
      last = stage.current?.shown().image_id ?? last;
    };
    addEventListener('keydown', note, true);
    addEventListener('pointerdown', note, true);
    return () => {
      removeEventListener('keydown', note, true);
      removeEventListener('pointerdown', note, true);
      if (last !== undefined) tileOf(last)?.focus();
    };
  }, []);

  useEffect(() => {
    const urls: TrashedUrls = createTrashedUrls({ clientOf, presets: info.presets });
    let isHere = true;
    const open = (picture: TrashedPicture, element: HTMLElement): Stage =>
      createStage(picture, {
        element,
        isFromTile,
        neighbours: {
          nextOf: ({ image_id }) => latest.current.trashed.beside(image_id, 1),
          previousOf: ({ image_id }) => latest.current.trashed.beside(image_id, -1),
        },
        // Without a URL: the stage asks for it.
        slideOf: (one) => slideOf({ ...one, renditions: null }, {}),
        originalUrl: urls.urlOf,
        fresh: async (one) => one,
        onShow(next) {
          setShown(next);
          const { image } = currentRoute();
          if (image !== undefined && image !== next.picture.image_id)
            go(withImage(next.picture.image_id), { replace: true });
        },
        onClose: () => latest.current.onClose(),
        onTap: () => latest.current.onTap(),
        onMove: setIsMoving,
        onProblem: (error) => showToast({ text: explain(error) }),
      });
    const first = latest.current.id;
    void latest.current.trashed.find(first).then(async (picture) => {
      if (!isHere || !place.current) return;
      if (picture) {
        stage.current = open(picture, place.current);
        return;
      }
      const isReady = await client.images.get(first).then(
        ({ status }) => status === 'ready',
        () => false,
      );
      if (!isHere) return;
      if (isReady) return go({ view: 'photos', image: first }, { replace: true });
      showToast({ text: 'There is no such picture in the trash.' });
      latest.current.onClose();
    });
    const resizing = new ResizeObserver(() => stage.current?.resize());
    if (place.current) resizing.observe(place.current);
    return () => {
      isHere = false;
      resizing.disconnect();
      stage.current?.destroy();
      stage.current = undefined;
      urls.close();
    };
  }, [client, clientOf, info, isFromTile]);

  const picture = shown?.picture as TrashedPicture | undefined;
  useTitlePart('picture', picture?.filename);
  const move = (step: 1 | -1): void => {
    idle.wake();
    void stage.current?.move(step).catch((error: unknown) => showToast({ text: explain(error) }));
  };
  const arrow = (direction: { readonly x?: 1 | -1; readonly y?: 1 | -1 }): void => {
    if (stage.current?.isZoomed()) stage.current.pan(direction);
    else if (direction.x) move(direction.x);
  };
  /** Its neighbour is shown once the picture has left the trash. */
  const leaveBy = async (act: (picture: TrashedPicture) => Promise<boolean>): Promise<void> => {
    const current = stage.current;
    if (!picture || !current) return;
    const successor = await current.successor().catch(() => undefined);
    if (!(await act(picture)) || stage.current !== current || current.shown() !== picture) return;
    if (successor) current.show(successor);
    else onClose();
    root.current?.focus();
  };
  const restore = (): void => void leaveBy(latest.current.onRestore);
  const deleteForever = (): void => void leaveBy(latest.current.onDelete);
  const back = (): void => {
    if (stage.current?.isZoomed()) stage.current.toggleZoom();
    else onClose();
  };
  useShortcuts(
    [
      { key: 'ArrowLeft', about: 'The picture before', run: () => arrow({ x: -1 }) },
      { key: 'ArrowRight', about: 'The next picture', run: () => arrow({ x: 1 }) },
      { key: 'ArrowUp', about: 'Up in a zoomed picture', run: () => arrow({ y: -1 }) },
      { key: 'ArrowDown', about: 'Down in a zoomed picture', run: () => arrow({ y: 1 }) },
      { key: 'z', about: 'Zoom, and back', run: () => stage.current?.toggleZoom() },
      { key: 'r', about: 'Restore', run: restore },
      { key: 'Delete', about: 'Delete forever', run: deleteForever },
      { key: 'Escape', about: 'Back', run: back },
      { key: '?', about: 'Show this list', run: () => setHasShortcuts(true) },
    ],
    layer,
  );

  return createPortal(
    <div
      ref={root}
      className={style['viewer']}
      role="dialog"
      aria-modal="true"
      aria-label={picture ? (picture.description ?? picture.filename) : 'Picture'}
      tabIndex={-1}
      data-theme="dark"
      data-is-idle={idle.isIdle}
      data-is-ready={picture !== undefined}
      data-is-from-tile={isFromTile}
      data-is-moving={isMoving}
    >
      <ShortcutLayer value={layer}>
        <header className={style['bar']}>
          <IconButton icon={ArrowLeft} label="Back" shortcut="Escape" onClick={onClose} />
          <h2 className={style['name']}>
            <bdi>{picture?.filename}</bdi>
          </h2>
          <Button icon={RotateCcw} aria-keyshortcuts="r" onClick={restore}>
            Restore
          </Button>
          <IconButton icon={Trash2} label="Delete forever" shortcut="Delete" onClick={deleteForever} />
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
        <p role="status" className="visually-hidden">
          {picture && (picture.description ?? picture.filename)}
        </p>
        {hasShortcuts && (
          <ShortcutList shortcuts={[...layer.shortcuts].flat()} others={[]} onClose={() => setHasShortcuts(false)} />
        )}
      </ShortcutLayer>
    </div>,
    document.querySelector('main')?.parentElement ?? document.body,
  );
}
