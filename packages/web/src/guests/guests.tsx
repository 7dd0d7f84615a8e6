import { useLayoutEffect, useSyncExternalStore } from 'react';
import { ConnectionBanner } from '../timeline/connection-banner.tsx';
import { catchLostFocus } from '../ui/lost-focus.ts';
import { swallowOutsidePresses } from '../ui/outside-presses.ts';
import { listenForShortcuts } from '../ui/shortcuts.tsx';
import { Toasts, undoLatest } from '../ui/toast.tsx';
import type { GuestLink } from './guest-link.ts';
import style from './guests.module.css';
import { PasswordAgain } from './password-again.tsx';
import { PasswordForm } from './password-form.tsx';
import { Ending, SharedAlbumView } from './shared-album-view.tsx';
import { useSharedAlbum } from './use-shared-album.ts';

/** The page of a link: the album for its guests, the field for its password, or why it shows nothing. */
export function Guests({ link }: { readonly link: GuestLink }) {
  useLayoutEffect(() => listenForShortcuts(undoLatest), []);
  useLayoutEffect(catchLostFocus, []);
  useLayoutEffect(swallowOutsidePresses, []);
  const state = useSyncExternalStore(link.subscribe, link.state);
  const shared = useSharedAlbum(link);
  const { album, error, refresh } = shared;
  const ending = state.kind === 'ended' ? state.sentence : undefined;
  if (!album && ending !== undefined)
    return (
      <main tabIndex={-1}>
        <Ending sentence={ending} />
      </main>
    );
  if (!album && state.kind === 'locked')
    return (
      <main className={style['doorway']} tabIndex={-1}>
        <h1>These pictures have a password</h1>
        <PasswordForm link={link} />
      </main>
    );
  return (
    <>
      <main tabIndex={-1}>
        {album ? (
          <SharedAlbumView shared={{ ...shared, album }} link={link} ending={ending} />
        ) : (
          <ConnectionBanner error={error} onRetry={refresh} />
        )}
      </main>
      {state.kind === 'locked' && <PasswordAgain link={link} />}
      <Toasts />
    </>
  );
}
