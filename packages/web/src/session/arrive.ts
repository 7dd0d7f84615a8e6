import type { AppInfo } from './app-info.ts';
import { type Credential, keptCredential } from './credential.ts';
import type { SignInFault } from './oidc/sign-in-error.ts';
import { takeReturned } from './returned.ts';
import { onlyOneHere } from './tabs.ts';

/**
 * Who comes with the page: somebody whom the issuer has sent back, or who signed in before, in this tab or in open
 * ones. Errors: `SignInError`.
 */
export async function arrive(info: AppInfo): Promise<Credential | undefined> {
  const returned = takeReturned();
  if (!returned || !info.oidc) return keptCredential() ?? (await ofOtherTabs());
  const { finishSignIn } = await import('./oidc/oidc.ts');
  try {
    return await finishSignIn(info, info.oidc, returned);
  } catch (error) {
    // A link of another page leads here too: it doesn't end the visit of whoever has a key.
    const kept = isNotOurs(error) ? keptCredential() : undefined;
    if (kept) return kept;
    throw error;
  }
}

/** Without an answer people sign in here. */
async function ofOtherTabs(): Promise<Credential | undefined> {
  try {
    const who = await onlyOneHere();
    return who === undefined ? undefined : await (await import('./shared-sign-in.ts')).askTabs(who);
  } catch {
    return undefined;
  }
}

const isNotOurs = (error: unknown): boolean =>
  (error as { readonly fault?: SignInFault } | undefined)?.fault === 'not-ours';
