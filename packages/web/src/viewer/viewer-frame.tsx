import { ArrowLeft, ChevronLeft, ChevronRight, type LucideIcon } from 'lucide-react';
import { type ReactNode, type Ref, useEffect, useState } from 'react';
import { createPortal } from 'react-dom';
import { Button, IconButton } from '../ui/button.tsx';
import { useTitlePart } from '../ui/page-title.ts';
import { ShortcutList } from '../ui/shortcut-list.tsx';
import { ShortcutLayer, useShortcuts } from '../ui/shortcuts.tsx';
import { useAlone } from './use-alone.ts';
import { useStillPage } from './use-still-page.ts';
import type { OpenViewer } from './use-viewer.ts';
import style from './viewer.module.css';

/** A button of the bar, and the key that does the same. */
export interface ViewerAction {
  readonly icon: LucideIcon;
  readonly label: string;
  readonly key: string;
  readonly run: () => void;
  /** Its label is seen. */
  readonly isMain?: boolean;
  readonly opensDialog?: boolean;
  /** Whether what it shows is shown. */
  readonly isExpanded?: boolean;
  /** Whether what it does is done, as with a star. */
  readonly isPressed?: boolean;
  readonly ref?: Ref<HTMLButtonElement>;
}

interface ViewerFrameProps {
  readonly viewer: OpenViewer;
  readonly actions: readonly ViewerAction[];
  /** Beside the picture. */
  readonly details?: ReactNode;
  /** What Escape does first; absent: it leads out of the zoom, and then back. */
  readonly onEscape?: (() => void) | undefined;
  /** Dialogs. */
  readonly children?: ReactNode;
}

/** The stage and its bar, which fades while nobody moves. */
export function ViewerFrame({ viewer, actions, details, onEscape, children }: ViewerFrameProps) {
  const { root, place, stage, layer, idle, shown, isFromTile, isMoving, move, close } = viewer;
  const [hasShortcuts, setHasShortcuts] = useState(false);
  useAlone(root);
  useStillPage(root);
  useEffect(() => root.current?.focus(), [root]);
  const picture = shown?.picture;
  const name = picture && (picture.description ?? picture.filename);
  useTitlePart('picture', picture?.filename);
  const arrow = (direction: { readonly x?: 1 | -1; readonly y?: 1 | -1 }): void => {
    if (stage.current?.isZoomed()) stage.current.pan(direction);
    else if (direction.x) move(direction.x);
  };
  const back = (): void => {
    if (onEscape) onEscape();
    else if (stage.current?.isZoomed()) stage.current.toggleZoom();
    else close();
  };
  useShortcuts(
    [
      { key: 'ArrowLeft', about: 'The picture before', run: () => arrow({ x: -1 }) },
      { key: 'ArrowRight', about: 'The next picture', run: () => arrow({ x: 1 }) },
      { key: 'ArrowUp', about: 'Up in a zoomed picture', run: () => arrow({ y: -1 }) },
      { key: 'ArrowDown', about: 'Down in a zoomed picture', run: () => arrow({ y: 1 }) },
      { key: 'z', about: "Zoom to the picture's own pixels, and back", run: () => stage.current?.toggleZoom() },
      ...actions.map(({ key, label, run }) => ({ key, about: label, run })),
      { key: 'Escape', about: 'Back', run: back },
      { key: '?', about: 'Show this list', run: () => setHasShortcuts(true) },
    ],
    layer,
  );

  const hasDetails = details !== undefined;
  return createPortal(
    <div
      ref={root}
      className={style['viewer']}
      role="dialog"
      aria-modal="true"
      aria-label={name ?? 'Picture'}
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
          <IconButton icon={ArrowLeft} label="Back" shortcut="Escape" onClick={close} />
          <h2 className={style['name']}>
            <bdi>{picture?.filename}</bdi>
          </h2>
          <div className={style['actions']}>
            {actions.map(({ icon, label, key, run, isMain, opensDialog, isExpanded, isPressed, ref }) =>
              isMain ? (
                <Button key={key} icon={icon} aria-keyshortcuts={key} onClick={run}>
                  {label}
                </Button>
              ) : (
                <IconButton
                  key={key}
                  icon={icon}
                  label={label}
                  shortcut={key}
                  aria-haspopup={opensDialog ? 'dialog' : undefined}
                  aria-expanded={isExpanded}
                  aria-pressed={isPressed}
                  {...(ref && { ref })}
                  onClick={run}
                />
              ),
            )}
          </div>
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
        {details}
        <p role="status" className="visually-hidden">
          {name}
        </p>
        {hasShortcuts && (
          <ShortcutList shortcuts={[...layer.shortcuts].flat()} others={[]} onClose={() => setHasShortcuts(false)} />
        )}
        {children}
      </ShortcutLayer>
    </div>,
    document.querySelector('main')?.parentElement ?? document.body,
  );
}
