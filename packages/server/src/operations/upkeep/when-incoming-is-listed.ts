import type { Services } from '../../services.ts';

/**
 * Runs `list`, a listing of `incoming/`, at the interval that the store needs. A listing that `signal` ended early is
 * repeated at the next sweep.
 */
export async function whenIncomingIsListed(
  { incomingLists, settings }: Pick<Services, 'incomingLists' | 'settings'>,
  { signal }: { readonly signal: AbortSignal },
  list: () => Promise<void>,
): Promise<void> {
  switch (settings.incomingListing) {
    case 'never':
      return;
    case 'every-sweep':
      return list();
    case 'seldom':
      await incomingLists.once('incoming', list);
      if (signal.aborted) incomingLists.forget('incoming');
  }
}
