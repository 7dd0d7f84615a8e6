import { useLibrary } from '../library/source.tsx';
import type { Section } from '../timeline/sections.ts';
import { formatsOf } from '../ui/formats.ts';
import type { Begin, Selecting } from './create-selecting.ts';
import style from './section-heading.module.css';
import { SelectMark } from './select-mark.tsx';

type Days = Pick<Section, 'time' | 'lastTime'>;

interface SectionHeadingProps {
  readonly days: Days;
  /** Those above, if they are rendered. */
  readonly before: Days | undefined;
  readonly text: string;
  readonly width: number;
  /** undefined: nothing is selected. */
  readonly selecting: Selecting | undefined;
  readonly begin: Begin;
  /** Whether Tab reaches what selects the days. */
  readonly isTabStop: boolean;
}

/** Pixels: narrower days have no room for the month. */
const ROOM_FOR_MONTH = 340;

/** Beside the days of a section: what selects them and, while pictures are selected, their month. */
export function SectionHeading({ days, before, text, width, selecting, begin, isTabStop }: SectionHeadingProps) {
  const { order } = useLibrary();
  const { calendarMonth, monthYear } = formatsOf(order);
  const { time, lastTime } = days;
  const month = calendarMonth(time);
  const above = before && calendarMonth(before.lastTime);
  const isFirst = above?.month !== month.month || above.year !== month.year;
  return (
    <>
      <SelectMark
        label={`Select ${text}`}
        isChecked={selecting?.hasDays(lastTime, time) ?? false}
        isTabStop={isTabStop && selecting !== undefined}
        onClick={() => begin((one) => one.toggleDays(lastTime, time))}
      />
      {selecting && isFirst && width >= ROOM_FOR_MONTH && (
        <button
          type="button"
          className={style['month']}
          aria-pressed={selecting.hasMonth(month)}
          tabIndex={isTabStop ? 0 : -1}
          onClick={() => selecting.toggleMonth(month)}
        >
          All of {monthYear(time)}
        </button>
      )}
    </>
  );
}
