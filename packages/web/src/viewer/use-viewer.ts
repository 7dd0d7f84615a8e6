import { type RefObject, useRef, useState } from 'react';
import type { Picture } from '../library/library.ts';
import { type Layer, useShortcutLayer } from '../ui/shortcuts.tsx';
import type { Shown, Stage } from './stage.ts';
import { tileOf } from './tile-of.ts';
import { type Idle, useIdle } from './use-idle.ts';
import { type Slides, useStage } from './use-stage.ts';
import type { OpenViewerProps } from './viewer.tsx';

/** `onLeave`: the picture isn't shown any more. Its signal aborts when the picture is back, after a failure or Undo. */
export type Leaving = (picture: Picture, onLeave: (back?: AbortSignal) => void) => Promise<void>;

/** A picture and its neighbours above the view; `<ViewerFrame>` shows it. */
export interface OpenViewer {
  readonly root: RefObject<HTMLDivElement | null>;
  readonly place: RefObject<HTMLDivElement | null>;
  readonly stage: RefObject<Stage | undefined>;
  readonly layer: Layer;
  readonly idle: Idle;
  readonly shown: Shown | undefined;
  /** Opened from the grid, which is seen until the picture has grown. */
  readonly isFromTile: boolean;
  readonly isMoving: boolean;
  move(step: 1 | -1): void;
  close(): void;
  /**
   * Does something to the shown picture by which it leaves; then its successor is shown. Not twice to the same picture.
   */
  leaveBy(act: Leaving): void;
}

/** `onSwipeUp`: a finger asks for more about the picture. */
export function useViewer(
  { id, isFromGrid, onClose }: OpenViewerProps,
  slides: Slides | undefined,
  onSwipeUp: () => void = () => undefined,
): OpenViewer {
  const layer = useShortcutLayer();
  const root = useRef<HTMLDivElement>(null);
  const place = useRef<HTMLDivElement>(null);
  /** The picture that has left and is still shown, until `back` aborts. */
  const leaving = useRef<{ readonly id: string; readonly back: AbortSignal | undefined }>(undefined);
  const [isFromTile] = useState(() => isFromGrid && tileOf(id) !== undefined);
  const [isMoving, setIsMoving] = useState(isFromTile);
  const idle = useIdle(root);
  const isLeaving = (): boolean =>
    leaving.current !== undefined &&
    leaving.current.id === stage.current?.shown().image_id &&
    !leaving.current.back?.aborted;
  const events = { isFromTile, onClose, onTap: idle.toggle, onSwipeUp, onMove: setIsMoving, isLeaving };
  const { stage, shown, move } = useStage({ id, place, slides }, events);

  /** The picture is shown until its successor is known, which may take a while; nothing else waits for that. */
  const leave = async (
    left: NonNullable<typeof leaving.current>,
    found: Promise<Picture | undefined>,
  ): Promise<void> => {
    leaving.current = left;
    const successor = await found;
    if (leaving.current === left) leaving.current = undefined;
    if (left.back?.aborted || stage.current?.shown().image_id !== left.id) return;
    if (successor) stage.current.show(successor);
    else onClose();
    root.current?.focus();
  };

  return {
    root,
    place,
    stage,
    layer,
    idle,
    shown,
    isFromTile,
    isMoving,
    move(step) {
      idle.wake();
      move(step);
    },
    close: onClose,
    leaveBy(act) {
      const picture = shown?.picture;
      if (!picture || !stage.current || isLeaving()) return;
      const successor = stage.current.successor().catch(() => undefined);
      void act(picture, (back) => void leave({ id: picture.image_id, back }, successor));
    },
  };
}
