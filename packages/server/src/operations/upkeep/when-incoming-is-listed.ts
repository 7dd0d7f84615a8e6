import type { Services } from '../../services.ts';

/** Does `list`, a list of `incoming/`, as often as the store needs it. One that `signal` ended early is done again at the next sweep. */
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
