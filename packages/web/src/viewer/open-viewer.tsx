import { explain, SafelightError } from '@safelight/client';
import { ArrowLeft, ChevronLeft, ChevronRight, Download, Info, Share2, Trash2 } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { currentAddress, go } from '../address.ts';
import type { Picture } from '../library/library.ts';
import { useLibrary } from '../library/library-context.tsx';
import { useSession } from '../session/session.tsx';
import { useTrash } from '../trash/use-trash.ts';
import { IconButton } from '../ui/button.tsx';
import { ShortcutList } from '../ui/shortcut-list.tsx';
import { ShortcutLayer, useShortcutLayer, useShortcuts } from '../ui/shortcuts.tsx';
import { showToast } from '../ui/toast.tsx';
import { Details } from './details.tsx';
import { DownloadDialog } from './download-dialog.tsx';
import { createNeighbours } from './neighbours.ts';
import { ShareDialog } from './share-dialog.tsx';
import { slideOf } from './slide-of.ts';
import { createStage, type Shown, type Stage, type StageOptions } from './stage.ts';
import { useAlone } from './use-alone.ts';
import { useIdle } from './use-idle.ts';
import { useStillPage } from './use-still-page.ts';
import style from './viewer.module.css';

export interface OpenViewerProps {
  readonly id: string;
  readonly onClose: () => void;
}

export function OpenViewer({ id, onClose }: OpenViewerProps) {
  const { client, info, mayChange } = useSession();
  const library = useLibrary();
  const { trash } = useTrash();
  const layer = useShortcutLayer();
  const root = useRef<HTMLDivElement>(null);
  const place = useRef<HTMLDivElement>(null);
  const details = useRef<HTMLButtonElement>(null);
  const stage = useRef<Stage>(undefined);
  const [shown, setShown] = useState<Shown>();
  const [dialog, setDialog] = useState<'share' | 'download' | 'shortcuts'>();
  const [hasDetails, setHasDetails] = useState(false);
  const idle = useIdle(root);
  useAlone(root);
  useStillPage(root);

  const current = useRef({ onClose, client, library, toggleBar: idle.toggle });
  current.current = { onClose, client, library, toggleBar: idle.toggle };

  useEffect(() => {
    let isHere = true;
    const show = (picture: Picture): void => {
      if (stage.current) stage.current.show(picture);
      else if (place.current) stage.current = createStage(picture, optionsFor(place.current));
    };
    const optionsFor = (element: HTMLElement): StageOptions => {
      let before = id;
      return {
        element,
        neighbours: createNeighbours(() => current.current.library),
        slideOf: (one) => slideOf(one, info.presets),
        originalUrl: async ({ image_id }) => {
          const path = `/images/${encodeURIComponent(image_id)}/download`;
          const answer = await current.current.client.request(path, { query: { disposition: 'inline' } });
          return (answer as { readonly download_url: string }).download_url;
        },
        async fresh({ image_id }) {
          const image = await current.current.client.images.get(image_id);
          current.current.library.put(image);
          return image;
        },
        onShow(next) {
          setShown(next);
          const { image_id } = next.picture;
          if (image_id === before) return;
          before = image_id;
          const { image } = currentAddress();
          if (image !== undefined && image !== image_id) go({ image: image_id }, { replace: true });
        },
        onClose: () => current.current.onClose(),
        onTap: () => current.current.toggleBar(),
        onProblem: tell,
      };
    };
    const refuse = (text: string): void => {
      showToast({ text });
      const before = stage.current?.shown().image_id;
      if (before === undefined || before === id) current.current.onClose();
      else go({ image: before }, { replace: true });
    };
    if (stage.current?.shown().image_id === id) return;
    const known = library.snapshot().pictures.find(({ image_id }) => image_id === id);
    if (known) show(known);
    else
      client.images.get(id).then(
        (image) => {
          if (!isHere) return;
          if (image.status === 'ready' && currentAddress().view === 'trash') go({ view: 'photos' }, { replace: true });
          else if (image.status === 'ready') show(image);
          else refuse("This picture can't be shown.");
        },
        (error: unknown) => isHere && refuse(isUnknown(error) ? UNKNOWN : explain(error)),
      );
    return () => {
      isHere = false;
    };
  }, [id, client, library, info]);

  useEffect(() => {
    root.current?.focus();
    const resizing = new ResizeObserver(() => stage.current?.resize());
    if (place.current) resizing.observe(place.current);
    return () => {
      resizing.disconnect();
      stage.current?.destroy();
      stage.current = undefined;
    };
  }, []);

  const picture = shown?.picture;
  const closeDialog = (): void => setDialog(undefined);
  const move = (step: 1 | -1): void => {
    idle.wake();
    stage.current?.move(step).catch(tell);
  };
  const arrow = (direction: { readonly x?: 1 | -1; readonly y?: 1 | -1 }): void => {
    if (stage.current?.isZoomed()) stage.current.pan(direction);
    else if (direction.x) move(direction.x);
  };
  const moveToTrash = async (): Promise<void> => {
    if (!picture || !stage.current) return;
    const successor = await stage.current.successor().catch(() => undefined);
    await trash(picture, () => {
      if (stage.current?.shown().image_id !== picture.image_id) return;
      if (successor) stage.current.show(successor);
      else onClose();
      root.current?.focus();
    });
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

const tell = (error: unknown): void => void showToast({ text: explain(error) });

const nameOf = ({ filename, description }: Picture): string => description ?? filename;

/** The service describes no picture that is in the trash. */
const UNKNOWN = 'There is no such picture, or it is in the trash.';

const isUnknown = (error: unknown): boolean =>
  error instanceof SafelightError && (error.code === 'image-not-found' || error.code === 'invalid-request');
