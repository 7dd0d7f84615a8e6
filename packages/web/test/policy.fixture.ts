import type { BrowserContext, Page } from 'playwright-core';

/** The policy, for a service that stores on its own disk. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types safelight default";

const NOTE_REFUSALS = `
  globalThis.refused = [];
  document.addEventListener('securitypolicyviolation', ({ violatedDirective, sourceFile, sample }) => {
    refused.push(violatedDirective + ' in ' + sourceFile + ': ' + sample);
  });`;

/** From the next navigation on, the page is served under the policy, and what the policy refuses is noted. */
export async function underPolicy(context: BrowserContext): Promise<void> {
  await context.route(
    ({ pathname }) => pathname === '/',
    async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, headers: { ...response.headers(), 'content-security-policy': POLICY } });
    },
  );
  await context.addInitScript(NOTE_REFUSALS);
}

export const refusedIn = (page: Page): Promise<readonly string[]> => page.evaluate('refused');
