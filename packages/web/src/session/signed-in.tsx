import { createClient, type SafelightClient } from '@safelight/client';
import { type ReactNode, useCallback, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { numberText } from '../ui/formats.ts';
import { ask } from '../ui/question.tsx';
import { type AppInfo, orderOf } from './app-info.ts';
import {
  type Caller,
  mayChange,
  mayFollow,
  mayModerate,
  mayOpenOriginals,
  mayReadAlbums,
  mayReadFacts,
  maySaveSizes,
  maySearch,
  maySee,
  maySeeDates,
  maySign,
  mayUpload,
} from './caller.ts';
import { fetchFirst } from './first-answers.ts';
import { type Session, SessionProvider, type Unfinished } from './session.tsx';
import type { Tokens } from './tokens.ts';
import { useChosenUsers } from './use-chosen-users.ts';
import { createWaits } from './waits.ts';

export interface SignedInProps {
  readonly info: AppInfo;
  readonly caller: Caller;
  readonly tokens: Tokens;
  readonly signOut: () => Promise<void>;
  readonly children: ReactNode;
}

/** Sign-out waits at most so long for the browser to delete files. That goes on afterwards. */
const FORGETTING_MS = 3_000;

/** Somebody whom the service knows. Users see their own pictures; who acts for several chooses one. */
export function SignedIn({ info, caller, tokens, signOut, children }: SignedInProps) {
  const areBeginnings = caller.user_prefixes !== undefined;
  const users = caller.user_prefixes ?? caller.users ?? undefined;
  const { user, ownUser, chooseUser, chooseOwnUser } = useChosenUsers(users, { ownUser: 'me', areBeginnings });
  const { presets, image_types: imageTypes } = info;
  const token = useMemo(() => {
    // A used-up upload token is refused without an end of the sign-in: nobody is asked for another.
    const isForOneTask = caller.kind === 'upload-token';
    return () => (isForOneTask ? tokens.credential().token() : tokens.source());
  }, [caller, tokens]);
  const [waits] = useState(createWaits);
  const client = useMemo(
    () => createClient({ token: token(), userId: user, presets, onWait: waits.begin, fetch: fetchFirst }),
    [token, user, presets, waits],
  );
  const clientOf = useMemo(() => {
    const clients = new Map<string, SafelightClient>();
    const clientOf = (owner: string): SafelightClient => {
      if (user !== undefined || caller.kind !== 'service') return client;
      const made = clients.get(owner) ?? createClient({ token: token(), userId: owner, presets, onWait: waits.begin });
      clients.set(owner, made);
      return made;
    };
    return clientOf;
  }, [client, caller, token, user, presets, waits]);
  const eventClient = useMemo(() => createClient({ token: tokens.quietSource(), userId: user }), [tokens, user]);
  // Uploads go on when other pictures are shown.
  const uploadClient = useMemo(
    () => createClient({ token: token(), userId: ownUser, presets, imageTypes, retries: 0 }),
    [token, ownUser, presets, imageTypes],
  );
  const works = useRef(new Set<Unfinished>());
  useLayoutEffect(() => {
    const { current } = works;
    return () => {
      for (const work of current) work.hide?.();
    };
  }, []);
  const beforeSignOut = useCallback((work: Unfinished) => {
    works.current.add(work);
    return () => void works.current.delete(work);
  }, []);
  const signOutOnceSure = async (): Promise<void> => {
    const ended = [...works.current];
    const begun = ended.filter((work) => work.unfinished() > 0);
    const uploads = begun.reduce((sum, work) => sum + (work.words === undefined ? work.unfinished() : 0), 0);
    const ofUploads = uploads === 1 ? "1 upload isn't finished." : `${numberText(uploads)} uploads aren't finished.`;
    const text = [uploads > 0 && ofUploads, ...begun.map(({ words }) => words)].filter(Boolean).join(' ');
    if (text !== '' && !(await ask({ title: 'Sign out?', text, action: 'Sign out and forget them' }))) return;
    const forgotten = Promise.all(ended.map((work) => work.forget()));
    await Promise.race([forgotten, new Promise((resolve) => setTimeout(resolve, FORGETTING_MS))]);
    await signOut();
  };
  const session: Session = {
    info,
    client,
    clientOf,
    waits,
    eventClient,
    uploadClient,
    user,
    order: maySeeDates(caller) ? orderOf(info, user) : 'upload',
    ownUser,
    canChooseUser: users === undefined || areBeginnings || users.length > 1,
    users,
    areBeginnings,
    canListUsers: info.usage && caller.kind === 'admin',
    chooseUser,
    chooseOwnUser,
    mayUpload: mayUpload(caller),
    mayRead: maySee(caller),
    mayFollow: mayFollow(caller),
    mayOpenOriginals: mayOpenOriginals(caller),
    mayReadFacts: mayReadFacts(caller),
    mayReadAlbums: mayReadAlbums(caller),
    maySearch: info.search && maySearch(caller),
    maySign: maySign(caller),
    mayModerate: mayModerate(caller),
    maySaveSizes: maySaveSizes(caller),
    mayChange: mayChange(caller),
    callerKind: caller.kind,
    signOut: signOutOnceSure,
    beforeSignOut,
  };
  return <SessionProvider value={session}>{children}</SessionProvider>;
}
