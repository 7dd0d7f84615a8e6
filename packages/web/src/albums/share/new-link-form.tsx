import type { NewAlbumLink } from '@safelight/client';
import { type FormEvent, type Ref, useId, useState } from 'react';
import style from '../../select/dialogs.module.css';
import { Button } from '../../ui/button.tsx';
import { LINK_DURATIONS, USUAL_DURATION } from '../../viewer/link-durations.ts';
import { ContributionFields } from './contribution-fields.tsx';
import { contributionProblem, mostOf, NO_CONTRIBUTIONS } from './contribution-terms.ts';
import { passwordProblem } from './password-problem.ts';

interface NewLinkFormProps {
  readonly isBusy: boolean;
  readonly create: Ref<HTMLButtonElement>;
  readonly onCreate: (link: NewAlbumLink) => void;
}

/** What guests get. */
const GIVES = {
  view: { text: 'Look at the pictures', allow: ['view'] },
  jpeg: { text: 'Download them as JPEG too', allow: ['view', 'download'] },
  original: { text: 'Download the originals too', allow: ['view', 'download'] },
  nothing: { text: 'Only add pictures, and see none', allow: [] },
} as const;
type Gives = keyof typeof GIVES;

const TELL = 'Originals may tell where and when they were taken, and with which camera. The JPEG files do not.';

/** What a new link allows, and for how long. */
export function NewLinkForm({ isBusy, create, onCreate }: NewLinkFormProps) {
  const id = useId();
  const [gives, setGives] = useState<Gives>('view');
  const [contributions, setContributions] = useState(NO_CONTRIBUTIONS);
  const [seconds, setSeconds] = useState(USUAL_DURATION);
  const [password, setPassword] = useState('');
  const [hasCard, setHasCard] = useState(false);
  const [problem, setProblem] = useState<{ readonly password?: string; readonly most?: string }>({});
  const terms = gives === 'nothing' ? { ...contributions, mayAdd: true } : contributions;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const most = contributionProblem(terms);
    const said = password === '' ? undefined : passwordProblem(password);
    setProblem({ ...(most && { most }), ...(said && { password: said }) });
    if (most !== undefined || said !== undefined || isBusy) return;
    onCreate({
      expires_in: seconds,
      allow: [...GIVES[gives].allow, ...(terms.mayAdd ? (['contribute'] as const) : [])],
      originals: gives === 'original',
      ...(terms.mayAdd && { max_images: mostOf(terms.most), approve: terms.approve }),
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
        onChange={({ target }) => setGives(target.value as Gives)}
      >
        {Object.entries(GIVES).map(([name, { text }]) => (
          <option key={name} value={name}>
            {text}
          </option>
        ))}
      </select>
      <p id={`${id}tell`} className={style['quiet']} role="status" hidden={gives !== 'original'}>
        {gives === 'original' && TELL}
      </p>
      <ContributionFields
        terms={terms}
        problem={problem.most}
        isAlone={gives === 'nothing'}
        onChange={(next) => {
          setContributions({ ...next, mayAdd: gives === 'nothing' ? contributions.mayAdd : next.mayAdd });
          setProblem({});
        }}
      />
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
        aria-invalid={problem.password !== undefined}
        onChange={({ target }) => {
          setPassword(target.value);
          setProblem({});
        }}
      />
      <p id={`${id}problem`} role="alert" className={style['problem']}>
        {problem.password}
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
