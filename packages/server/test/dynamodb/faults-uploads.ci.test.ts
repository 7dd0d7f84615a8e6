import { describeFaults } from './matrix.ts';
import { UPLOADS } from './upload-scenarios.ts';

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
