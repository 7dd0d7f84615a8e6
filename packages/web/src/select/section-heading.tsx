import { useLibrary } from '../library/source.tsx';
import type { Section } from '../timeline/sections.ts';
import { formatsOf } from '../ui/formats.ts';
import type { Select } from './create-select.tsx';
import style from './section-heading.module.css';
import { SelectMark } from './select-mark.tsx';

type Days = Pick<Section, 'time' | 'lastTime'>;

interface SectionHeadingProps {
  readonly days: Days;
  /** Those above, if they are rendered. */
  readonly before: Days | undefined;
  readonly text: string;
  readonly width: number;
  readonly select: Select;
  /** Whether Tab reaches what selects the days. */
  readonly isTabStop: boolean;
}

/** Pixels: narrower days have no room for the month. */
const ROOM_FOR_MONTH = 340;

/** Beside the days of a section: what selects them and, while pictures are selected, their month. */
export function SectionHeading({ days, before, text, width, select, isTabStop }: SectionHeadingProps) {
  const { order } = useLibrary();
  const { calendarMonth, monthYear } = formatsOf(order);
  const { time, lastTime } = days;
  const current = select.selecting();
  const month = calendarMonth(time);
  const above = before && calendarMonth(before.lastTime);
  const isFirst = above?.month !== month.month || above.year !== month.year;
  return (
    <>
      <SelectMark
        label={`Select ${text}`}
        isChecked={current?.hasDays(lastTime, time) ?? false}
        isTabStop={isTabStop && current !== undefined}
        onClick={() => select.begin((selecting) => selecting.toggleDays(lastTime, time))}
      />
      {current && isFirst && width >= ROOM_FOR_MONTH && (
        <button
          type="button"
          className={style['month']}
          aria-pressed={current.hasMonth(month)}
          tabIndex={isTabStop ? 0 : -1}
          onClick={() => current.toggleMonth(month)}
        >
          All of {monthYear(time)}
        </button>
      )}
    </>
  );
}
