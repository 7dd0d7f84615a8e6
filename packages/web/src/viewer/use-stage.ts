import { explain } from '@safelight/client';
import { type RefObject, useEffect, useRef, useState } from 'react';
import { currentRoute, go, withImage } from '#routes';
import type { Picture } from '../library/library.ts';
import { useLibrary } from '../library/source.tsx';
import { showToast } from '../ui/toast.tsx';
import { createNeighbours } from './neighbours.ts';
import { createStage, type Shown, type Stage, type StageOptions } from './stage.ts';

/** What the stage shows of pictures. */
export interface Slides extends Pick<StageOptions, 'slideOf' | 'originalUrl' | 'fresh'> {
  /**
   * The picture of an address, if it isn't loaded; or why it can't be shown, for people. undefined: another address was
   * opened instead.
   */
  find(id: string): Promise<Picture | string | undefined>;
}

export interface StageEvents {
  /** The picture was closed on the stage, or there is none. */
  readonly onClose: () => void;
  /** Whether the first picture grows from its tile. */
  readonly isFromTile: boolean;
  /** A finger touched the picture, once. */
  readonly onTap: () => void;
  readonly onSwipeUp: () => void;
  /** Whether the grid is seen around the picture. */
  readonly onMove: (isMoving: boolean) => void;
  /** Whether the shown picture is one that can't be loaded any more, which needs no words. */
  readonly isLeaving: () => boolean;
}

export interface OnStage {
  readonly stage: RefObject<Stage | undefined>;
  /** undefined: nothing yet. */
  readonly shown: Shown | undefined;
  /** To the neighbour. A toast says what went wrong. */
  move(step: 1 | -1): void;
}

interface StagePlace {
  readonly id: string;
  readonly place: RefObject<HTMLElement | null>;
  /** The slides: one object in all renders; undefined: they aren't known yet. */
  readonly slides: Slides | undefined;
}

/** A stage in `place` that shows the picture of the address, and changes the address when it shows another one. */
export function useStage({ id, place, slides }: StagePlace, events: StageEvents): OnStage {
  const library = useLibrary();
  const stage = useRef<Stage>(undefined);
  const [shown, setShown] = useState<Shown>();
  const current = useRef({ ...events, library });
  current.current = { ...events, library };

  useEffect(() => {
    if (!slides) return;
    let isHere = true;
    const show = (picture: Picture): void => {
      if (stage.current) stage.current.show(picture);
      else if (place.current) stage.current = createStage(picture, optionsFor(place.current));
    };
    const optionsFor = (element: HTMLElement): StageOptions => {
      let before = id;
      return {
        ...slides,
        element,
        neighbours: createNeighbours(() => current.current.library),
        isFromTile: current.current.isFromTile,
        onShow(next) {
          setShown(next);
          const { image_id } = next.picture;
          if (image_id === before) return;
          before = image_id;
          const { image } = currentRoute();
          if (image !== undefined && image !== image_id) go(withImage(image_id), { replace: true });
        },
        onClose: () => current.current.onClose(),
        onTap: () => current.current.onTap(),
        onSwipeUp: () => current.current.onSwipeUp(),
        onMove: (isMoving) => current.current.onMove(isMoving),
        onProblem: (error) => current.current.isLeaving() || tell(error),
      };
    };
    const refuse = (text: string): void => {
      showToast({ text });
      const before = stage.current?.shown().image_id;
      if (before === undefined || before === id) current.current.onClose();
      else go(withImage(before), { replace: true });
    };
    if (stage.current?.shown().image_id === id) return;
    const known = id === undefined ? undefined : library.loaded(id);
    if (known && known.status !== 'deleted') show(known);
    else
      slides.find(id).then(
        (found) => {
          if (!isHere || found === undefined) return;
          if (typeof found === 'string') refuse(found);
          else show(found);
        },
        (error: unknown) => isHere && refuse(explain(error)),
      );
    return () => {
      isHere = false;
    };
  }, [id, place, library, slides]);

  useEffect(() => {
    const resizing = new ResizeObserver(() => stage.current?.resize());
    if (place.current) resizing.observe(place.current);
    return () => {
      resizing.disconnect();
      stage.current?.destroy();
      stage.current = undefined;
    };
  }, [place]);

  return { stage, shown, move: (step) => void stage.current?.move(step).catch(tell) };
}

const tell = (error: unknown): void => void showToast({ text: explain(error) });
