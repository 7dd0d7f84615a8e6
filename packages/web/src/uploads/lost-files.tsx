import type { UploadItem } from '@safelight/client';
import { X } from 'lucide-react';
import { type ChangeEvent, Fragment, useRef } from 'react';
import { Button, IconButton } from '../ui/button.tsx';
import { numberText } from '../ui/formats.ts';
import { showToast } from '../ui/toast.tsx';
import style from './tray.module.css';
import type { UploadQueue } from './upload-queue.ts';
import { useAccept } from './use-accept.ts';

const MOST_NAMES = 3;

interface LostFilesProps {
  readonly queue: UploadQueue;
  readonly items: readonly UploadItem[];
}

/** Uploads that survived a reload without their files: the browser keeps a gigabyte at most. */
export function LostFiles({ queue, items }: LostFilesProps) {
  const accept = useAccept();
  const input = useRef<HTMLInputElement>(null);
  const isOne = items.length === 1;
  const named = items.slice(0, MOST_NAMES);
  const more = items.length - named.length;
  const choose = async ({ target }: ChangeEvent<HTMLInputElement>): Promise<void> => {
    const files = [...(target.files ?? [])];
    target.value = '';
    const added = await queue.addLost(files);
    if (added < files.length)
      showToast({ text: added === 0 ? 'Those are other files.' : 'Other files were left out.' });
  };
  return (
    <div className={style['problem']}>
      <div className={style['reason']}>
        <Button className={style['again'] ?? ''} onClick={() => input.current?.click()}>
          {isOne ? 'Choose this file again' : `Choose these ${numberText(items.length)} files again`}
        </Button>
        <p>
          {named.map(({ id, name }, index) => (
            <Fragment key={id}>
              {index > 0 && ', '}
              <bdi>{name}</bdi>
            </Fragment>
          ))}
          {more > 0 && ` and ${numberText(more)} more`}
        </p>
        <input
          ref={input}
          type="file"
          hidden
          multiple
          accept={accept}
          data-chooser="lost"
          onChange={(event) => void choose(event)}
        />
      </div>
      <IconButton
        icon={X}
        label={isOne ? 'Remove this file from the list' : 'Remove these files from the list'}
        title="Remove"
        onClick={() => queue.remove(items.map(({ id }) => id))}
      />
    </div>
  );
}
