import type { SafelightClient } from '@safelight/client';
import { numberText } from '../ui/formats.ts';

/** A request names at most 1,000. */
const BATCH = 1_000;

/** How many pictures are in the user's trash. Errors: those of the client. */
export async function countTrash(client: SafelightClient, user: string): Promise<number> {
  let count = 0;
  for await (const _ of client.images.list({ status: 'trashed', user_id: user, fields: 'image_id', limit: BATCH }))
    count += 1;
  return count;
}

/** Deletes all that is in the user's trash for good. Errors: EmptyingError, those of the client. */
export async function emptyTrash(client: SafelightClient, user: string): Promise<void> {
  for (;;) {
    const ids: string[] = [];
    for await (const { image_id } of client.images.list({
      status: 'trashed',
      user_id: user,
      fields: 'image_id',
      limit: BATCH,
    })) {
      ids.push(image_id);
      if (ids.length === BATCH) break;
    }
    if (ids.length === 0) return;
    const { results } = (await client.request('/images/delete', {
      method: 'POST',
      body: { image_ids: ids },
    })) as { readonly results: readonly { readonly error?: { readonly code: string } }[] };
    // Others may have deleted some meanwhile.
    const failed = results.filter(({ error }) => error && error.code !== 'image-not-found').length;
    if (failed > 0 || results.every(({ error }) => error)) throw new EmptyingError(failed || results.length);
  }
}

/** The service refused to delete some. The message is for people. */
export class EmptyingError extends Error {
  constructor(failed: number) {
    super(`${failed === 1 ? '1 picture' : `${numberText(failed)} pictures`} couldn't be deleted. Try again.`);
  }
}
