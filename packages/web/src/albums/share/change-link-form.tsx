import type { AlbumLink, AlbumLinkChanges } from '@safelight/client';
import { type FormEvent, useId, useState } from 'react';
import style from '../../select/dialogs.module.css';
import { Button } from '../../ui/button.tsx';
import { dateAndTime } from '../../ui/formats.ts';
import { LINK_DURATIONS } from '../../viewer/link-durations.ts';
import { ContributionFields } from './contribution-fields.tsx';
import { contributionProblem, contributionTermsOf } from './contribution-terms.ts';
import { linkChanges } from './link-changes.ts';
import { passwordProblem } from './password-problem.ts';

interface ChangeLinkFormProps {
  readonly link: AlbumLink;
  readonly isBusy: boolean;
  readonly onChange: (changes: AlbumLinkChanges) => void;
  readonly onCancel: () => void;
}

/** What can be changed of a link, whose URL stays. */
export function ChangeLinkForm({ link, isBusy, onChange, onCancel }: ChangeLinkFormProps) {
  const id = useId();
  const [terms, setTerms] = useState(() => contributionTermsOf(link));
  const [seconds, setSeconds] = useState<number>();
  const [password, setPassword] = useState('');
  const [isWithout, setIsWithout] = useState(false);
  const [problem, setProblem] = useState<{ readonly password?: string; readonly most?: string }>({});
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const most = contributionProblem(terms);
    const said = isWithout || password === '' ? undefined : passwordProblem(password);
    setProblem({ ...(most && { most }), ...(said && { password: said }) });
    if (most !== undefined || said !== undefined || isBusy) return;
    const wanted = isWithout ? null : password === '' ? undefined : password;
    const changes = linkChanges(link, { contributions: terms, seconds, password: wanted });
    if (changes) onChange(changes);
    else onCancel();
  };
  return (
    <form className={style['form']} aria-label="Change the link" onSubmit={submit}>
      <ContributionFields
        terms={terms}
        problem={problem.most}
        isAlone={!link.allow.includes('view')}
        onChange={(next) => {
          setTerms(next);
          setProblem({});
        }}
      />
      <label htmlFor={`${id}ends`}>Ends</label>
      <select
        id={`${id}ends`}
        value={seconds ?? ''}
        onChange={({ target }) => setSeconds(target.value === '' ? undefined : Number(target.value))}
      >
        <option value="">As before, {dateAndTime(Date.parse(link.expires_at))}</option>
        {LINK_DURATIONS.filter(([value]) => isReached(link, value)).map(([value, text]) => (
          <option key={value} value={value}>
            {text} from now
          </option>
        ))}
      </select>
      <label htmlFor={`${id}password`}>{link.has_password ? 'Another password' : 'Password, if guests need one'}</label>
      <input
        id={`${id}password`}
        value={isWithout ? '' : password}
        disabled={isWithout}
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
      {link.has_password && (
        <label className={style['choice']} htmlFor={`${id}without`}>
          <input
            id={`${id}without`}
            type="checkbox"
            checked={isWithout}
            onChange={({ target }) => setIsWithout(target.checked)}
          />
          Ask guests for no password any more
        </label>
      )}
      <Button isMain type="submit" aria-disabled={isBusy}>
        Save
      </Button>
    </form>
  );
}

/** The URL of a link ends two years after it was made, and the link with it. */
const URL_YEARS = 2;

function isReached({ created_at: created }: AlbumLink, seconds: number): boolean {
  const end = new Date(created);
  end.setUTCFullYear(end.getUTCFullYear() + URL_YEARS);
  return Date.now() + seconds * 1_000 < end.getTime();
}
