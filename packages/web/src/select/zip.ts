import { makeZip } from 'client-zip';
import type { Member } from '../library/library.ts';
import { hasClock, timeOf } from '../library/position.ts';
import { createEntryNames } from './entry-names.ts';

/** What goes into a zip. */
export interface Zipping {
  readonly members: readonly Member[];
  /** The bytes of one picture. Errors: why there are none. */
  readonly bytesOf: (member: Member) => Promise<Blob>;
  /** In a sentence. */
  readonly explain: (error: unknown) => string;
  readonly onMember: (isThere: boolean) => void;
  readonly isStopped: () => boolean;
}

/** So many are asked for at a time: a list of thousands leaves the service to others. */
const AT_ONCE = 3;
/** Years that a zip can tell. */
const YEARS = { first: 1980, last: 2107 };

/**
 * A zip with the pictures, as a stream. One that can't be had is named in `errors.txt`: each is complete before it
 * begins in the zip. After a stop it has what was there until then.
 */
export const zipOf = (zipping: Zipping): ReadableStream<Uint8Array> => makeZip(entriesOf(zipping));

async function* entriesOf({ members, bytesOf, explain, onMember, isStopped }: Zipping) {
  const nameOf = createEntryNames();
  const errors: string[] = [];
  const coming: Promise<{ readonly blob: Blob } | { readonly error: unknown }>[] = [];
  const ask = (member: Member | undefined): void => {
    if (!member) return;
    coming.push(
      bytesOf(member).then(
        (blob) => ({ blob }),
        (error: unknown) => ({ error }),
      ),
    );
  };
  for (const member of members.slice(0, AT_ONCE)) ask(member);
  for (const [index, member] of members.entries()) {
    const got = await coming.shift();
    if (isStopped()) {
      errors.push(`Stopped before ${members.length - index} of ${members.length} pictures.`);
      break;
    }
    ask(members[index + AT_ONCE]);
    if (got && 'blob' in got) {
      const { blob } = got;
      const name = nameOf(member.filename, blob.type);
      yield { name, input: blob, size: blob.size, lastModified: dateOf(member) };
    } else errors.push(`${member.filename} (${member.image_id}): ${explain(got?.error)}`);
    onMember(got !== undefined && 'blob' in got);
  }
  if (errors.length > 0)
    yield { name: nameOf('errors.txt', 'text/plain'), input: `${errors.join('\n')}\n`, lastModified: new Date() };
}

/** When it was taken, as its own clock showed it, where the order tells. */
function dateOf({ at }: Member): Date {
  const date = new Date(timeOf(at));
  const year = date.getUTCFullYear();
  if (!hasClock(at) || year < YEARS.first || year > YEARS.last) return new Date();
  return new Date(
    year,
    date.getUTCMonth(),
    date.getUTCDate(),
    date.getUTCHours(),
    date.getUTCMinutes(),
    date.getUTCSeconds(),
  );
}
