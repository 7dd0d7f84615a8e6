import { hash } from 'node:crypto';
import type { Share } from '../../domain/access/rate-limits.ts';
import type { CountedPolicy } from './rate-limiter.ts';

/** Of a fixed length, and without the name of a user or an address, which a shared store would keep. */
export const counterName = (policy: CountedPolicy, { name }: Share): string =>
  `${policy}:${hash('sha256', name, 'base64url').slice(0, HASH_LENGTH)}`;

/** 132 bits. */
const HASH_LENGTH = 22;
