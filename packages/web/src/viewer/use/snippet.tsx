import { Check, Copy } from 'lucide-react';
import { useId } from 'react';
import { Button } from '../../ui/button.tsx';
import { useCopying } from '../../ui/copy-button.tsx';
import style from './use.module.css';

interface SnippetProps {
  readonly label: string;
  /** undefined: it isn't known yet. */
  readonly text: string | undefined;
  readonly rows?: number;
}

/** A text to copy, which can be selected too. */
export function Snippet({ label, text, rows = 1 }: SnippetProps) {
  const id = useId();
  const { isCopied, copy } = useCopying(text ?? '');
  return (
    <div className={style['snippet']}>
      <label htmlFor={id}>{label}</label>
      <textarea
        id={id}
        readOnly
        rows={rows}
        spellCheck={false}
        value={text ?? '…'}
        onFocus={({ currentTarget }) => currentTarget.select()}
      />
      <Button
        icon={isCopied ? Check : Copy}
        aria-label={isCopied ? 'Copied' : `Copy ${label}`}
        aria-disabled={text === undefined}
        onClick={() => {
          if (text !== undefined) void copy();
        }}
      >
        {isCopied ? 'Copied' : 'Copy'}
      </Button>
    </div>
  );
}
