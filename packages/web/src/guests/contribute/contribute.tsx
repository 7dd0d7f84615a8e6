import { formatName } from '@safelight/client';
import { ImagePlus } from 'lucide-react';
import { type ChangeEvent, useEffect, useId, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import { useSession } from '../../session/session.tsx';
import { Button } from '../../ui/button.tsx';
import { sizeText } from '../../ui/formats.ts';
import { useIsTouch } from '../../ui/media.ts';
import { useTitlePart } from '../../ui/page-title.ts';
import { useShortcuts } from '../../ui/shortcuts.tsx';
import { acceptAttribute } from '../../uploads/accept-attribute.ts';
import { DropZone } from '../../uploads/drop-zone.tsx';
import { type Found, foundIn } from '../../uploads/found-files.ts';
import { useLeaveWarning } from '../../uploads/use-leave-warning.ts';
import { progressWords } from '../../uploads/words.ts';
import type { GuestLink, SharedAlbum } from '../guest-link.ts';
import style from './contribute.module.css';
import { ContributionList } from './contribution-list.tsx';
import { announcementAfter, type Heard } from './contribution-words.ts';
import { type Contributions, type ContributionsState, openContributions } from './contributions.ts';
import { imageTypesOf } from './image-types.ts';

export interface ContributeProps {
  readonly album: SharedAlbum;
  readonly link: GuestLink;
  /** What guests may add; null: nothing more. */
  readonly terms: SharedAlbum['contributions'];
  readonly onChanged: () => void;
}

/** Guests add pictures here, and see what became of theirs. */
export function Contribute(props: ContributeProps) {
  const { link, terms, onChanged } = props;
  const { waits } = useSession();
  const [contributions, setContributions] = useState<Contributions>();
  const latest = useRef(onChanged);
  latest.current = onChanged;
  const { current: types } = useRef(imageTypesOf(terms?.content_types ?? []));
  useEffect(() => {
    let isGone = false;
    const opening = openContributions({ link, types, waits, onChanged: () => latest.current() });
    void opening.then((opened) => !isGone && setContributions(opened));
    return () => {
      isGone = true;
      void opening.then(({ close }) => close());
    };
  }, [link, types, waits]);
  return contributions && <OpenContributions {...props} contributions={contributions} />;
}

interface OpenProps extends ContributeProps {
  readonly contributions: Contributions;
}

function OpenContributions({ album, link, terms, contributions }: OpenProps) {
  const state = useSyncExternalStore(contributions.subscribe, contributions.snapshot);
  const isLocked = useSyncExternalStore(link.subscribe, link.state).kind === 'locked';
  const button = useRef<HTMLButtonElement>(null);
  useLeaveWarning(() => contributions.snapshot().wouldLose);
  useTitlePart('uploads', state.isBusy ? progressWords(state) : undefined);
  const approves = terms?.approve ?? false;
  return (
    <>
      {terms && (
        <Adding terms={terms} isDropBox={album.images === null} button={button} contributions={contributions} />
      )}
      {state.rows.length > 0 && (
        <ContributionList
          state={state}
          contributions={contributions}
          approves={approves}
          canTakeBack={terms !== null}
          isLocked={isLocked}
          isBesidePictures={album.images !== null}
          fallback={button}
        />
      )}
      <Announcer state={state} />
    </>
  );
}

interface AddingProps {
  readonly terms: NonNullable<SharedAlbum['contributions']>;
  readonly isDropBox: boolean;
  readonly button: React.RefObject<HTMLButtonElement | null>;
  readonly contributions: Contributions;
}

function Adding({ terms, isDropBox, button, contributions }: AddingProps) {
  const { max_bytes: maxBytes, content_types: types, approve } = terms;
  const input = useRef<HTMLInputElement>(null);
  const isPhone = useIsTouch();
  const accept = useMemo(() => acceptAttribute(imageTypesOf(types), { isPhone }), [types, isPhone]);
  const add = (found: Found): void => void contributions.add(found, maxBytes);
  const choose = (): void => input.current?.click();
  useShortcuts([{ key: 'u', about: 'Add pictures', run: choose }]);
  const chosen = ({ target }: ChangeEvent<HTMLInputElement>): void => {
    const found = foundIn(target.files ?? []);
    target.value = ''; // the same files can be chosen again
    add(found);
  };
  return (
    <section className={style['adding']} aria-label="Add pictures">
      <div className={style['ways']}>
        <Button ref={button} isMain icon={ImagePlus} className={style['add'] ?? ''} onClick={choose}>
          Add pictures
        </Button>
        <NameField contributions={contributions} />
      </div>
      <p className={style['quiet']}>
        {namesOf(types)}, up to {sizeText(maxBytes)} each.
        {approve && ' The owner looks at each picture before it appears.'}
        {isDropBox && !approve && ' Only the owner sees them.'} You can take each back for an hour.
      </p>
      <input ref={input} type="file" hidden multiple accept={accept} data-chooser="files" onChange={chosen} />
      <DropZone onFound={add} />
    </section>
  );
}

const namesOf = (types: readonly string[]): string =>
  types
    .map(formatName)
    .join(', ')
    .replace(/, ([^,]+)$/, ' or $1');

function NameField({ contributions }: Pick<AddingProps, 'contributions'>) {
  const id = useId();
  const [name, setName] = useState(contributions.name);
  const change = ({ target: { value } }: ChangeEvent<HTMLInputElement>): void => {
    setName(value);
    contributions.setName(value);
  };
  return (
    <div className={style['name']}>
      <label htmlFor={id}>Your name, if you like</label>
      <input id={id} value={name} maxLength={100} autoComplete="name" enterKeyHint="done" onChange={change} />
    </div>
  );
}

function Announcer({ state }: { readonly state: ContributionsState }) {
  const heard = useRef<Heard>({ ...state, isBusy: false, quarter: 0 });
  const [text, setText] = useState('');
  useEffect(() => {
    const next = announcementAfter(heard.current, state);
    heard.current = next.heard;
    if (next.text) setText(next.text);
  }, [state]);
  return (
    <div className="visually-hidden" role="status" data-announcer="uploads">
      {text}
    </div>
  );
}
