import { hash } from 'node:crypto';
import type { Share } from '../../domain/access/rate-limits.ts';
import type { CountedPolicy } from './rate-limiter.ts';

/** The counter's name has a fixed length and doesn't reveal a user or an address to a shared store. */
export const counterName = (policy: CountedPolicy, { name }: Share): string =>
  `${policy}:${hash('sha256', name, 'base64url').slice(0, HASH_LENGTH)}`;

/** 132 bits. */
const HASH_LENGTH = 22;
