import { type Album, explain } from '@safelight/client';
import { type KeyboardEvent, type PointerEvent, useMemo } from 'react';
import { useLibrary } from '../library/source.tsx';
import type { Select } from '../select/create-select.tsx';
import { imageOf } from '../select/follow-pointer.ts';
import { useSession } from '../session/session.tsx';
import { numberText } from '../ui/formats.ts';
import { showToast } from '../ui/toast.tsx';
import type { Sequence } from './create-sequence.ts';
import { dragToPlace } from './drag-to-place.ts';

/** How pictures of an album are ordered by hand. */
export interface Placing {
  /** The selected ones, a place earlier (-1) or later. */
  moveSelected(step: -1 | 1): void;
  readonly handlers: {
    onKeyDown(event: KeyboardEvent): void;
    onPointerDown(event: PointerEvent): void;
  };
}

/** As many as a request moves. */
const MOST = 1_000;
const STEPS: Readonly<Record<string, -1 | 1>> = { ArrowLeft: -1, ArrowRight: 1 };

/** undefined: the album has another order, or may not be changed. */
export function usePlacing(album: Album, select: Select | undefined): Placing | undefined {
  const { clientOf, mayChange } = useSession();
  const library = useLibrary();
  const { album_id: id, user_id: owner } = album;
  return useMemo(() => {
    if (!mayChange || !isByHand(library)) return undefined;
    const sequence = library;
    /** One after another: each place depends on the one before. */
    let line: Promise<void> = Promise.resolve();

    /** The pictures, selected as before, at their new places. */
    const place = (ids: readonly string[], after: string | undefined): void => {
      const selected = select?.selecting()?.members() ?? [];
      const hasFocus = document.activeElement?.closest('[data-image]');
      sequence.move(ids, after);
      const moved = selected.flatMap(({ image_id }) => (ids.includes(image_id) && sequence.loaded(image_id)) || []);
      if (moved.length > 0)
        select?.begin((selecting) => {
          for (const { at } of moved) selecting.toggle(at);
        });
      if (hasFocus) sequence.reveal(ids[0]);
    };
    const send = (ids: readonly string[], after: string | undefined): void => {
      line = line.then(async () => {
        try {
          await clientOf(owner).albums.moveImages(id, ids, after ?? null);
        } catch (error) {
          showToast({ text: explain(error) });
          sequence.refresh();
        }
      });
    };
    const move = (ids: readonly string[], after: string | undefined): void => {
      const before = sequence.snapshot().pictures.map(({ image_id }) => image_id);
      const start = before.indexOf(ids[0] ?? '');
      const isRun = ids.every((one, index) => before[start + index] === one);
      const back = before[start - 1];
      place(ids, after);
      send(ids, after);
      const number = sequence.snapshot().pictures.findIndex(({ image_id }) => image_id === ids[0]) + 1;
      const text = `Moved to place ${numberText(number)}`;
      const undo = (): void => {
        place(ids, back);
        send(ids, back);
      };
      showToast(isRun ? { text, action: { label: 'Undo', isUndo: true, run: undo } } : { text });
    };

    /** A place earlier or later than the first or the last of them. */
    const step = async (ids: readonly string[], by: -1 | 1): Promise<void> => {
      if (ids.length > MOST)
        return void showToast({ text: `Only ${numberText(MOST)} pictures can be moved at a time.` });
      const [first, last] = [sequence.loaded(ids[0] ?? ''), sequence.loaded(ids.at(-1) ?? '')];
      if (!first || !last) return;
      if (by === 1) {
        const next = await sequence.nextOf(last.at);
        return next ? move(ids, next.image_id) : say('last');
      }
      const previous = await sequence.previousOf(first.at);
      return previous ? move(ids, (await sequence.previousOf(previous.at))?.image_id) : say('first');
    };
    const say = (end: string): void => void showToast({ text: `It stands ${end} already.` });

    /** The picture, or all that are selected if it is one of them. */
    const withSelected = (image: string): readonly string[] => {
      const selected = (select?.selecting()?.members() ?? []).map(({ image_id }) => image_id);
      return selected.includes(image) ? selected : [image];
    };
    const drop = (ids: readonly string[], image: string, isBehind: boolean): void => {
      const others = sequence.snapshot().pictures.filter(({ image_id }) => !ids.includes(image_id));
      const index = others.findIndex(({ image_id }) => image_id === image);
      move(ids, isBehind ? image : others[index - 1]?.image_id);
    };
    const tileIn = (target: EventTarget): HTMLElement | undefined =>
      (target instanceof Element && target.closest<HTMLElement>('[data-image]')) || undefined;
    return {
      moveSelected(by) {
        const ids = (select?.selecting()?.members() ?? []).map(({ image_id }) => image_id);
        void step(ids, by);
      },
      handlers: {
        onKeyDown(event) {
          const by = STEPS[event.key];
          const tile = tileIn(event.target);
          if (by === undefined || !tile || !event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
          event.preventDefault(); // the browser would go back
          void step(withSelected(imageOf(tile)), by);
        },
        onPointerDown(event) {
          const tile = tileIn(event.target);
          if (!tile || event.button !== 0 || event.pointerType === 'touch' || event.shiftKey) return;
          const ids = withSelected(imageOf(tile));
          if (ids.length > MOST) return;
          dragToPlace({
            start: { x: event.clientX, y: event.clientY },
            isMoving: (image) => ids.includes(image),
            onDrop: (image, isBehind) => drop(ids, image, isBehind),
          });
        },
      },
    };
  }, [clientOf, mayChange, library, select, id, owner]);
}

const isByHand = (library: object): library is Sequence => 'by' in library && library.by === 'manual';
