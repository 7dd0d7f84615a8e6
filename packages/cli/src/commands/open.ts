import { SafelightError } from '@safelight/client';
import type { Command } from 'commander';
import { EXIT } from '../exit-code.ts';
import { failure } from '../failure.ts';
import { shown } from '../output/terminal-text.ts';
import type { Start } from '../program.ts';

export function addOpen(program: Command, start: Start): void {
  program
    .command('open')
    .summary('show an image in the browser')
    .description("Shows an image in this machine's browser, by a URL that expires within minutes.")
    .argument('<id>', 'image id')
    .option('--print', 'print the URL instead')
    .action((id: string, { print }: { readonly print?: boolean }, command: Command) =>
      start(command, async ({ client, output, isDryRun }) => {
        const path = `/images/${encodeURIComponent(id)}/download`;
        const answer = (await client.request(path, { query: { disposition: 'inline' } })) as {
          readonly download_url: unknown;
        };
        const url = webUrl(answer.download_url);
        output.answer({ event: 'url', image_id: id, url }, print || isDryRun ? url : undefined);
        if (!print && !isDryRun && !output.isJson) await show(url);
        return EXIT.ok;
      }),
    );
}

/** Systems open a file or start a program for other schemes. Errors: `unexpected-answer`. */
function webUrl(given: unknown): string {
  if (typeof given === 'string' && /^https?:$/.test(URL.parse(given)?.protocol ?? '')) return given;
  throw new SafelightError('unexpected-answer', `expected the URL of an image; got ${shown(String(given))}`);
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
