import { type FormEvent, useEffect, useId, useMemo, useState } from 'react';
import type { Member } from '../library/library.ts';
import type { Visibility } from '../library/library-query.ts';
import { useSession } from '../session/session.tsx';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { numberText } from '../ui/formats.ts';
import type { ChangeDialogProps } from './change-dialog.ts';
import style from './dialogs.module.css';
import { picturesText } from './words.ts';

/** The links of so many pictures are counted before: each is a request. */
const MOST_COUNTED = 20;

const MEANINGS = {
  private: 'Those who are signed in and may see them, and those with a link.',
  public: 'Anyone who knows the address of one. The originals stay private.',
} as const satisfies Readonly<Record<Visibility, string>>;

/** Asks before the links of the selected pictures end. */
export function VisibilityDialog({ selecting, onClose, onChange }: ChangeDialogProps) {
  const id = useId();
  const members = useMemo(() => selecting.members(), [selecting]);
  const [chosen, setChosen] = useState<Visibility>(() =>
    members.every(({ visibility }) => visibility === 'private') ? 'public' : 'private',
  );
  const changing = useMemo(() => members.filter(({ visibility }) => visibility !== chosen), [members, chosen]);
  const links = useLinkCount(changing);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const words = {
      doing: `Making ${chosen}`,
      done: 'Made',
      as: ` ${chosen}`,
      unchanged: `They are ${chosen} already.`,
    };
    if (changing.length > 0) onChange(words, { visibility: chosen }, changing);
  };
  return (
    <Dialog title={`Visibility of ${picturesText(members.length)}`} onClose={onClose}>
      <form className={style['form']} onSubmit={submit}>
        <label htmlFor={id}>Who may see {members.length === 1 ? 'it' : 'them'}</label>
        <select id={id} value={chosen} onChange={({ target }) => setChosen(target.value as Visibility)}>
          <option value="private">Private</option>
          <option value="public">Public</option>
        </select>
        <p className={style['quiet']}>{MEANINGS[chosen]}</p>
        <p role="status">
          {changing.length === 0
            ? `All of them are ${chosen} already.`
            : `${picturesText(changing.length)} will change. ${linksText(links)} This can't be undone.`}
        </p>
        <Button isMain type="submit" aria-disabled={changing.length === 0}>
          {`Make ${chosen}`}
        </Button>
      </form>
    </Dialog>
  );
}

function linksText(links: number | undefined): string {
  if (links === undefined) return 'Links may end.';
  if (links === 0) return 'No link ends.';
  return links === 1 ? '1 link ends.' : `${numberText(links)} links end.`;
}

/** undefined: not known. */
function useLinkCount(members: readonly Member[]): number | undefined {
  const { clientOf } = useSession();
  const [counted, setCounted] = useState<{ readonly of: readonly Member[]; readonly links: number }>();
  useEffect(() => {
    if (members.length > MOST_COUNTED) return;
    let isHere = true;
    const count = async (): Promise<void> => {
      let links = 0;
      for (const { image_id, user_id } of members) {
        if (!isHere) return;
        links += (await clientOf(user_id).images.links(image_id)).length;
      }
      if (isHere) setCounted({ of: members, links });
    };
    count().catch(() => undefined); // they may end
    return () => {
      isHere = false;
    };
  }, [members, clientOf]);
  return counted?.of === members ? counted.links : undefined;
}
