import style from '../ui/banner.module.css';
import { Button } from '../ui/button.tsx';

/** Says quietly that nothing loads any more, to those who didn't want to sign in again. */
export function SignedOut({ onSignIn }: { readonly onSignIn: () => void }) {
  return (
    <div role="status" className={style['banner']}>
      Your sign-in has ended.
      <Button onClick={onSignIn}>Sign in</Button>
    </div>
  );
}
