import type { Rescan, RescanRequest, RescanWalk } from '../../domain/image/rescan.ts';
import type { Services } from '../../services.ts';

type Bookmarks = Pick<Services, 'coordination'>;

/**
 * Two bookmarks, each with one kind of writer: requests write the first, and the holder of the lease the second. So
 * neither overwrites what the other has written.
 */
export async function readRescan({ coordination }: Bookmarks, gate: string): Promise<Rescan | undefined> {
  const request = requestIn(await coordination.bookmark(`rescan-asked-${gate}`));
  if (!request) return undefined;
  const walk = walkIn(await coordination.bookmark(`rescan-${gate}`));
  return { request, walk: walk?.id === request.id ? walk : null };
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
  coordination.setBookmark(`rescan-${gate}`, JSON.stringify(walk));

const requestIn = (bookmark: string | undefined): RescanRequest | undefined => {
  if (bookmark === undefined) return undefined;
  const { id, askedAt, before } = JSON.parse(bookmark) as Stored<RescanRequest>;
  return { id, askedAt: new Date(askedAt), before: new Date(before) };
};

const walkIn = (bookmark: string | undefined): RescanWalk | undefined => {
  if (bookmark === undefined) return undefined;
  const { failing, doneAt, ...walk } = JSON.parse(bookmark) as Stored<RescanWalk>;
  return {
    ...walk,
    failing: failing && { since: new Date(failing.since), until: new Date(failing.until) },
    doneAt: doneAt === null ? null : new Date(doneAt),
  };
};

/** As JSON has it: times are text. */
type Stored<Value> = {
  readonly [Name in keyof Value]: Value[Name] extends Date | null
    ? Value[Name] extends Date
      ? string
      : string | null
    : Value[Name] extends object | null
      ? Stored<NonNullable<Value[Name]>> | null
      : Value[Name];
};
