import { X } from 'lucide-react';
import { memo, useCallback, useRef } from 'react';
import { Button, IconButton } from '../ui/button.tsx';
import { numberText } from '../ui/formats.ts';
import { AlreadyThere } from './already-there.tsx';
import { MAX_FILES } from './found-files.ts';
import { LostFiles } from './lost-files.tsx';
import { ProblemGroup } from './problem-group.tsx';
import style from './tray.module.css';
import type { TraySummary } from './tray-summary.ts';
import type { QueueState, UploadQueue } from './upload-queue.ts';
import { type KeptRow, MOST_ROWS, useKeptRows } from './use-kept-rows.ts';
import { count, isSent, stateWords } from './words.ts';

export interface TrayListProps {
  readonly id: string;
  readonly queue: UploadQueue;
  readonly state: QueueState;
  readonly summary: TraySummary;
}

export function TrayList({ id, queue, state, summary }: TrayListProps) {
  const { active, problems, lost } = summary;
  const canceled = useRef(new Set<string>());
  const cancel = useCallback(
    (ids: readonly string[]): void => {
      for (const one of ids) canceled.current.add(one);
      queue.remove(ids);
    },
    [queue],
  );
  const failed = new Set(state.items.filter((item) => item.state === 'failed').map((item) => item.id));
  const rows = useKeptRows(active, (one) => failed.has(one) || canceled.current.has(one));
  const more = active.length - rows.filter(({ isUploaded }) => !isUploaded).length;
  // Those that are being looked at get their places before they are known.
  const places = Math.min(MOST_ROWS, rows.length + state.reading);
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
      {state.there.length > 0 && <AlreadyThere queue={queue} files={state.there} />}
      {places > 0 && (
        <ul
          className={style['rows']}
          aria-label={summary.isBusy ? 'In progress' : 'Uploaded'}
          style={{ minHeight: `calc(${places} * var(--target) + 8px)` }}
        >
          {rows.map((row) => (
            <Row key={row.item.id} {...row} isPaused={state.isPaused} onCancel={cancel} />
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
          <Button onClick={() => cancel(active.map((item) => item.id))}>Cancel all</Button>
        </footer>
      )}
      {places + problems.length + lost.length + state.skipped === 0 && !state.isCut && (
        <p className={style['note']}>{endWords(summary)}</p>
      )}
    </div>
  );
}

function endWords({ isBusy, done, there }: TraySummary): string {
  if (isBusy) return 'Looking at the files.';
  return done === 0 && there > 0 ? 'Nothing was sent: all of it is here.' : 'Everything is uploaded.';
}

interface RowProps extends KeptRow {
  readonly isPaused: boolean;
  readonly onCancel: (ids: readonly string[]) => void;
}

const Row = memo(function Row({ item, isUploaded, isPaused, onCancel }: RowProps) {
  const { id, name, state, progress } = item;
  return (
    <li className={style['row']}>
      <bdi className={style['name']} title={name}>
        {name}
      </bdi>
      <span className={style['state']}>{isUploaded ? 'Uploaded' : stateWords(item, isPaused)}</span>
      <IconButton
        icon={X}
        label={`Cancel ${name}`}
        title="Cancel"
        disabled={isUploaded}
        onClick={() => onCancel([id])}
      />
      {!isUploaded && state === 'uploading' && !isSent(item) && (
        <progress className={style['progress']} aria-label={`Progress of ${name}`} max={1} value={progress} />
      )}
    </li>
  );
});
