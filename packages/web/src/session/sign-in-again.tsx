import { Dialog } from '../ui/dialog.tsx';
import { SignIn, type SignInProps } from './sign-in.tsx';

export interface SignInAgainProps extends Pick<SignInProps, 'info' | 'onSignedIn'> {
  readonly onDecline: () => void;
}

/** Above what somebody was doing when the sign-in ended. */
export const SignInAgain = ({ onDecline, ...props }: SignInAgainProps) => (
  <Dialog title="Sign in again" onClose={onDecline}>
    <SignIn {...props} problem="Your sign-in has ended. What you were doing continues afterwards." />
  </Dialog>
);
