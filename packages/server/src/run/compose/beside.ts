import { randomBytes } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import type { Observer } from '../../observe/observer/observer.ts';
import { createBlockedUsers } from '../../records/erasures/blocked-users.ts';
import type { Services } from '../../services.ts';
import type { Config, Secrets } from '../config/config.ts';
import { openRecords } from './open-records.ts';
import { SYSTEM_CLOCK } from './system-clock.ts';

/** What commands about keys, usage and facts need. */
export interface BesideComposition extends AsyncDisposable {
  readonly services: Pick<Services, 'keys' | 'usage' | 'blocked' | 'coordination' | 'clock' | 'newId' | 'randomBytes'>;
}

/**
 * Opens keys, usage and bookmarks of a configuration, also beside a running service: SQLite lets both write, and the
 * command touches no image, which the service remembers. Errors: `unavailable`, with a sentence for the operator.
 */
export async function composeBeside(
  config: Config,
  { awsKeys, databaseUrl }: Secrets,
  { observe }: { readonly observe: Observer },
): Promise<BesideComposition> {
  const clock = SYSTEM_CLOCK;
  const records = await openRecords(config, { access: 'beside', awsKeys, databaseUrl, clock, observe });
  const { keys, usage, coordination, erasures } = records;
  const blocked = createBlockedUsers({ read: (now) => erasures.blocks(now), clock });
  return {
    services: { keys, usage, blocked, coordination, clock, newId: () => uuidv7(), randomBytes },
    [Symbol.asyncDispose]: () => records[Symbol.asyncDispose](),
  };
}
