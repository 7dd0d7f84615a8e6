import { useState } from 'react';
import banner from '../ui/banner.module.css';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import type { GuestLink } from './guest-link.ts';
import style from './guests.module.css';
import { PasswordForm } from './password-form.tsx';

/** The pass has ended: what is shown stays, and nothing more comes until the password is entered again. */
export function PasswordAgain({ link }: { readonly link: GuestLink }) {
  const [isAsking, setIsAsking] = useState(true);
  if (isAsking)
    return (
      <Dialog title="Enter the password again" onClose={() => setIsAsking(false)}>
        <PasswordForm link={link} />
      </Dialog>
    );
  return (
    <div role="status" className={style['above']}>
      <div className={banner['banner']}>
        <span>The password is needed again.</span>
        <Button onClick={() => setIsAsking(true)}>Enter it</Button>
      </div>
    </div>
  );
}
