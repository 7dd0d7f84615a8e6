import type { Rescan, RescanRequest, RescanWalk } from '../../domain/image/rescan.ts';
import { readWalk, writeWalk as write } from '../../records/coordination/walk-bookmarks.ts';
import type { Services } from '../../services.ts';

type Bookmarks = Pick<Services, 'coordination'>;

export async function readRescan({ coordination }: Bookmarks, gate: string): Promise<Rescan | undefined> {
  const request = requestIn(await coordination.bookmark(`rescan-asked-${gate}`));
  if (!request) return undefined;
  return { request, walk: await readWalk<RescanWalk>(coordination, `rescan-${gate}`, request) };
}

/** The last one of each gate of this process, with the gate's name. */
export async function readRescans(
  services: Bookmarks & Pick<Services, 'gates'>,
): Promise<readonly (readonly [gate: string, Rescan])[]> {
  const read = services.gates.map(async ({ name }) => [name, await readRescan(services, name)] as const);
  return (await Promise.all(read)).flatMap(([name, rescan]) => (rescan ? [[name, rescan] as const] : []));
}

export const writeRequest = ({ coordination }: Bookmarks, gate: string, request: RescanRequest): Promise<void> =>
  coordination.setBookmark(`rescan-asked-${gate}`, JSON.stringify(request));

export const writeWalk = ({ coordination }: Bookmarks, gate: string, walk: RescanWalk): Promise<void> =>
  write(coordination, `rescan-${gate}`, walk);

const requestIn = (bookmark: string | undefined): RescanRequest | undefined => {
  if (bookmark === undefined) return undefined;
  const { id, askedAt, before } = JSON.parse(bookmark) as StoredRequest;
  return { id, askedAt: new Date(askedAt), before: new Date(before) };
};

/** As JSON has it: times are text. */
type StoredRequest = { readonly [Name in keyof RescanRequest]: string };
