import { after, describe } from 'node:test';
import { connect } from '../../../../test/acceptance/api.ts';
import { NO_DYNOXIDE } from '../../../../test/servers/dynoxide.ts';
import { startServiceOnDynamo } from '../services/dynamo-service.ts';
import { describeWay } from './way.ts';

if (NO_DYNOXIDE) {
  describe('Safelight with records in DynamoDB', { skip: NO_DYNOXIDE }, () => {});
} else {
  const service = await startServiceOnDynamo({ USAGE: 'on', EVENTS: 'on', METADATA_FILTERS: 'order,sku' });
  after(() => service[Symbol.asyncDispose]());
  describeWay('dynamodb', await connect(service.origin));
}
