import { Check, ChevronDown, ChevronUp, X } from 'lucide-react';
import { useId, useState } from 'react';
import { Button, IconButton } from '../ui/button.tsx';
import { numberText } from '../ui/formats.ts';
import type { FileThere } from './known-files.ts';
import style from './tray.module.css';
import type { UploadQueue } from './upload-queue.ts';
import { count } from './words.ts';

const MOST_NAMES = 200;

interface AlreadyThereProps {
  readonly queue: UploadQueue;
  readonly files: readonly FileThere[];
}

/** Files whose bytes the owner has: those of the library, and those of the trash. */
export function AlreadyThere({ queue, files }: AlreadyThereProps) {
  const groups = Map.groupBy(files, ({ isTrashed }) => isTrashed);
  return (
    <ul className={style['problems']} aria-label="Already here">
      {[...groups].map(([isTrashed, group]) => (
        <Group key={String(isTrashed)} queue={queue} files={group} isTrashed={isTrashed} />
      ))}
    </ul>
  );
}

function Group({ queue, files, isTrashed }: AlreadyThereProps & { readonly isTrashed: boolean }) {
  const [isOpen, setIsOpen] = useState(false);
  const list = useId();
  const ids = files.map(({ id }) => id);
  const Chevron = isOpen ? ChevronUp : ChevronDown;
  return (
    <li className={style['problem']}>
      <Check className={style['mark']} size={16} strokeWidth={1.75} aria-hidden />
      <div className={style['reason']}>
        <button
          type="button"
          className={style['files']}
          aria-expanded={isOpen}
          aria-controls={isOpen ? list : undefined}
          onClick={() => setIsOpen(!isOpen)}
        >
          {count(files.length, 'file is', 'files are')} already here{isTrashed && ', in the trash'}
          <Chevron size={16} strokeWidth={1.75} aria-hidden />
        </button>
        {isOpen && <Names id={list} files={files} />}
        <Button className={style['again'] ?? ''} onClick={() => queue.sendKnown(ids)}>
          Upload all the same
        </Button>
      </div>
      <IconButton icon={X} label="Remove these files from the list" title="Remove" onClick={() => queue.remove(ids)} />
    </li>
  );
}

function Names({ id, files }: { readonly id: string; readonly files: readonly FileThere[] }) {
  const more = files.length - MOST_NAMES;
  return (
    <>
      <ul id={id} className={style['names']}>
        {files.slice(0, MOST_NAMES).map(({ id: key, file: { name } }) => (
          <li key={key}>
            <bdi className={style['name']} title={name}>
              {name}
            </bdi>
          </li>
        ))}
      </ul>
      {more > 0 && <p>and {numberText(more)} more</p>}
    </>
  );
}
