import { type CSSProperties, useLayoutEffect, useRef, useState, useSyncExternalStore } from 'react';
import type { Library, Picture } from '../library/library.ts';
import { dayName } from '../ui/formats.ts';
import style from './grid.module.css';
import { metricsOf } from './metrics.ts';
import { NewPictures } from './new-pictures.tsx';
import { Scrubber } from './scrubber.tsx';
import { sectionsIn } from './sections.ts';
import { PictureTile } from './tile.tsx';
import { createTimeline, type Timeline, type TimelineView } from './timeline.ts';
import { useFocus } from './use-focus.ts';

interface GridProps {
  readonly library: Library;
  readonly label: string;
  readonly onTrash: (picture: Picture) => void;
}

/** The pictures of a library in rows by day, of which only those near the screen are in the document. */
export function Grid(props: GridProps) {
  const place = useRef<HTMLDivElement>(null);
  const [timeline, setTimeline] = useState<Timeline>();
  const { library } = props;
  useLayoutEffect(() => {
    const element = place.current;
    if (!element) return;
    const scroller = { top: () => scrollY, height: () => innerHeight };
    const created = createTimeline(library, scroller, metricsOf(element));
    setTimeline(created);
    const observer = new ResizeObserver(() => created.resize(metricsOf(element)));
    observer.observe(element);
    const resized = (): void => created.resize(metricsOf(element));
    addEventListener('scroll', created.scrolled, { passive: true });
    addEventListener('resize', resized);
    return () => {
      removeEventListener('scroll', created.scrolled);
      removeEventListener('resize', resized);
      observer.disconnect();
      created.close();
    };
  }, [library]);
  return (
    <div className={style['place']}>
      <div ref={place}>{timeline && <Rows {...props} timeline={timeline} />}</div>
    </div>
  );
}

function Rows({ library, timeline, label, onTrash }: GridProps & { readonly timeline: Timeline }) {
  const view = useSyncExternalStore(timeline.subscribe, timeline.view);
  const element = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    if (view.scrollTo !== undefined) scrollTo({ top: view.scrollTo, behavior: 'instant' });
  }, [view]);
  const focus = useFocus({ library, timeline, element, onTrash });
  const { layout } = view;
  const sections = sectionsIn(view, focus.pinned);
  const shown = sections.flatMap(({ places }) => places);
  const onScreen = shown.find(({ top }) => top >= timeline.top()) ?? shown[0];
  const hasCurrent = shown.some(({ picture }) => picture.image_id === focus.current);
  const tabStop = hasCurrent ? focus.current : onScreen?.picture.image_id;
  const now = Date.now();
  return (
    <>
      <NewPictures library={library} onShown={focus.focus} />
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset is for a form. */}
      <div
        ref={element}
        className={style['grid']}
        style={{ height: layout.height }}
        role="group"
        aria-label={label}
        {...focus.handlers}
      >
        <Skeletons view={view} />
        {sections.map(({ key, time, top, left, width, height, places }) => (
          <div key={key} className={style['day']} style={{ top, left, height }}>
            <h2 className={style['heading']} style={{ width, height: layout.metrics.headingHeight }}>
              {dayName(time, now)}
            </h2>
            {places.map((one) => (
              <PictureTile
                key={one.picture.image_id}
                picture={one.picture}
                top={one.top - top}
                left={one.left - left}
                width={one.width}
                height={one.height}
                isTabStop={one.picture.image_id === tabStop}
              />
            ))}
          </div>
        ))}
      </div>
      <Scrubber timeline={timeline} layout={layout} />
    </>
  );
}

function Skeletons({ view: { layout, from, to } }: { readonly view: TimelineView }) {
  return layout.placed.map((one) => {
    if (one.top >= to || one.top + one.height <= from || (one.kind === 'block' && one.layout)) return null;
    const size = { top: one.top, height: one.height, '--row': `${layout.metrics.rowHeight}px` } as CSSProperties;
    return <div key={one.segment.key} className={style['skeleton']} style={size} data-unloaded />;
  });
}
