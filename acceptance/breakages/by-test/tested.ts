import type { TestedBreakage } from '../breakage.ts';
import { S3 } from './s3.ts';

/** The breakages that name the test file which detects them. */
export const TESTED: readonly TestedBreakage[] = [...S3];
