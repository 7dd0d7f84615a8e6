import { Image, X } from 'lucide-react';
import { memo, useEffect, useState } from 'react';
import { Button, IconButton } from '../../ui/button.tsx';
import style from './contribute.module.css';
import type { Contribution } from './contribution.ts';

export type Action = 'retry' | 'discard' | 'take-back';

interface ContributionRowProps {
  readonly row: Contribution;
  readonly words: string;
  readonly canTakeBack: boolean;
  readonly onAct: (row: Contribution, action: Action) => void;
}

/** One picture of this browser. */
export const ContributionRow = memo(
  function ContributionRow({ row, words, canTakeBack, onAct }: ContributionRowProps) {
    const { name, preview, state } = row;
    const isDone = state.kind === 'ready' || state.kind === 'held';
    const isFailed = state.kind === 'failed' || state.kind === 'needs-file';
    return (
      <li className={style['row']}>
        <Preview preview={preview} />
        <div className={style['what']}>
          <bdi className={style['file']} title={name}>
            {name}
          </bdi>
          <span className={isFailed ? style['problem'] : style['state']}>{words}</span>
        </div>
        {isDone && canTakeBack && (
          <Button aria-label={`Take back ${name}`} onClick={() => onAct(row, 'take-back')}>
            Take back
          </Button>
        )}
        {state.kind === 'failed' && state.canRetry && (
          <Button aria-label={`Try again: ${name}`} onClick={() => onAct(row, 'retry')}>
            Try again
          </Button>
        )}
        {!isDone && (
          <IconButton
            icon={X}
            label={isFailed ? `Remove ${name} from the list` : `Cancel ${name}`}
            title={isFailed ? 'Remove' : 'Cancel'}
            onClick={() => onAct(row, 'discard')}
          />
        )}
        {state.kind === 'sending' && state.progress !== undefined && (
          <progress aria-label={`Progress of ${name}`} max={1} value={state.progress} />
        )}
      </li>
    );
  },
  (before, { row, words, canTakeBack }) =>
    before.words === words &&
    before.canTakeBack === canTakeBack &&
    before.row.preview === row.preview &&
    before.row.state.kind === row.state.kind &&
    (row.state.kind !== 'failed' || before.row.state === row.state),
);

function Preview({ preview }: { readonly preview: Blob | undefined }) {
  const [url, setUrl] = useState<string>();
  useEffect(() => {
    if (!preview) return;
    const made = URL.createObjectURL(preview);
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [preview]);
  return (
    <span className={style['preview']}>
      {url === undefined ? <Image size={20} strokeWidth={1.5} aria-hidden /> : <img src={url} alt="" />}
    </span>
  );
}
