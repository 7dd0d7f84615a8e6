import type { BrowserContext, Page } from 'playwright-core';

/** The policy, for a service that stores on its own disk. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types safelight default";

/** Serves the page under the policy, and notes what it refuses in `window.refused`. */
export async function underPolicy(context: BrowserContext): Promise<void> {
  await context.route(
    ({ pathname }) => pathname === '/',
    async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, headers: { ...response.headers(), 'content-security-policy': POLICY } });
    },
  );
  await context.addInitScript(() => {
    const page = globalThis as unknown as { refused: string[]; ran: number };
    page.refused = [];
    page.ran = 0;
    document.addEventListener('securitypolicyviolation', ({ violatedDirective, sourceFile, sample }) => {
      page.refused.push(`${violatedDirective} in ${sourceFile}: ${sample}`);
    });
  });
}

export const refusedIn = (page: Page): Promise<readonly string[]> =>
  page.evaluate(() => (globalThis as unknown as { refused: readonly string[] }).refused);
