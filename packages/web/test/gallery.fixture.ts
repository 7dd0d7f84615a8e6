import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { launchChromium } from '../../server/test/services/chromium.ts';
import { type RunningService, startService } from '../../server/test/services/running-service.ts';
import { requireFreshGallery } from './built-gallery.fixture.ts';
import { storePicture } from './store-picture.fixture.ts';

export { NO_CHROMIUM } from '../../server/test/services/chromium.ts';

export interface Gallery extends AsyncDisposable {
  readonly service: RunningService;
  readonly browser: Browser;
  /** A new browser profile with the gallery open. */
  open(options?: Parameters<Browser['newContext']>[0] & { readonly path?: string }): Promise<OpenGallery>;
  /** Uploads a generated picture by HTTP, and returns its id. */
  seed(seed: number, fields?: Readonly<Record<string, string>>): Promise<string>;
}

export interface OpenGallery {
  readonly page: Page;
  readonly context: BrowserContext;
  /** What the page complained about: errors, and resources that its policy refused or that no server answered. */
  readonly complaints: readonly string[];
}

/**
 * Chromium writes a line for each answer with an error, such as the 404 of a picture that was trashed meanwhile: the
 * page handles them.
 */
const ANSWERED = 'Failed to load resource: the server responded with a status of';

/**
 * In the page: what lasts some seconds lasts ten minutes, since a busy machine may take longer to press Undo. The tick
 * of a copy, 2 s; the viewer's bar and sign-out's wait for the browser, 3 s; toasts, 10 s. The service's first answers,
 * for which the page waits 10 s, have a minute: a test waits until that time is over.
 */
const LONG_SECONDS = `{
  const { setTimeout } = globalThis;
  globalThis.setTimeout = (run, ms, ...rest) => setTimeout(run, [2_000, 3_000, 10_000].includes(ms) ? 600_000 : ms, ...rest);
  const { timeout } = AbortSignal;
  AbortSignal.timeout = (ms) => timeout.call(AbortSignal, ms === 10_000 ? 60_000 : ms);
}`;

/**
 * The real service, with the gallery as it is built in packages/web/dist, and Chromium. Errors: that build is of other
 * sources.
 */
export async function startGallery(
  environment: Record<string, string> = {},
  /** Fills the service's folder before it starts. */
  prepare: (folder: string) => Promise<void> = async () => {},
): Promise<Gallery> {
  await requireFreshGallery();
  const folder = await mkdtemp(join(tmpdir(), 'safelight-gallery-'));
  await prepare(folder);
  const service = await startService(environment, folder);
  const browser = await launchChromium();
  return {
    service,
    browser,
    async open({ path = '/', ...options } = {}) {
      const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'en-GB', ...options });
      await context.addInitScript(LONG_SECONDS);
      const page = await context.newPage();
      page.on('filechooser', () => undefined); // from now on Chromium hands its dialogs over, not from each wait for one on
      const complaints: string[] = [];
      page.on('pageerror', (error) => complaints.push(String(error)));
      page.on('console', (message) => {
        if (message.type() === 'error' && !message.text().startsWith(ANSWERED)) complaints.push(message.text());
      });
      // A request of the page may still be on its way through a test's route, whose error would fail the whole file.
      const close = context.close.bind(context);
      context.close = async (options) => {
        if (!page.isClosed()) await page.unrouteAll({ behavior: 'ignoreErrors' });
        await close(options);
      };
      await page.goto(new URL(path, service.origin).href);
      return { page, context, complaints };
    },
    seed: (seed, fields = {}) => storePicture({ origin: service.origin, seed, fields: { user_id: 'me', ...fields } }),
    async [Symbol.asyncDispose]() {
      await browser.close();
      await service[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
