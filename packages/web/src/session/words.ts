import { explain, SafelightError } from '@safelight/client';
import type { SignInFault } from './oidc/sign-in-error.ts';

const FAULTS: Readonly<Record<SignInFault, string>> = {
  refused: 'You were not signed in. Try again, or ask your administrator for access.',
  'not-ours': "This sign-in wasn't begun here, or it has been used. Sign in once more.",
  unreachable: "The sign-in service can't be reached. Try again in a moment.",
  issuer:
    "The sign-in service answered in a way that can't be trusted. Try again; if it happens again, tell your administrator.",
};

/** Why somebody isn't signed in, and what to do. */
export function wordsFor(error: unknown): string {
  const fault = (error as { readonly fault?: SignInFault } | undefined)?.fault;
  if (fault !== undefined) return FAULTS[fault];
  if (error instanceof SafelightError && error.status === 401) {
    return "This sign-in isn't accepted. Check that the whole key was pasted and that it hasn't expired, or ask for a new one.";
  }
  return explain(error);
}
