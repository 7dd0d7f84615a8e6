import type { BrowserContext, Page } from 'playwright-core';

const NOTE = `
  globalThis.refused = [];
  document.addEventListener('securitypolicyviolation', ({ violatedDirective, sourceFile, sample }) => {
    refused.push(violatedDirective + ' in ' + sourceFile + ': ' + sample);
  });`;

/** From the next navigation on, the page notes what its policy refuses. */
export const noteRefusals = (context: BrowserContext): Promise<unknown> => context.addInitScript(NOTE);

export const refusedIn = (page: Page): Promise<readonly string[]> => page.evaluate('refused');
