import { ChevronDown, ChevronUp, RotateCw, TriangleAlert, X } from 'lucide-react';
import { useId, useState } from 'react';
import { IconButton } from '../ui/button.tsx';
import { numberText } from '../ui/formats.ts';
import style from './tray.module.css';
import type { Problem } from './tray-summary.ts';
import type { UploadQueue } from './upload-queue.ts';
import { count } from './words.ts';

const MOST_NAMES = 200;

interface ProblemProps {
  readonly queue: UploadQueue;
  readonly problem: Problem;
}

/** Files that failed for one reason: the reason once, and the files below it. */
export function ProblemGroup({ queue, problem }: ProblemProps) {
  const { words, files, canRetry } = problem;
  const [isOpen, setIsOpen] = useState(false);
  const list = useId();
  const ids = files.map(({ id }) => id);
  const [first] = files;
  const isOne = files.length === 1 && first !== undefined;
  const who = isOne ? first.name : `these ${numberText(files.length)} files`;
  const Chevron = isOpen ? ChevronUp : ChevronDown;
  return (
    <li className={style['problem']}>
      <TriangleAlert className={style['mark']} size={16} strokeWidth={1.75} aria-hidden />
      <div className={style['reason']}>
        {isOne ? (
          <Name name={first.name} />
        ) : (
          <button
            type="button"
            className={style['files']}
            aria-expanded={isOpen}
            aria-controls={isOpen ? list : undefined}
            onClick={() => setIsOpen(!isOpen)}
          >
            {count(files.length, 'file')}
            <Chevron size={16} strokeWidth={1.75} aria-hidden />
          </button>
        )}
        <p>{words}</p>
        {!isOne && isOpen && <Names id={list} queue={queue} problem={problem} />}
      </div>
      {canRetry && (
        <IconButton icon={RotateCw} label={`Try ${who} again`} title="Try again" onClick={() => queue.retry(ids)} />
      )}
      <IconButton icon={X} label={`Remove ${who} from the list`} title="Remove" onClick={() => queue.remove(ids)} />
    </li>
  );
}

function Names({ id: list, queue, problem: { files, canRetry } }: ProblemProps & { readonly id: string }) {
  const more = files.length - MOST_NAMES;
  return (
    <>
      <ul id={list} className={style['names']}>
        {files.slice(0, MOST_NAMES).map(({ id, name }) => (
          <li key={id}>
            <Name name={name} />
            {canRetry && (
              <IconButton
                icon={RotateCw}
                label={`Try ${name} again`}
                title="Try again"
                onClick={() => queue.retry([id])}
              />
            )}
          </li>
        ))}
      </ul>
      {more > 0 && <p>and {numberText(more)} more</p>}
    </>
  );
}

const Name = ({ name }: { readonly name: string }) => (
  <bdi className={style['name']} title={name}>
    {name}
  </bdi>
);
