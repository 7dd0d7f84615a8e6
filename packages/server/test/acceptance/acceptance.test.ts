import assert from 'node:assert/strict';
import { after } from 'node:test';
import { connect } from '../../../../test/acceptance/api.ts';
import { startService } from '../services/running-service.ts';
import { ASKS_THIS_MACHINE } from './closed.ts';
import { describeWay } from './way.ts';

const service = await startService({ USAGE: 'on', EVENTS: 'on', METADATA_FILTERS: 'order,sku', ...ASKS_THIS_MACHINE });
after(() => service[Symbol.asyncDispose]());
const api = await connect(service.origin);
assert.ok(api.countsUsage && api.countsImages && api.filtersByMetadata && api.hasEvents);
describeWay('acceptance', api);
