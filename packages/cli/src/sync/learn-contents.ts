import { wrongUsage } from '../failure.ts';
import type { Invocation } from '../invocation.ts';
import type { SyncState } from './sync-state.ts';

const PAGE = 1_000;

/** Tells a new state what the service has, so that a folder whose state was lost isn't sent again. All or nothing. */
export async function learnContents(
  { client, interruption, connection }: Invocation,
  state: SyncState,
  { hasTrash }: { readonly hasTrash: boolean },
): Promise<void> {
  const { signal } = interruption;
  // An image in the trash was sent too; that list needs the owner's name.
  const statuses = hasTrash && connection.user !== undefined ? (['ready', 'trashed'] as const) : (['ready'] as const);
  const owner = connection.user === undefined ? {} : { user_id: connection.user };
  await state.atOnce(async () => {
    for (const status of statuses) {
      for await (const image of client.images.list({
        ...owner,
        status,
        limit: PAGE,
        fields: 'sha256,user_id',
        signal,
      })) {
        if (state.user === undefined) state.rememberUser(image.user_id);
        else if (state.user !== image.user_id)
          throw wrongUsage(
            'This credential may see the images of several users. Add --user NAME: whose images are in this folder?',
          );
        if (image.sha256 !== null && state.content(image.sha256) === undefined)
          state.rememberContent(image.sha256, { state: 'ready', imageId: image.image_id });
      }
    }
    state.rememberListed();
  });
}
