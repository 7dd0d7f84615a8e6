import { type Album, explain, type SafelightClient } from '@safelight/client';
import { useEffect } from 'react';
import type { Library } from '../../library/library.ts';
import { AFTER_ALL, justAfter } from '../../library/position.ts';
import { useLibrary } from '../../library/source.tsx';
import type { Select } from '../../select/create-select.tsx';
import type { Range } from '../../select/selection.ts';
import { useSession } from '../../session/session.tsx';
import { showToast } from '../../ui/toast.tsx';
import { onGuestAsked } from './guest-asked.ts';

/** Selects what one guest has added to the album, once somebody asks for it, and nothing else. */
export function useGuestSelection(album: Album, select: Select | undefined): void {
  const { client } = useSession();
  const library = useLibrary();
  const { album_id: id, user_id: owner } = album;
  useEffect(() => {
    if (!select) return;
    return onGuestAsked((guest) => {
      const run = async (): Promise<void> => {
        const ranges = await rangesOf(library, await idsOf(client, { album: id, owner, guest }));
        select.selecting()?.end();
        if (ranges.length > 0) select.begin((selecting) => selecting.add(ranges));
      };
      run().catch((error: unknown) => showToast({ text: explain(error) }));
    });
  }, [client, library, id, owner, select]);
}

interface Asked {
  readonly album: string;
  readonly owner: string;
  readonly guest: string;
}

/** As many as a list of the service has. */
const PAGE = 1_000;

async function idsOf(client: SafelightClient, { album, owner, guest }: Asked): Promise<ReadonlySet<string>> {
  const ids = new Set<string>();
  const images = client.images.list({ user_id: owner, album, order: 'newest', fields: 'added_by', limit: PAGE });
  for await (const { image_id: id, added_by } of images) if (added_by?.guest_id === guest) ids.add(id);
  return ids;
}

/** Where those pictures stand: neighbours are one range. */
async function rangesOf(library: Library, ids: ReadonlySet<string>): Promise<readonly Range[]> {
  const ranges: Range[] = [];
  let open: Range | undefined;
  let found = 0;
  for (let to = AFTER_ALL; found < ids.size; ) {
    const { members, from } = await library.membersBelow(to, PAGE);
    for (const { image_id: id, at } of members) {
      if (ids.has(id)) {
        open = { from: at, to: open?.to ?? justAfter(at) };
        found += 1;
      } else if (open) {
        ranges.push(open);
        open = undefined;
      }
    }
    if (members.length === 0 || from >= to) break;
    to = from;
  }
  return open ? [...ranges, open] : ranges;
}
