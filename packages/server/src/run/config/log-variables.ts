import { LOG_LEVELS } from '../../observe/log/log-levels.ts';
import { oneOf, variable } from './variable.ts';

export const LOG_VARIABLES = {
  logLevel: variable({
    name: 'LOG_LEVEL',
    group: 'expert',
    default: 'info',
    about: `One of ${LOG_LEVELS.join(', ')}.`,
    parse: oneOf(...LOG_LEVELS),
  }),
  logFormat: variable({
    name: 'LOG_FORMAT',
    group: 'expert',
    default: 'auto',
    about: '`pretty` for people, `json` for log collectors; `auto` is pretty in a terminal.',
    parse: oneOf('auto', 'pretty', 'json'),
  }),
} as const;
