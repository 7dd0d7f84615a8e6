import { UPLOADS } from '../faults/records/upload-scenarios.ts';
import { describeFaults } from './matrix.ts';

describeFaults('uploads', UPLOADS, [
  'GetItem image',
  'GetItem shared',
  'PutItem image',
  'PutItem key',
  'Query erasure',
  'Query gsi1',
  'TransactWriteItems external id+image+key',
  'TransactWriteItems facet+image+months',
  'TransactWriteItems image+key',
  'UpdateItem image',
  'UpdateItem key',
]);
