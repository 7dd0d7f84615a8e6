import { SafelightError } from '@safelight/client';
import { ChevronDown, ChevronUp } from 'lucide-react';
import { type RefObject, useCallback, useEffect, useId, useReducer, useRef, useState } from 'react';
import { IconButton } from '../../ui/button.tsx';
import { showToast } from '../../ui/toast.tsx';
import { useKeptFocus } from '../../uploads/use-kept-focus.ts';
import style from './contribute.module.css';
import type { Contribution } from './contribution.ts';
import { type Action, ContributionRow } from './contribution-row.tsx';
import { headline, stateWords } from './contribution-words.ts';
import type { Contributions, ContributionsState } from './contributions.ts';
import { reasonOf } from './reason-of.ts';

interface ContributionListProps {
  readonly state: ContributionsState;
  readonly contributions: Contributions;
  /** The owner decides about each picture. */
  readonly approves: boolean;
  readonly canTakeBack: boolean;
  /** Nothing is sent until the password is entered. */
  readonly isLocked: boolean;
  /** The pictures of the album follow. */
  readonly isBesidePictures: boolean;
  /** Has the focus when the last button goes. */
  readonly fallback: RefObject<HTMLElement | null>;
}

/** For how long a button for what is over may still be there, in milliseconds. */
const LOOK_MS = 15_000;

/** The pictures of this browser, and what became of them. */
export function ContributionList(props: ContributionListProps) {
  const { state, contributions, approves, canTakeBack, isLocked, isBesidePictures, fallback } = props;
  const { rows, isBusy, total, failed, progress, pause, wouldLose } = state;
  const list = useId();
  const element = useRef<HTMLElement>(null);
  useKeptFocus(element, fallback);
  const [chosen, setChosen] = useState<boolean>();
  const hasAdded = useRef(false);
  hasAdded.current ||= total > 0 || failed > 0; // not `isBusy`: a small picture is sent before the state is first read
  const isOpen = chosen ?? (hasAdded.current || !isBesidePictures);
  const now = useNow(rows.some(({ leavesUntil }) => leavesUntil !== undefined));
  const act = useCallback(
    (row: Contribution, action: Action): void => {
      if (action === 'take-back') void takeBack(contributions, row);
      else contributions[action](row.id);
    },
    [contributions],
  );
  const wait = isBusy ? (isLocked ? 'The password is needed before more is sent.' : pause) : undefined;
  return (
    <section ref={element} className={style['own']} aria-label="Your pictures">
      <header className={style['header']}>
        <div>
          <h2>Your pictures</h2>
          <p>{headline(state, approves)}</p>
        </div>
        <IconButton
          icon={isOpen ? ChevronUp : ChevronDown}
          label={isOpen ? 'Hide the list' : 'Show the list'}
          aria-expanded={isOpen}
          aria-controls={isOpen ? list : undefined}
          onClick={() => setChosen(!isOpen)}
        />
        {isBusy && <progress aria-label="All pictures" max={1} value={progress} />}
      </header>
      <div role="status">
        {wait !== undefined && <p className={style['note']}>{wait}</p>}
        {wouldLose && <p className={style['note']}>Leave this page open until all is sent.</p>}
      </div>
      {isOpen && (
        <ul
          id={list}
          className={style['rows']}
          data-is-bounded={isBesidePictures || undefined}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and may have no button.
          tabIndex={0}
          aria-label="Your pictures"
        >
          {rows.map((row) => (
            <ContributionRow
              key={row.id}
              row={row}
              words={stateWords(row, approves)}
              canTakeBack={canTakeBack && now < (row.leavesUntil ?? 0)}
              onAct={act}
            />
          ))}
        </ul>
      )}
    </section>
  );
}

async function takeBack(contributions: Contributions, { id, name }: Contribution): Promise<void> {
  try {
    await contributions.takeBack(id);
    showToast({ text: `${name} is taken back.` });
  } catch (error) {
    if (!(error instanceof SafelightError)) throw error;
    const why = error.code === 'forbidden' ? 'The time for it is over.' : reasonOf(error);
    showToast({ text: `${name} couldn't be taken back. ${why}` });
  }
}

/** Milliseconds since 1970, renewed while somebody needs it. */
function useNow(isNeeded: boolean): number {
  const [, look] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    if (!isNeeded) return;
    const timer = setInterval(look, LOOK_MS);
    return () => clearInterval(timer);
  }, [isNeeded]);
  return Date.now();
}
