import { handedUrl } from '@safelight/client';
import type { Command } from 'commander';
import { EXIT } from '../exit-code.ts';
import { failure } from '../failure.ts';
import { shown } from '../output/terminal-text.ts';
import type { Start } from '../start.ts';

export function addOpen(program: Command, start: Start): void {
  program
    .command('open')
    .summary('show an image in the browser')
    .description("Shows an image in this machine's browser, by a URL that expires within minutes.")
    .argument('<id>', 'image id')
    .option('--print', 'print the URL instead')
    .action((id: string, { print }: { readonly print?: boolean }, command: Command) =>
      start(command, async ({ client, connection, output, isDryRun }) => {
        const path = `/images/${encodeURIComponent(id)}/download`;
        const answer = (await client.request(path, { query: { disposition: 'inline' } })) as {
          readonly download_url: unknown;
        };
        // Systems open a file or start a program for other schemes.
        const url = handedUrl(answer.download_url, connection.url);
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
