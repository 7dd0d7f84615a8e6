import { CHANGES } from '../faults/records/change-scenarios.ts';
import { LISTS } from '../faults/records/list-scenarios.ts';
import { describeFaults } from './matrix.ts';
import { OF_THE_TABLE } from './table-scenarios.ts';

describeFaults(
  'lists and changes',
  [...LISTS, ...CHANGES, ...OF_THE_TABLE],
  [
    'BatchGetItem facet+image, strong',
    'BatchGetItem image',
    'BatchGetItem image, strong',
    'DescribeTable itself',
    'GetItem image',
    'GetItem shared',
    'PutItem lease',
    'PutItem shared',
    'Query facet',
    'Query gsi1',
    'Query gsi2',
    'Query gsi3',
    'Query webhook',
    'TransactWriteItems external id+image',
    'TransactWriteItems facet+image',
    'TransactWriteItems facet+image+months',
    'UpdateItem image',
  ],
);
