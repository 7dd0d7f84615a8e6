import { type KeyboardEvent, useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import type { Order } from '../library/position.ts';
import { formatsOf } from '../ui/formats.ts';
import { subscribeToScroll } from '../ui/subscribe-to-scroll.ts';
import { timeAt } from './places.ts';
import style from './scrubber.module.css';
import { marksOf, trackTop } from './scrubber-marks.ts';
import { monthOf } from './time-scale.ts';
import type { Timeline } from './timeline.ts';
import type { TimelineLayout } from './timeline-layout.ts';

export interface ScrubberProps {
  readonly timeline: Timeline;
  readonly layout: TimelineLayout;
  readonly order: Order;
}

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
/** Arrow keys from the newest picture of a day to its oldest, if there is no other day. */
const DAY_STEPS = 40;
/** The years are seen for so long after the page has moved. */
const SEEN_MS = 1_500;
/** Nearer to the bubble's middle a year would be half behind it, in pixels. */
const BUBBLE = 28;

/** In days, or in parts of the only day. */
const STEPS: Readonly<Record<string, number>> = {
  ArrowUp: 1,
  ArrowRight: 1,
  ArrowDown: -1,
  ArrowLeft: -1,
  PageUp: 30,
  PageDown: -30,
  Home: Number.POSITIVE_INFINITY,
  End: Number.NEGATIVE_INFINITY,
};

/**
 * A slider from the newest to the oldest day: linear in pictures as far as months tell how many there are, or else in
 * time. It lies over the pictures: at rest only its handle is seen, and only that can be touched.
 */
export function Scrubber({ timeline, layout, order }: ScrubberProps) {
  const top = useSyncExternalStore(subscribeToScroll, timeline.top);
  const element = useRef<HTMLDivElement>(null);
  const height = useHeight(element);
  /** The time that a key or the pointer chose: the page may have no picture of exactly that time. */
  const [chosen, setChosen] = useState<number>();
  const [isHovered, setIsHovered] = useState(false);
  /** Where the pointer holds the handle, from the height of its time, in pixels. */
  const grip = useRef(0);
  const isSeen = useJustScrolled(top);
  const { newest, oldest, scale, months } = layout;
  const formats = formatsOf(order);
  const track = useMemo(() => ({ newest, oldest, scale, height, formats }), [newest, oldest, scale, height, formats]);
  const marks = useMemo(() => marksOf(track), [track]);
  const isUseful = newest > oldest;
  const isOneDay = formats.longDate(newest) === formats.longDate(oldest);
  const [unit, step] = isOneDay ? [MINUTE_MS, (newest - oldest) / DAY_STEPS] : [DAY_MS, DAY_MS];
  const words = (one: number, date: (one: number) => string): string => (isOneDay ? formats.timeOfDay(one) : date(one));

  const isAtEnd = top > 0 && top + innerHeight >= layout.height;
  const time = chosen ?? (isAtEnd ? oldest : timeAt(layout, top));
  const topOf = (one: number): number => trackTop(track, one);
  const amount = (one: number): number => Math.round((one - oldest) / unit);

  const jump = (to: number): void => {
    const within = Math.min(newest, Math.max(oldest, to));
    setChosen(within);
    timeline.jump(within);
  };
  /** To the newest picture of the month before, or of the one after. */
  const jumpByMonth = (step: 1 | -1): void => {
    const ends = months?.map((month) => monthOf(month).to) ?? [];
    const here = ends.findLastIndex((end) => end >= time);
    jump(step < 0 ? (ends[here + 1] ?? oldest) : (ends[here - 1] ?? newest));
  };
  const release = (): void => {
    timeline.setDragging(false);
    setChosen(undefined);
  };
  const isUsed = chosen !== undefined || isHovered;
  const hasBubble = isSeen || isUsed;

  return (
    <div
      ref={element}
      className={style['scrubber']}
      hidden={!isUseful}
      data-seen={hasBubble || undefined}
      data-used={isUsed || undefined}
      role="slider"
      tabIndex={0}
      aria-label="Date"
      aria-orientation="vertical"
      aria-valuemin={0}
      aria-valuemax={amount(newest)}
      aria-valuenow={Math.max(0, amount(time))}
      aria-valuetext={words(time, formats.longDate)}
      onKeyDown={(event: KeyboardEvent) => {
        const steps = STEPS[event.key];
        if (steps === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
        event.preventDefault();
        if (months && event.key.startsWith('Page')) jumpByMonth(event.key === 'PageUp' ? 1 : -1);
        else jump(time + steps * step);
      }}
      onBlur={() => setChosen(undefined)}
    >
      {marks.map(({ label, kind, top: at }) => (
        <span
          key={at}
          className={style[kind]}
          style={{ top: at }}
          hidden={hasBubble && Math.abs(at - topOf(time)) < BUBBLE}
          aria-hidden
        >
          {label}
        </span>
      ))}
      <span
        className={style['handle']}
        data-handle
        style={{ transform: `translateY(${topOf(time)}px)` }}
        onPointerEnter={() => setIsHovered(true)}
        onPointerLeave={() => setIsHovered(false)}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          grip.current = event.clientY - topOf(time);
          timeline.setDragging(true);
        }}
        onPointerMove={(event) => {
          if (!event.currentTarget.hasPointerCapture(event.pointerId)) return;
          const share = (event.clientY - grip.current) / Math.max(1, height);
          jump(scale.timeBelow(newest, share * scale.between(newest, oldest), oldest));
        }}
        onPointerUp={release}
        onPointerCancel={release}
      />
      {hasBubble && (
        <span className={style['bubble']} style={{ transform: `translateY(${topOf(time)}px)` }} aria-hidden>
          {words(time, formats.shortDate)}
        </span>
      )}
    </div>
  );
}

function useHeight(element: React.RefObject<HTMLElement | null>): number {
  const [height, setHeight] = useState(0);
  useEffect(() => {
    if (!element.current) return;
    const observer = new ResizeObserver(([entry]) => setHeight(entry?.contentRect.height ?? 0));
    observer.observe(element.current);
    return () => observer.disconnect();
  }, [element]);
  return height;
}

function useJustScrolled(top: number): boolean {
  const [is, setIs] = useState(false);
  const first = useRef(top);
  useEffect(() => {
    if (top === first.current) return;
    first.current = Number.NaN; // from now on every position is a move
    setIs(true);
    const ending = setTimeout(() => setIs(false), SEEN_MS);
    return () => clearTimeout(ending);
  }, [top]);
  return is;
}
