import { INCOMING_PREFIX } from '../../domain/object-key.ts';

/** What the keys of the service's objects begin with: whatever else is in the bucket is none of its business. */
export const PREFIXES = [INCOMING_PREFIX, 'images/', 'renditions/'] as const;
