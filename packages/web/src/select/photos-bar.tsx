import {
  BookImage,
  BookPlus,
  BookX,
  CalendarClock,
  Download,
  Eye,
  MoveLeft,
  MoveRight,
  Share2,
  Tag,
  Tags,
  Trash2,
} from 'lucide-react';
import { useMemo, useState, useSyncExternalStore } from 'react';
import type { AddToAlbumProps } from '../albums/add-to-album.tsx';
import type { NamedAlbum } from '../albums/named-album.ts';
import type { Member } from '../library/library.ts';
import { useSession } from '../session/session.tsx';
import { remember } from '../session/tab-memory.ts';
import { later } from '../ui/later.tsx';
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
import { addingTo, deletion, removingFrom, trashing } from './works.ts';

export interface PhotosBarProps {
  readonly selecting: Selecting;
  /** Absent: the pictures aren't shown in an album. */
  readonly album?: AlbumTools;
}

/** What can be done to selected pictures in the album that shows them. */
export interface AlbumTools {
  readonly shown: NamedAlbum;
  makeCover(image: string): Promise<void>;
  /** A place earlier (-1) or later. Absent: the album isn't ordered by hand. */
  readonly move: ((step: -1 | 1) => void) | undefined;
}

const AddToAlbum = later<AddToAlbumProps>(() =>
  import('../albums/add-to-album.tsx').then(({ AddToAlbum }) => AddToAlbum),
);

type Open = 'album' | 'tag' | 'untag' | 'visibility' | 'dates' | 'share' | 'download';

/** What can be done to selected pictures that aren't in the trash. */
export function PhotosBar({ selecting, album }: PhotosBarProps) {
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
  const count = useSyncExternalStore(selecting.subscribe, () => selecting.snapshot().count);
  const inAlbum: readonly SelectionAction[] = album
    ? [
        {
          icon: BookX,
          label: 'Remove from album',
          key: 'r',
          run: () => runWork(removingFrom(album.shown, selecting.members()), place),
        },
        ...(count === 1
          ? [
              {
                icon: BookImage,
                label: 'Use as cover',
                run: () => void album.makeCover(selecting.members()[0]?.image_id ?? ''),
              },
            ]
          : []),
        ...(album.move
          ? [
              { icon: MoveLeft, label: 'Move earlier', run: () => album.move?.(-1) },
              { icon: MoveRight, label: 'Move later', run: () => album.move?.(1) },
            ]
          : []),
      ]
    : [];
  const actions: readonly SelectionAction[] = mayChange
    ? [
        { icon: BookPlus, label: 'Add to album', key: 'b', run: () => setOpen('album') },
        ...inAlbum,
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
      {open === 'album' && (
        <AddToAlbum
          pictures={selecting.members()}
          onClose={close}
          onChoose={(chosen) => {
            close();
            runWork(addingTo(chosen, selecting.members()), place);
          }}
        />
      )}
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
