// In the long tier: CI has the same faults of a table at records and uploads, and a gate's own in `gates/`.
import { GATED } from '../faults/records/gate-scenarios.ts';
import { describeFaults } from './matrix.ts';

describeFaults('gates', GATED, [
  'BatchGetItem image, strong',
  'GetItem image',
  'GetItem shared',
  'PutItem image',
  'PutItem key',
  'PutItem lease',
  'Query erasure',
  'Query gsi2',
  'Query gsi3',
  'Query webhook',
  'TransactWriteItems facet+image+months',
  'UpdateItem image',
  'UpdateItem key',
]);
