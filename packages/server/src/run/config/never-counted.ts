import { ConfigError } from './config.ts';

/** The start of a service that would count from nothing. */
export const neverCounted = (): ConfigError =>
  new ConfigError([
    {
      name: 'USAGE',
      detail:
        'expected records that were added up once, with npm run admin -- quota reconcile; got records that never were',
    },
  ]);

export const STOPPED_COUNTING =
  'USAGE is off: usage is no longer counted. Run npm run admin -- quota reconcile before it is on again.';
