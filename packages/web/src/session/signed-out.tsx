import { Button } from '../ui/button.tsx';
import style from './signed-out.module.css';

/** Says quietly that nothing loads any more, to those who didn't want to sign in again. */
export function SignedOut({ onSignIn }: { readonly onSignIn: () => void }) {
  return (
    <div role="status" className={style['signed-out']}>
      Your sign-in has ended.
      <Button onClick={onSignIn}>Sign in</Button>
    </div>
  );
}
