import { RotateCw, TriangleAlert, X } from 'lucide-react';
import { IconButton } from '../ui/button.tsx';
import style from './tray.module.css';
import type { Problem } from './tray-summary.ts';
import type { UploadQueue } from './upload-queue.ts';
import { count } from './words.ts';

const MOST_NAMES = 200;

/** Files that failed for one reason: the reason once, and the files below it. */
export function ProblemGroup({ queue, problem }: { readonly queue: UploadQueue; readonly problem: Problem }) {
  const { words, files, canRetry } = problem;
  const ids = files.map(({ id }) => id);
  const [first] = files;
  const isOne = files.length === 1 && first !== undefined;
  const who = isOne ? first.name : `these ${files.length.toLocaleString('en')} files`;
  return (
    <li className={style['problem']}>
      <TriangleAlert className={style['mark']} size={16} strokeWidth={1.75} aria-hidden />
      <div className={style['reason']}>
        {isOne && <Name name={first.name} />}
        <p>{words}</p>
        {!isOne && <Files queue={queue} problem={problem} />}
      </div>
      {canRetry && (
        <IconButton icon={RotateCw} label={`Try ${who} again`} title="Try again" onClick={() => queue.retry(ids)} />
      )}
      <IconButton icon={X} label={`Remove ${who} from the list`} title="Remove" onClick={() => queue.remove(ids)} />
    </li>
  );
}

function Files({ queue, problem: { files, canRetry } }: { readonly queue: UploadQueue; readonly problem: Problem }) {
  const more = files.length - MOST_NAMES;
  return (
    <details>
      <summary>{count(files.length, 'file')}</summary>
      <ul className={style['names']}>
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
      {more > 0 && <p>and {more.toLocaleString('en')} more</p>}
    </details>
  );
}

const Name = ({ name }: { readonly name: string }) => (
  <bdi className={style['name']} title={name}>
    {name}
  </bdi>
);
