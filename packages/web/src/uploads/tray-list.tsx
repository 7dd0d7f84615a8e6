import type { UploadItem } from '@safelight/client';
import { X } from 'lucide-react';
import { memo } from 'react';
import { Button, IconButton } from '../ui/button.tsx';
import { numberText } from '../ui/formats.ts';
import { MAX_FILES } from './found-files.ts';
import { LostFiles } from './lost-files.tsx';
import { ProblemGroup } from './problem-group.tsx';
import style from './tray.module.css';
import type { TraySummary } from './tray-summary.ts';
import type { QueueState, UploadQueue } from './upload-queue.ts';
import { count, isSent, stateWords } from './words.ts';

/** Rows at once; the others are a number. */
export const MOST_ROWS = 200;

export interface TrayListProps {
  readonly id: string;
  readonly queue: UploadQueue;
  readonly state: QueueState;
  readonly summary: TraySummary;
}

export function TrayList({ id, queue, state, summary }: TrayListProps) {
  const { active, problems, lost } = summary;
  const more = active.length - MOST_ROWS;
  return (
    <div id={id} className={style['list']}>
      {lost.length > 0 && <LostFiles queue={queue} items={lost} />}
      {problems.length > 0 && (
        <ul className={style['problems']} aria-label="Not uploaded">
          {problems.map((problem) => (
            <ProblemGroup key={problem.key} queue={queue} problem={problem} />
          ))}
        </ul>
      )}
      {active.length > 0 && (
        <ul className={style['rows']} aria-label="In progress">
          {active.slice(0, MOST_ROWS).map((item) => (
            <Row key={item.id} queue={queue} item={item} isPaused={state.isPaused} />
          ))}
        </ul>
      )}
      {more > 0 && <p className={style['note']}>and {numberText(more)} more</p>}
      {state.isCut && (
        <p className={style['note']}>
          Only the first {numberText(MAX_FILES)} pictures were added. Add the others when these are done.
        </p>
      )}
      {state.skipped > 0 && (
        <p className={style['note']}>{count(state.skipped, 'other file was', 'other files were')} skipped.</p>
      )}
      {active.length > 1 && (
        <footer className={style['footer']}>
          <Button onClick={() => queue.remove(active.map((item) => item.id))}>Cancel all</Button>
        </footer>
      )}
      {active.length + problems.length + lost.length + state.skipped === 0 && !state.isCut && (
        <p className={style['note']}>{summary.isBusy ? 'Looking at the files.' : 'Everything is uploaded.'}</p>
      )}
    </div>
  );
}

interface RowProps {
  readonly queue: UploadQueue;
  readonly item: UploadItem;
  readonly isPaused: boolean;
}

const Row = memo(function Row({ queue, item, isPaused }: RowProps) {
  const { id, name, state, progress } = item;
  return (
    <li className={style['row']}>
      <bdi className={style['name']} title={name}>
        {name}
      </bdi>
      <span className={style['state']}>{stateWords(item, isPaused)}</span>
      <IconButton icon={X} label={`Cancel ${name}`} title="Cancel" onClick={() => queue.remove([id])} />
      {state === 'uploading' && !isSent(item) && (
        <progress className={style['progress']} aria-label={`Progress of ${name}`} max={1} value={progress} />
      )}
    </li>
  );
});
