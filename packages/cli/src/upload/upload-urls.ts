import type { Description } from '@safelight/client';
import { type Ending, runBatch, type Tally } from '../batch.ts';
import type { Invocation } from '../invocation.ts';
import { rowText } from '../output/rows.ts';
import { shown } from '../output/terminal-text.ts';

export const isUrl = (path: string): boolean => /^https?:\/\//i.test(path);

export interface UrlRun {
  readonly urls: readonly string[];
  readonly concurrency: number;
  readonly description: Description;
}

/** Has the service fetch the picture at each URL. */
export async function uploadUrls(
  { client, connection, interruption, isDryRun, output }: Invocation,
  { urls, concurrency, description }: UrlRun,
): Promise<Tally> {
  const act = async (url: string, signal: AbortSignal): Promise<Ending> => {
    const name = nameOf(url);
    if (isDryRun) {
      output.answer({ event: 'planned', path: name }, `Would fetch ${shown(name)}`);
      return 'done';
    }
    const image = await client.uploadFromUrl(url, { ...description, signal });
    const facts = image.status === 'held' ? ['being checked'] : [];
    output.answer(
      { event: 'uploaded', path: name, image },
      rowText({ id: image.image_id, facts, name }, output.columns),
    );
    return 'done';
  };
  const about = (url: string) => ({ name: nameOf(url), fields: { path: nameOf(url) } });
  const { signal } = interruption;
  return await runBatch({ items: each(urls), concurrency, signal, output, connection, about, act });
}

/** Without its query, which may be a secret. */
const nameOf = (url: string): string => url.split(/[?#]/, 1)[0] ?? url;

async function* each(urls: readonly string[]): AsyncGenerator<string> {
  yield* urls;
}
