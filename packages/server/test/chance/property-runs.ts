// For `node --import` in a run with REPEATS: properties without a count of their own.
import fc from 'fast-check';
import { repeatsOf } from '../repeats.ts';

fc.configureGlobal({ numRuns: repeatsOf('properties').count });
