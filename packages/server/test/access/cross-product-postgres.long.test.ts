// In the long tier: who may do what is decided above the records: CI has the same routes, callers and images on SQLite.
import { after } from 'node:test';
import { NO_POSTGRES } from '../../../../test/servers/postgres-for-tests.ts';
import { createOwnDatabase } from '../services/postgres-service.ts';
import { createTestService } from '../services/service.ts';
import { sharedImaging } from '../services/shared-imaging.ts';
import { describeCrossProduct } from './cross-product.ts';

const stack = new AsyncDisposableStack();
after(async () => {
  await sharedImaging[Symbol.asyncDispose]();
  await stack.disposeAsync();
});

describeCrossProduct('on PostgreSQL', NO_POSTGRES, async ({ environment, observe }) => {
  const database = stack.use(await createOwnDatabase());
  return createTestService({
    environment: { DATABASE_URL: database.url, ...environment },
    overrides: { wrapImaging: () => sharedImaging },
    observe,
  });
});
