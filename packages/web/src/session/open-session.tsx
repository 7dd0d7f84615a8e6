import { createClient } from '@safelight/client';
import { type ReactNode, useCallback, useMemo, useState } from 'react';
import { type AppInfo, orderOf } from './app-info.ts';
import { fetchFirst } from './first-answers.ts';
import { type Session, SessionProvider } from './session.tsx';
import { useChosenUsers } from './use-chosen-users.ts';
import { createWaits } from './waits.ts';

/** The session of a service without authentication: everybody is whom they say they are. */
export function OpenSession({ info, children }: { readonly info: AppInfo; readonly children: ReactNode }) {
  const { user, ownUser, chooseUser, chooseOwnUser } = useChosenUsers(undefined, { ownUser: 'me' });
  const { presets, image_types: imageTypes } = info;
  const [waits] = useState(createWaits);
  const client = useMemo(
    () => createClient({ userId: user, presets, onWait: waits.begin, fetch: fetchFirst }),
    [user, presets, waits],
  );
  const clientOf = useCallback(() => client, [client]);
  // Uploads go on when other pictures are shown.
  const uploadClient = useMemo(
    () => createClient({ userId: ownUser, presets, imageTypes, retries: 0 }),
    [ownUser, presets, imageTypes],
  );
  const session: Session = {
    info,
    client,
    clientOf,
    waits,
    eventClient: client,
    uploadClient,
    user,
    order: orderOf(info, user),
    ownUser,
    canChooseUser: true,
    users: undefined,
    areBeginnings: false,
    canListUsers: info.usage,
    chooseUser,
    chooseOwnUser,
    mayUpload: true,
    mayRead: true,
    mayFollow: true,
    mayOpenOriginals: true,
    mayReadFacts: true,
    mayReadAlbums: true,
    maySearch: info.search,
    maySign: true,
    mayModerate: true,
    maySaveSizes: true,
    mayChange: true,
    callerKind: 'open',
    beforeSignOut: neverSignsOut,
  };
  return <SessionProvider value={session}>{children}</SessionProvider>;
}

const neverSignsOut = () => (): void => undefined;
