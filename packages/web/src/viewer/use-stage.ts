import { explain, SafelightError } from '@safelight/client';
import { type RefObject, useEffect, useRef, useState } from 'react';
import type { Picture } from '../library/library.ts';
import { useLibrary } from '../library/library-context.tsx';
import { currentRoute, go, withImage } from '../routes.ts';
import { useSession } from '../session/session.tsx';
import { showToast } from '../ui/toast.tsx';
import { createNeighbours } from './neighbours.ts';
import { slideOf } from './slide-of.ts';
import { createStage, type Shown, type Stage, type StageOptions } from './stage.ts';

export interface StageEvents {
  /** The picture was closed on the stage, or there is none. */
  readonly onClose: () => void;
  /** Whether the first picture grows from its tile. */
  readonly isFromTile: boolean;
  /** A finger touched the picture, once. */
  readonly onTap: () => void;
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

/** A stage in `place` that shows the picture of the address, and changes the address when it shows another one. */
export function useStage(id: string, place: RefObject<HTMLElement | null>, events: StageEvents): OnStage {
  const { client, info } = useSession();
  const library = useLibrary();
  const stage = useRef<Stage>(undefined);
  const [shown, setShown] = useState<Shown>();
  const current = useRef({ ...events, client, library });
  current.current = { ...events, client, library };

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
        isFromTile: current.current.isFromTile,
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
          const { image } = currentRoute();
          if (image !== undefined && image !== image_id) go(withImage(image_id), { replace: true });
        },
        onClose: () => current.current.onClose(),
        onTap: () => current.current.onTap(),
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
    const known = library.snapshot().pictures.find(({ image_id }) => image_id === id);
    if (known) show(known);
    else
      client.images.get(id).then(
        (image) => {
          if (!isHere) return;
          if (image.status === 'ready') show(image);
          else refuse("This picture can't be shown.");
        },
        (error: unknown) => isHere && refuse(isUnknown(error) ? UNKNOWN : explain(error)),
      );
    return () => {
      isHere = false;
    };
  }, [id, place, client, library, info]);

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

/** The service describes no picture that is in the trash. */
const UNKNOWN = 'There is no such picture, or it is in the trash.';

const isUnknown = (error: unknown): boolean =>
  error instanceof SafelightError && (error.code === 'image-not-found' || error.code === 'invalid-request');
