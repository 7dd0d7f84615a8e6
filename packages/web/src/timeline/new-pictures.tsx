import { ArrowUp } from 'lucide-react';
import { useEffect, useRef, useSyncExternalStore } from 'react';
import type { Library } from '../library/library.ts';
import { useSnapshot } from '../library/source.tsx';
import { Button } from '../ui/button.tsx';
import { numberText } from '../ui/formats.ts';
import { subscribeToScroll } from '../ui/subscribe-to-scroll.ts';
import style from './new-pictures.module.css';
import { NEAR_TOP, type Timeline } from './timeline.ts';

/** Milliseconds between moves of the wall: many pictures that arrive together would move it for each. */
const SETTLED_MS = 1_000;

interface NewPicturesProps {
  readonly library: Library;
  readonly timeline: Timeline;
  /** They are there now: the newest of them. */
  readonly onShown: (id: string) => void;
}

/**
 * At the top, pictures that have arrived are shown within a second. From elsewhere they are offered, because they would
 * move what somebody looks at, and always among those that have some words.
 */
export function NewPictures({ library, timeline, onShown }: NewPicturesProps) {
  const { arrived } = useSnapshot(library);
  const isScrolled = useSyncExternalStore(subscribeToScroll, () => timeline.top() > NEAR_TOP);
  const isAway = isScrolled || library.query.words !== undefined;
  const shownAt = useRef(Number.NEGATIVE_INFINITY);
  useEffect(() => {
    if (arrived === 0 || isAway) return;
    const settle = (): void => {
      shownAt.current = performance.now();
      library.settle();
    };
    const wait = shownAt.current + SETTLED_MS - performance.now();
    if (wait <= 0) return settle();
    const timer = setTimeout(settle, wait);
    return () => clearTimeout(timer);
  }, [arrived, isAway, library]);
  const show = (): void => {
    const newest = library.settle();
    if (newest) onShown(newest.image_id);
  };
  return (
    <>
      <p role="status" className="visually-hidden">
        {arrived > 0 && 'There are new pictures.'}
      </p>
      {arrived > 0 && isAway && (
        <Button className={style['new'] ?? ''} icon={ArrowUp} onClick={show}>
          {numberText(arrived)} new
        </Button>
      )}
    </>
  );
}
