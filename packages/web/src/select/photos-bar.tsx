import { CalendarClock, Download, Eye, Share2, Tag, Tags, Trash2 } from 'lucide-react';
import { useMemo, useState } from 'react';
import type { Member } from '../library/library.ts';
import { useSession } from '../session/session.tsx';
import { remember } from '../session/tab-memory.ts';
import { ask } from '../ui/question.tsx';
import type { Selecting } from './create-selecting.ts';
import { DatesDialog } from './dates-dialog.tsx';
import { DownloadDialog } from './download-dialog.tsx';
import { runWork, type Workplace } from './run-work.tsx';
import { type SelectionAction, SelectionBar } from './selection-bar.tsx';
import { ShareDialog } from './share-dialog.tsx';
import type { Edit, Revisions } from './steps.ts';
import { TagDialog } from './tag-dialog.tsx';
import { VisibilityDialog } from './visibility-dialog.tsx';
import type { WorkWords } from './work-words.ts';
import { deletion, trashing } from './works.ts';

export interface PhotosBarProps {
  readonly selecting: Selecting;
}

type Open = 'tag' | 'untag' | 'visibility' | 'dates' | 'share' | 'download';

/** What can be done to selected pictures that aren't in the trash. */
export function PhotosBar({ selecting }: PhotosBarProps) {
  const { clientOf, info, user, ownUser, mayChange, mayOpenOriginals } = useSession();
  const [open, setOpen] = useState<Open>();
  const { library } = selecting;
  const place = useMemo(
    (): Workplace => ({ library, selecting, clientOf, kept: new Map() }),
    [library, selecting, clientOf],
  );
  const close = (): void => setOpen(undefined);
  const change = (words: WorkWords, edit: Edit, members: readonly Member[], at: Revisions = 'any'): void => {
    close();
    runWork({ ...words, effect: 'stays', steps: [{ kind: 'change', edit, at, members }] }, place);
  };
  const trash = async (): Promise<void> => {
    const members = selecting.members();
    if (info.trash_days === 0) {
      const work = deletion(members);
      if (await ask(work.question)) runWork(work, place);
      return;
    }
    const other = user === undefined && members.find(({ user_id }) => user_id !== ownUser);
    if (other) remember('trash-user', other.user_id);
    runWork(trashing(members), place);
  };
  const download: SelectionAction = {
    icon: Download,
    label: 'Download',
    key: 'd',
    run: () => setOpen('download'),
  };
  const actions: readonly SelectionAction[] = mayChange
    ? [
        { icon: Tag, label: 'Tag', key: 't', run: () => setOpen('tag') },
        { icon: Tags, label: 'Remove tag', run: () => setOpen('untag') },
        { icon: Eye, label: 'Visibility', run: () => setOpen('visibility') },
        { icon: CalendarClock, label: 'Dates', run: () => setOpen('dates') },
        { icon: Share2, label: 'Share', key: 's', run: () => setOpen('share') },
        download,
        {
          icon: Trash2,
          label: info.trash_days === 0 ? 'Delete' : 'Move to trash',
          key: 'Delete',
          run: () => void trash(),
        },
      ]
    : mayOpenOriginals
      ? [download]
      : [];
  return (
    <SelectionBar selecting={selecting} actions={actions}>
      {(open === 'tag' || open === 'untag') && (
        <TagDialog isRemoving={open === 'untag'} selecting={selecting} onClose={close} onChange={change} />
      )}
      {open === 'visibility' && <VisibilityDialog selecting={selecting} onClose={close} onChange={change} />}
      {open === 'dates' && <DatesDialog selecting={selecting} onClose={close} onChange={change} />}
      {open === 'share' && <ShareDialog selecting={selecting} onClose={close} />}
      {open === 'download' && <DownloadDialog selecting={selecting} onClose={close} />}
    </SelectionBar>
  );
}
