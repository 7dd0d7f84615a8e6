import { after } from 'node:test';
import { startService } from '../packages/server/test/services/running-service.ts';
import { connect } from './api.ts';
import { describeSafelight } from './suite.ts';

const service = await startService();
after(() => service[Symbol.asyncDispose]());
describeSafelight(await connect(service.origin));
