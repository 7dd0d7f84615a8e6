import { explain, type ShareLink } from '@safelight/client';
import type { Member } from '../library/library.ts';

/** The links of pictures, as far as they are made. */
export interface Links {
  /** In the order of the pictures. */
  readonly made: readonly ShareLink[];
  readonly failed: readonly Member[];
  /** Why, each in a sentence. */
  readonly reasons: readonly string[];
  /** How many pictures are still to come. */
  readonly left: number;
}

interface CreateLinks {
  readonly members: readonly Member[];
  /** Links of other pictures. */
  readonly before: readonly ShareLink[];
  /** Errors: why there is none. */
  readonly create: (member: Member) => Promise<ShareLink>;
  readonly onChange: (links: Links) => void;
  readonly signal: AbortSignal;
}

/** The service has others to answer. */
const AT_ONCE = 2;

/** Makes a link for each picture. One that fails doesn't stop the others. */
export async function createLinks({ members, before, create, onChange, signal }: CreateLinks): Promise<void> {
  const made = new Map<Member, ShareLink>();
  const failed = new Set<Member>();
  const reasons = new Set<string>();
  const tell = (): void =>
    onChange({
      made: [...before, ...members.flatMap((member) => made.get(member) ?? [])],
      failed: [...failed],
      reasons: [...reasons],
      left: members.length - made.size - failed.size,
    });
  const line = members.values();
  const takeTurns = async (): Promise<void> => {
    for (const member of line) {
      try {
        made.set(member, await create(member));
      } catch (error) {
        failed.add(member);
        reasons.add(explain(error));
      }
      if (signal.aborted) return;
      tell();
    }
  };
  tell();
  await Promise.all(Array.from({ length: AT_ONCE }, takeTurns));
}
