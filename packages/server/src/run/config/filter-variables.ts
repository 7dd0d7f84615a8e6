import {
  MAX_FILTER_NAME,
  MAX_FILTERS,
  MAX_VALUE_BYTES,
  parseFilterNames,
} from '../../domain/metadata/metadata-filters.ts';
import { expected, variable } from './variable.ts';

export const FILTER_VARIABLES = {
  metadataFilters: variable({
    name: 'METADATA_FILTERS',
    group: 'expert',
    default: '',
    about: `Names of your own \`metadata\`, at most ${MAX_FILTERS}, comma-separated, by which lists may be filtered: \`order\` makes \`metadata.order=A17\` a parameter. Of each image the texts of 1 to ${MAX_VALUE_BYTES} bytes count. After a change workers write the rows of all images; until then such lists are a 503. Set it once every process of the service runs a version that knows it, and the same in all that answer lists; workers follow.`,
    parse: (given) =>
      parseFilterNames(given) ??
      expected(
        `at most ${MAX_FILTERS} different names, comma-separated, each of 1 to ${MAX_FILTER_NAME} letters, digits, underscores and hyphens`,
      ),
  }),
} as const;
