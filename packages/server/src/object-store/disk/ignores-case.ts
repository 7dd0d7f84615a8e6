import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { STAGING } from './path.ts';

/** Whether the disk with this root takes names that differ only in case for the same one. */
export const ignoresCase = (root: string): boolean => existsSync(join(root, STAGING.toUpperCase()));
