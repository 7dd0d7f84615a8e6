import type { Image } from '@safelight/client';
import type { Command } from 'commander';
import { EXIT } from '../exit-code.ts';
import { failure } from '../failure.ts';
import { shown } from '../output/terminal-text.ts';
import type { Start } from '../start.ts';

/** Browsers save these instead of showing them, so a JPEG of the same size is shown. */
const SAVED: readonly string[] = ['image/heic', 'image/tiff'];

export function addOpen(program: Command, start: Start): void {
  program
    .command('open')
    .summary('show an image in the browser')
    .description("Shows an image in this machine's browser, by a URL that expires within minutes.")
    .argument('<id>', 'image id')
    .option('--print', 'print the URL instead')
    .action((id: string, { print }: { readonly print?: boolean }, command: Command) =>
      start(command, async ({ client, output, isDryRun }) => {
        const { content_type } = Object(await client.images.get(id)) as Partial<Image>;
        const format = !isDryRun && SAVED.includes(content_type ?? '') ? 'jpeg' : undefined;
        const url = await client.images.downloadUrl(id, { disposition: 'inline', ...(format && { format }) });
        output.answer({ event: 'url', image_id: id, url }, print || isDryRun ? shown(url) : undefined);
        if (!print && !isDryRun && !output.isJson) await show(url);
        return EXIT.ok;
      }),
    );
}

/** Errors: no browser, with the URL to open elsewhere. */
async function show(url: string): Promise<void> {
  const { default: open } = await import('open');
  const cannot = (cause: unknown) =>
    failure('no-browser', `No browser could be started. Open this URL yourself: ${url}`, { cause });
  const browser = await open(url).catch((cause: unknown) => {
    throw cannot(cause);
  });
  await new Promise<void>((resolve, reject) => {
    browser.once('error', (cause) => reject(cannot(cause)));
    browser.once('spawn', () => resolve());
    if (browser.pid !== undefined) resolve();
  });
}
