import { hash } from 'node:crypto';
import { ERASURE_KEY_BYTES } from '../../domain/user/user-hash.ts';
import type { Services } from '../../services.ts';

/** By which ids of imports are made: the key that never changes, and that backups bring back. */
export const importKey = (services: Pick<Services, 'erasures' | 'randomBytes'>): Promise<string> =>
  services.erasures.addKey(Buffer.from(services.randomBytes(ERASURE_KEY_BYTES)).toString('hex'));

/** Tells services apart, and nothing of the key. */
export const serviceOfKey = (key: string): string => hash('sha256', `import ${key}`).slice(0, 16);
