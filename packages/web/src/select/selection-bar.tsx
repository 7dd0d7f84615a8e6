import { explain } from '@safelight/client';
import { type LucideIcon, X } from 'lucide-react';
import { type ReactNode, useLayoutEffect, useSyncExternalStore } from 'react';
import { isAll } from '../library/library-query.ts';
import { Button, IconButton } from '../ui/button.tsx';
import { useShortcuts } from '../ui/shortcuts.tsx';
import { showToast } from '../ui/toast.tsx';
import { MOST_SELECTED, type Selecting, type SelectingSnapshot } from './create-selecting.ts';
import { EVERYTHING, partsOutside } from './selection.ts';
import style from './selection-bar.module.css';
import { picturesText, sizeOf } from './words.ts';

/** What can be done to the selected pictures. */
export interface SelectionAction {
  readonly icon: LucideIcon;
  readonly label: string;
  readonly key?: string;
  readonly run: () => void;
}

interface SelectionBarProps {
  readonly selecting: Selecting;
  readonly actions: readonly SelectionAction[];
  readonly children?: ReactNode;
}

/** More actions have two rows on a phone, and no labels on a laptop. */
const ONE_ROW = 8;

/** Above the page's bar, on a phone at the bottom: how many pictures are selected, and what can be done to them. */
export function SelectionBar({ selecting, actions, children }: SelectionBarProps) {
  const snapshot = useSyncExternalStore(selecting.subscribe, selecting.snapshot);
  const { selection, isReading } = snapshot;
  useCoveredBar();
  const isMatching = !isAll(selecting.library.query);
  const isEverything = partsOutside([EVERYTHING], selection.ranges).length === 0 && selection.without.size === 0;
  /** Only what is to be done to all that is being read waits for it. */
  const act = (run: () => void): void => {
    if (selecting.snapshot().isReading) showToast({ text: 'The pictures are still being counted.' });
    else run();
  };
  useShortcuts([
    { key: 'Escape', about: 'End the selection', run: selecting.end },
    ...actions.flatMap(({ key, label, run }) =>
      key === undefined ? [] : [{ key, about: `${label}: selected`, run: () => act(run) }],
    ),
  ]);
  return (
    <section
      className={style['bar']}
      aria-label="Selection"
      data-selection-bar={actions.length > ONE_ROW ? 'two rows' : ''}
    >
      <h1 className="visually-hidden">Selected pictures</h1>
      <div className={style['count']}>
        <IconButton icon={X} label="End the selection" shortcut="Escape" onClick={selecting.end} />
        <p role="status">{textOf(snapshot)}</p>
        {isReading ? (
          <Button onClick={selecting.stop}>Stop</Button>
        ) : (
          !isEverything && (
            <Button onClick={selecting.selectAll}>{isMatching ? 'Select all that match' : 'Select all'}</Button>
          )
        )}
      </div>
      <div className={style['actions']}>
        {actions.map(({ icon, label, key, run }) => (
          <Button
            key={label}
            icon={icon}
            aria-label={label}
            aria-keyshortcuts={key}
            aria-disabled={isReading}
            title={key === undefined ? label : `${label} (${key})`}
            onClick={() => act(run)}
          >
            <span aria-hidden>{label}</span>
          </Button>
        ))}
      </div>
      {children}
    </section>
  );
}

/** Except on a phone it lies over the page's bar, where nobody would see the focus. */
function useCoveredBar(): void {
  useLayoutEffect(() => {
    const covered = document.querySelector('header');
    const wide = matchMedia('(width >= 600px)');
    const judge = (): void => void covered?.toggleAttribute('inert', wide.matches);
    judge();
    wide.addEventListener('change', judge);
    return () => {
      wide.removeEventListener('change', judge);
      covered?.removeAttribute('inert');
    };
  }, []);
}

function textOf({ count, bytes, isReading, isFull, error }: SelectingSnapshot): string {
  const text = `${picturesText(count)}${sizeOf(bytes)}`;
  if (isReading) return `${text} so far…`;
  if (isFull) return `${text}. No more than ${picturesText(MOST_SELECTED)} can be selected.`;
  return error ? `${text}. ${explain(error)}` : text;
}
