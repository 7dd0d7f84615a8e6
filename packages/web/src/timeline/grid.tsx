import { type CSSProperties, useEffect, useLayoutEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import type { DensityControlProps } from '../density/density-control.tsx';
import type { Library, Sorted } from '../library/library.ts';
import { timeOf } from '../library/position.ts';
import { useLibrary } from '../library/source.tsx';
import type { Select } from '../select/create-select.tsx';
import { useSelection } from '../select/use-select.ts';
import { useSession } from '../session/session.tsx';
import { formatsOf, numberText } from '../ui/formats.ts';
import { later } from '../ui/later.tsx';
import { whenQuiet } from '../ui/when-quiet.ts';
import style from './grid.module.css';
import { metricsOf } from './metrics.ts';
import { NewPictures } from './new-pictures.tsx';
import { numbersIn } from './numbers.ts';
import type { ScrubberProps } from './scrubber.tsx';
import { sectionsIn } from './sections.ts';
import { PictureTile, type TileParts } from './tile.tsx';
import { createTimeline, type Point, type Timeline, type TimelineView } from './timeline.ts';
import { type Keys, useFocus } from './use-focus.ts';

/** The first pictures don't wait for it. */
const Scrubber = later<ScrubberProps>(() => import('./scrubber.tsx').then(({ Scrubber }) => Scrubber), whenQuiet);
const loadDensityControl = () => import('../density/density-control.tsx').then(({ DensityControl }) => DensityControl);
const DensityControl = later<DensityControlProps>(loadDensityControl, whenQuiet);
/** A grid of fewer screens is scrolled faster than scrubbed. */
const LEAST_SCREENS = 2;

interface GridProps extends TileParts {
  readonly label: string;
  readonly keys: Keys;
  /** Absent: pictures can't be selected. */
  readonly select?: Select | undefined;
}

/** The pictures of the source around it in rows by day, of which only those near the screen are in the document. */
export function Grid(props: GridProps) {
  const place = useRef<HTMLDivElement>(null);
  const [timeline, setTimeline] = useState<Timeline>();
  const library = useLibrary();
  useOwnScrollbar(library);
  useLayoutEffect(() => {
    const element = place.current;
    const main = element?.closest('main');
    if (!element || !main) return;
    /** The height of the content above the grid. */
    let above = 0;
    const measure = () => {
      above = element.getBoundingClientRect().top - main.getBoundingClientRect().top;
      const metrics = metricsOf(element);
      return library.hasDates ? metrics : { ...metrics, headingHeight: 0 };
    };
    const metrics = measure();
    const created = createTimeline(
      library,
      {
        top: () => scrollY - above,
        height: () => innerHeight,
        scrollTo: (top) => scrollTo({ top: top + above, behavior: 'instant' }),
      },
      metrics,
    );
    setTimeline(created);
    const stopWaiting = whenQuiet(created.widen);
    const resized = (): void => created.resize(measure());
    const densityChosen = ({ detail }: CustomEvent<Point>): void => created.resize(measure(), detail);
    const observer = new ResizeObserver(resized);
    observer.observe(main);
    addEventListener('scroll', created.scrolled, { passive: true });
    addEventListener('resize', resized);
    addEventListener('density', densityChosen);
    return () => {
      stopWaiting();
      removeEventListener('scroll', created.scrolled);
      removeEventListener('resize', resized);
      removeEventListener('density', densityChosen);
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

function Rows({ timeline, label, keys, select, ...parts }: GridProps & { readonly timeline: Timeline }) {
  const library = useLibrary();
  const { user } = useSession();
  const view = useSyncExternalStore(timeline.subscribe, timeline.view);
  const element = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    if (view.scrollTo !== undefined) timeline.scroller.scrollTo(view.scrollTo);
  }, [view, timeline]);
  const selection = useSelection(select);
  const focus = useFocus({
    library,
    timeline,
    view,
    element,
    keys: select?.keysWith(keys) ?? keys,
    onExtend: select?.extend,
  });
  const { layout } = view;
  const sections = sectionsIn(view, focus.pinned === undefined ? undefined : library.loaded(focus.pinned));
  const shown = sections.flatMap(({ places }) => places);
  const onScreen = shown.find(({ top }) => top >= timeline.top()) ?? shown[0];
  const hasCurrent = shown.some(({ picture }) => picture.image_id === focus.current);
  const tabStop = hasCurrent ? focus.current : onScreen?.picture.image_id;
  const { dayName, dayRange, longDate } = formatsOf(library.order);
  const numbers = useMemo(() => numbersIn(layout), [layout]);
  /** "14 July 2024, 3 of 1,204". Among everybody's pictures it begins with "of ada". */
  const whereIs = (picture: Sorted): string => {
    const number = numbers.of(picture);
    const place = number && numbers.total && `${numberText(number)} of ${numberText(numbers.total)}`;
    const owner = user === undefined && `of ${picture.user_id}`;
    return [owner, library.hasDates && longDate(timeOf(picture.at)), place].filter(Boolean).join(', ');
  };
  const now = Date.now();
  return (
    <>
      <NewPictures library={library} timeline={timeline} onShown={focus.focus} />
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset is for a form. */}
      <div
        ref={element}
        className={style['grid']}
        style={{ height: layout.height }}
        role="group"
        aria-label={label}
        data-selecting={selection && ''}
        {...focus.handlers}
        {...select?.handlers}
      >
        <Skeletons view={view} />
        {sections.map(({ key, time, lastTime, isJoined, top, left, width, height, places }, index) => {
          const text = isJoined ? dayRange(lastTime, time, now) : dayName(time, now);
          return (
            <div key={key} className={style['day']} style={{ top, left, height }}>
              {library.hasDates && (
                <div className={style['heading']} style={{ width, height: layout.metrics.headingHeight }}>
                  <h2>{text}</h2>
                  {select && (
                    <select.Heading
                      days={{ time, lastTime }}
                      before={sections[index - 1]}
                      text={text}
                      width={width}
                      selecting={select.selecting()}
                      begin={select.begin}
                      isTabStop={places.some(({ picture }) => picture.image_id === tabStop)}
                    />
                  )}
                </div>
              )}
              {places.map((one) => (
                <PictureTile
                  key={one.picture.image_id}
                  {...parts}
                  picture={one.picture}
                  where={whereIs(one.picture)}
                  owner={user === undefined ? one.picture.user_id : undefined}
                  top={one.top - top}
                  left={one.left - left}
                  width={one.width}
                  height={one.height}
                  isTabStop={one.picture.image_id === tabStop}
                  isSelected={selection && select?.has(selection, one.picture.at)}
                  Mark={select?.Mark}
                />
              ))}
            </div>
          );
        })}
      </div>
      <DensityControl grid={element} />
      {library.hasDates && layout.height > LEAST_SCREENS * innerHeight && (
        <Scrubber timeline={timeline} layout={layout} order={library.order} />
      )}
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

/** The scrubber is the scrollbar of this view: the browser's would tell estimated heights. */
function useOwnScrollbar({ hasDates }: Library): void {
  useEffect(() => {
    if (!hasDates) return;
    document.documentElement.dataset['scrollbar'] = 'own';
    return () => {
      delete document.documentElement.dataset['scrollbar'];
    };
  }, [hasDates]);
}
