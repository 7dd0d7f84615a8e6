import { type ReactNode, useSyncExternalStore } from 'react';
import { Button } from '../ui/button.tsx';
import { numberText } from '../ui/formats.ts';
import style from './task-panel.module.css';

export interface ProgressSnapshot {
  /** Pictures. */
  readonly done: number;
  readonly isStopped: boolean;
}

/** How far something is that is done to many pictures. */
export interface Progress {
  /** "Tagging". */
  readonly doing: string;
  readonly total: number;
  snapshot(): ProgressSnapshot;
  subscribe(listener: () => void): () => void;
  add(pictures: number): void;
  stop(): void;
}

export function createProgress({ doing, total }: Pick<Progress, 'doing' | 'total'>): Progress {
  const listeners = new Set<() => void>();
  let current: ProgressSnapshot = { done: 0, isStopped: false };
  const change = (next: Partial<ProgressSnapshot>): void => {
    current = { ...current, ...next };
    for (const listener of listeners) listener();
  };
  return {
    doing,
    total,
    snapshot: () => current,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    add: (pictures) => change({ done: current.done + pictures }),
    stop: () => change({ isStopped: true }),
  };
}

/** Says how far it is, and stops it. */
export function ProgressPanel({ progress }: { readonly progress: Progress }) {
  const { doing, total } = progress;
  const { done, isStopped } = useSyncExternalStore(progress.subscribe, progress.snapshot);
  return (
    <section className={style['panel']} aria-label={doing}>
      <p>
        {isStopped ? 'Stopping' : doing}… {numberText(done)} of {numberText(total)}
      </p>
      <Button aria-disabled={isStopped} onClick={progress.stop}>
        Stop
      </Button>
      <progress aria-label={doing} value={done} max={total} />
    </section>
  );
}

interface NoticePanelProps {
  readonly onClose: () => void;
  readonly children: ReactNode;
}

/** Says something that one wants to read at one's leisure. */
export function NoticePanel({ onClose, children }: NoticePanelProps) {
  return (
    <section className={style['panel']} aria-label="Note">
      <div>{children}</div>
      <Button onClick={onClose}>Close</Button>
    </section>
  );
}

interface FailurePanelProps {
  /** "3 of 5,000 pictures failed." */
  readonly text: string;
  /** Why, each in a sentence. */
  readonly reasons: readonly string[];
  /** Absent: it would fail again. */
  readonly onRetry?: (() => void) | undefined;
  readonly onClose: () => void;
}

export function FailurePanel({ text, reasons, onRetry, onClose }: FailurePanelProps) {
  return (
    <section className={style['panel']} aria-label="What failed" role="alert">
      <div>
        <p>{text}</p>
        <ul>
          {reasons.map((reason) => (
            <li key={reason}>{reason}</li>
          ))}
        </ul>
      </div>
      <div className={style['answers']}>
        {onRetry && <Button onClick={onRetry}>Retry</Button>}
        <Button onClick={onClose}>Close</Button>
      </div>
    </section>
  );
}
