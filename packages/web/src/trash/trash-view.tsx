import { explain } from '@safelight/client';
import { type RefObject, useCallback, useEffect, useMemo, useReducer, useRef } from 'react';
import { createLibrary } from '../library/create-library.ts';
import type { Library } from '../library/library.ts';
import { type Source, SourceProvider, useLibrary, useSnapshot } from '../library/source.tsx';
import { createTileLine } from '../library/tile-line.ts';
import { TrashBar } from '../select/trash-bar.tsx';
import { useSelect, useSelecting } from '../select/use-select.ts';
import { useSession } from '../session/session.tsx';
import { useKnownUsers } from '../session/use-known-users.ts';
import { type OneOwner, useOneOwner } from '../session/use-one-owner.ts';
import { UserField } from '../session/user-field.tsx';
import { ConnectionBanner } from '../timeline/connection-banner.tsx';
import { Grid } from '../timeline/grid.tsx';
import { Button } from '../ui/button.tsx';
import { numberText } from '../ui/formats.ts';
import { ask } from '../ui/question.tsx';
import { type Shortcut, useShortcuts } from '../ui/shortcuts.tsx';
import { showToast } from '../ui/toast.tsx';
import { Viewer } from '../viewer/viewer.tsx';
import { countTrash, EmptyingError, emptyTrash } from './empty-trash.ts';
import { TrashActionsProvider, useNewTrashActions } from './trash-actions.ts';
import { onTrashChanged } from './trash-changed.ts';
import style from './trash-view.module.css';
import { TrashedOver } from './trashed-over.tsx';
import { TrashedRendition } from './trashed-rendition.tsx';

const loadViewer = () => import('./trash-viewer.tsx').then(({ TrashViewer }) => TrashViewer);

/** What was moved to the trash, and when it will be gone. */
export function TrashView() {
  const { client, waits } = useSession();
  const whose = useOneOwner('trash-user');
  const { owner } = whose;
  const photos = useLibrary();
  const section = useRef<HTMLElement>(null);
  const [round, readAnew] = useReducer((count: number) => count + 1, 0);
  const create = useCallback((): Source => {
    const library = createLibrary({ client, user: owner, order: 'upload', status: 'trashed' });
    return { library, line: createTileLine({ waits, readAgain: async (id) => library.lose(id) }) };
  }, [client, owner, waits]);
  return (
    <section ref={section} className={style['view']} aria-label="Trash" tabIndex={-1}>
      <SourceProvider key={`${round} ${owner}`} create={create}>
        <Trashed whose={whose} photos={photos} section={section} readAnew={readAnew} />
      </SourceProvider>
    </section>
  );
}

interface TrashedProps {
  readonly whose: OneOwner;
  readonly photos: Library;
  readonly section: RefObject<HTMLElement | null>;
  readonly readAnew: () => void;
}

function Trashed({ whose: { owner, choose }, photos, section, readAnew }: TrashedProps) {
  const session = useSession();
  const { clientOf, info, users } = session;
  const known = useKnownUsers(session);
  const trash = useLibrary();
  const { isEmpty, error } = useSnapshot(trash);
  const actions = useNewTrashActions(photos);
  const keys = useMemo(() => ({ r: actions.restore, Delete: actions.deleteForever }), [actions]);
  useEffect(
    () => onTrashChanged((restored) => (restored === undefined ? readAnew() : trash.remove(restored))),
    [trash, readAnew],
  );
  const select = useSelect(info.trash_days > 0);
  const selecting = useSelecting(select);
  useShortcuts(LISTED);
  const hadPictures = useRef(false);
  useEffect(() => {
    hadPictures.current ||= isEmpty === false;
    // The last one took the focus with it.
    if (isEmpty && hadPictures.current && document.activeElement === document.body) section.current?.focus();
  }, [isEmpty, section]);

  const empty = async (): Promise<void> => {
    const whose = choose ? ` of the user \u2068${owner}\u2069` : '';
    try {
      const count = await countTrash(clientOf(owner), owner);
      const what = count === 1 ? '1 picture' : `${numberText(count)} pictures`;
      const text = `${what} in the trash${whose} will be gone for good.`;
      if (!(await ask({ title: 'Empty the trash?', text, action: 'Delete all forever' }))) return;
      await emptyTrash(clientOf(owner), owner);
      showToast({ text: 'The trash is empty' });
    } catch (problem) {
      showToast({ text: problem instanceof EmptyingError ? problem.message : explain(problem) });
    }
    readAnew();
    section.current?.focus();
  };

  return (
    <TrashActionsProvider value={actions}>
      <header>
        <p>
          {info.trash_days === 0 ? 'There is no trash here: pictures are deleted at once.' : keptFor(info.trash_days)}
        </p>
        {isEmpty === false && (
          <Button className={style['empty-all'] ?? ''} onClick={() => void empty()}>
            Empty trash…
          </Button>
        )}
      </header>
      {choose && (
        <div className={style['owner']}>
          <UserField
            label="Whose trash"
            value={owner}
            known={users ?? known}
            isLimited={users !== undefined}
            everybody={false}
            action="Show"
            onChoose={(chosen) => chosen !== undefined && choose(chosen)}
          />
        </div>
      )}
      {isEmpty ? (
        info.trash_days > 0 && <p className={style['empty']}>The trash is empty.</p>
      ) : (
        <Grid
          label="Pictures in the trash, the newest first"
          keys={keys}
          select={select}
          Rendition={TrashedRendition}
          Over={TrashedOver}
        />
      )}
      <ConnectionBanner error={error} onRetry={trash.refresh} />
      {selecting && <TrashBar selecting={selecting} photos={photos} />}
      <Viewer load={loadViewer} />
    </TrashActionsProvider>
  );
}

/** For the list of shortcuts: the tile with the focus has these keys. */
const LISTED: readonly Shortcut[] = [
  { key: 'r', about: 'Restore', run: () => {} },
  { key: 'Delete', about: 'Delete forever', run: () => {} },
];

const keptFor = (days: number): string =>
  `Pictures in the trash are deleted for good after ${days === 1 ? 'a day' : `${days} days`}.`;
