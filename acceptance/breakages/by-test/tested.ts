import type { TestedBreakage } from '../breakage.ts';
import { ACCESS } from './access.ts';
import { CLIENTS } from './clients.ts';
import { CONFINEMENT } from './confinement.ts';
import { S3 } from './s3.ts';
import { UPLOADS } from './uploads.ts';
import { USAGE } from './usage.ts';

/** The breakages that name the test file which detects them. */
export const TESTED: readonly TestedBreakage[] = [...ACCESS, ...CLIENTS, ...CONFINEMENT, ...S3, ...UPLOADS, ...USAGE];
