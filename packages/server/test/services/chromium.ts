import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

/** Debian's path; CHROMIUM overrides it. */
const PATH = process.env['CHROMIUM'] ?? '/usr/bin/chromium';

/** The reason to skip, or false; in CI a missing browser fails. */
export const NO_CHROMIUM =
  existsSync(PATH) || process.env['CI']
    ? false
    : `pages are not tested without ${PATH}: apt-get install chromium, or set CHROMIUM`;

/**
 * The limit of each wait in a page. It only ends a hang: beside other tests a page may take longer than Playwright's
 * own 30 s.
 */
export const PATIENCE_MS = 120_000;

export async function launchChromium(more: readonly string[] = []): Promise<Browser> {
  const browser = await chromium.launch({
    executablePath: PATH,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      ...more,
    ],
  });
  browser.on('context', (context) => context.setDefaultTimeout(PATIENCE_MS));
  return browser;
}
