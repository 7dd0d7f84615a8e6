import type { AppInfo } from './app-info.ts';
import { type Credential, keptCredential } from './credential.ts';
import { takeReturned } from './returned.ts';

/** Who comes with the page: somebody whom the issuer has sent back, or who signed in before in this tab. Errors: `SignInError`. */
export async function arrive(info: AppInfo): Promise<Credential | undefined> {
  const returned = takeReturned();
  if (!returned || !info.oidc) return keptCredential();
  const { finishSignIn } = await import('./oidc/oidc.ts');
  return finishSignIn(info, info.oidc, returned);
}
