import { useId } from 'react';
import style from '../../select/dialogs.module.css';
import { useSession } from '../../session/session.tsx';
import type { ContributionTerms } from './contribution-terms.ts';

interface ContributionFieldsProps {
  readonly terms: ContributionTerms;
  readonly problem: string | undefined;
  /** Whether the link gives nothing else, so that it can't be taken away. */
  readonly isAlone: boolean;
  readonly onChange: (terms: ContributionTerms) => void;
}

/** Whether guests may add pictures, how many, and whether the owner looks at each first. */
export function ContributionFields({ terms, problem, isAlone, onChange }: ContributionFieldsProps) {
  const { info } = useSession();
  const id = useId();
  const { mayAdd, most, approve } = terms;
  return (
    <>
      {!isAlone && (
        <label className={style['choice']} htmlFor={`${id}add`}>
          <input
            id={`${id}add`}
            type="checkbox"
            checked={mayAdd}
            onChange={({ target }) => onChange({ ...terms, mayAdd: target.checked })}
          />
          Guests may add pictures
        </label>
      )}
      {mayAdd && (
        <>
          <label htmlFor={`${id}most`}>Pictures at most, of all guests together</label>
          <input
            id={`${id}most`}
            value={most}
            inputMode="numeric"
            placeholder="Any number"
            autoComplete="off"
            aria-describedby={`${id}problem`}
            aria-invalid={problem !== undefined}
            onChange={({ target }) => onChange({ ...terms, most: target.value })}
          />
          <p id={`${id}problem`} role="alert" className={style['problem']}>
            {problem}
          </p>
        </>
      )}
      {/* Without authentication everybody could decide. */}
      {mayAdd && info.auth.length > 0 && (
        <>
          <label className={style['choice']} htmlFor={`${id}approve`}>
            <input
              id={`${id}approve`}
              type="checkbox"
              checked={approve}
              aria-describedby={`${id}look`}
              onChange={({ target }) => onChange({ ...terms, approve: target.checked })}
            />
            I look at each picture first
          </label>
          <p id={`${id}look`} className={style['quiet']} hidden={!approve}>
            Each waits in the album until you accept or refuse it. After 30 days it is refused.
          </p>
        </>
      )}
    </>
  );
}
