import type { NewAlbumLink } from '@safelight/client';
import { type FormEvent, type Ref, useId, useState } from 'react';
import style from '../../select/dialogs.module.css';
import { Button } from '../../ui/button.tsx';
import { LINK_DURATIONS, USUAL_DURATION } from '../../viewer/link-durations.ts';

interface NewLinkFormProps {
  readonly isBusy: boolean;
  readonly create: Ref<HTMLButtonElement>;
  readonly onCreate: (link: NewAlbumLink) => void;
}

/** As the service has it. Characters. */
const SHORTEST_PASSWORD = 8;
const LONGEST_PASSWORD = 200;

const TELL = 'Originals may tell where and when they were taken, and with which camera. The JPEG files do not.';

/** What a new link allows, and for how long. */
export function NewLinkForm({ isBusy, create, onCreate }: NewLinkFormProps) {
  const id = useId();
  const [gives, setGives] = useState<'view' | 'jpeg' | 'original'>('view');
  const [seconds, setSeconds] = useState(USUAL_DURATION);
  const [password, setPassword] = useState('');
  const [hasCard, setHasCard] = useState(false);
  const [problem, setProblem] = useState<string>();
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const said = problemOf(password);
    setProblem(said);
    if (said !== undefined || isBusy) return;
    onCreate({
      expires_in: seconds,
      allow: gives === 'view' ? ['view'] : ['view', 'download'],
      originals: gives === 'original',
      card: hasCard && password === '',
      ...(password !== '' && { password }),
    });
  };
  return (
    <form className={style['form']} onSubmit={submit}>
      <label htmlFor={`${id}may`}>Guests may</label>
      <select
        id={`${id}may`}
        value={gives}
        aria-describedby={`${id}tell`}
        onChange={({ target }) => setGives(target.value as typeof gives)}
      >
        <option value="view">Look at the pictures</option>
        <option value="jpeg">Download them as JPEG too</option>
        <option value="original">Download the originals too</option>
      </select>
      <p id={`${id}tell`} className={style['quiet']} role="status" hidden={gives !== 'original'}>
        {gives === 'original' && TELL}
      </p>
      <label htmlFor={`${id}ends`}>Ends after</label>
      <select id={`${id}ends`} value={seconds} onChange={({ target }) => setSeconds(Number(target.value))}>
        {LINK_DURATIONS.map(([value, text]) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </select>
      <label htmlFor={`${id}password`}>Password, if guests need one</label>
      <input
        id={`${id}password`}
        value={password}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        aria-describedby={`${id}problem`}
        aria-invalid={problem !== undefined}
        onChange={({ target }) => {
          setPassword(target.value);
          setProblem(undefined);
        }}
      />
      <p id={`${id}problem`} role="alert" className={style['problem']}>
        {problem}
      </p>
      <label className={style['choice']} htmlFor={`${id}card`}>
        <input
          id={`${id}card`}
          type="checkbox"
          checked={hasCard && password === ''}
          disabled={password !== ''}
          onChange={({ target }) => setHasCard(target.checked)}
        />
        Show title and cover where the link is posted
      </label>
      <Button ref={create} isMain type="submit" aria-disabled={isBusy}>
        Create link
      </Button>
    </form>
  );
}

function problemOf(password: string): string | undefined {
  if (password === '' || (password.length >= SHORTEST_PASSWORD && password.length <= LONGEST_PASSWORD))
    return undefined;
  return password.length < SHORTEST_PASSWORD
    ? `A password has at least ${SHORTEST_PASSWORD} characters.`
    : `A password has at most ${LONGEST_PASSWORD} characters.`;
}
