import { createClient } from '@safelight/client';
import type { Session } from '../session/session.tsx';
import { createWaits } from '../session/waits.ts';

const nothing = (): void => undefined;

/**
 * For the grid: it may look, and nothing else. The client has no credential of anybody, also where this browser has one
 * for the gallery. `presets`: the transform of each, as a query.
 */
export function createGuestSession(presets: Readonly<Record<string, string>>): Session {
  const waits = createWaits();
  const client = createClient({ presets, onWait: waits.begin });
  return {
    info: {
      auth: [],
      oidc: null,
      search: false,
      usage: false,
      trash_days: 0,
      limits: { max_upload_bytes: 0, max_direct_upload_bytes: 0 },
      presets,
      clockSkewSeconds: 0,
    },
    client,
    clientOf: () => client,
    waits,
    eventClient: client,
    uploadClient: client,
    user: '', // nobody is told whose pictures they are
    order: 'upload',
    ownUser: '',
    canChooseUser: false,
    users: [],
    areBeginnings: false,
    canListUsers: false,
    chooseUser: nothing,
    chooseOwnUser: nothing,
    mayUpload: false,
    mayRead: true,
    mayFollow: false,
    mayOpenOriginals: false,
    mayReadFacts: false,
    mayReadAlbums: false,
    maySearch: false,
    maySign: false,
    mayModerate: false,
    maySaveSizes: false,
    mayChange: false,
    callerKind: 'open',
    beforeSignOut: () => nothing,
  };
}
