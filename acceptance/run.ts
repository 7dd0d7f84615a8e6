import { after } from 'node:test';
import { parseArgs } from 'node:util';
import { startService } from '../packages/server/test/services/running-service.ts';
import { connect } from './api.ts';
import { describeSafelight, TOPICS, type Topic } from './suite.ts';

const isTopic = (name: string): name is Topic => Object.hasOwn(TOPICS, name);

const { values } = parseArgs({ options: { base: { type: 'string' }, topic: { type: 'string', multiple: true } } });
const topics = values.topic?.filter(isTopic);
if (topics?.length !== values.topic?.length) {
  throw new Error(`expected topics among ${Object.keys(TOPICS).join(', ')}; got ${values.topic?.join(', ')}`);
}

if (values.base === undefined) {
  const service = await startService();
  after(() => service[Symbol.asyncDispose]());
  describeSafelight(await connect(service.origin), topics);
} else {
  describeSafelight(await connect(values.base), topics);
}
