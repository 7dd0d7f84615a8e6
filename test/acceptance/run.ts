import { after } from 'node:test';
import { parseArgs } from 'node:util';
import { connect } from './api.ts';
import { startOwnService } from './own-service.ts';
import { describeSafelight, TOPICS, type Topic } from './suite.ts';

const isTopic = (name: string): name is Topic => Object.hasOwn(TOPICS, name);

const { values } = parseArgs({
  options: {
    base: { type: 'string' },
    topic: { type: 'string', multiple: true },
    without: { type: 'string', multiple: true },
    token: { type: 'string' },
    'as-user': { type: 'string' },
    'admin-token': { type: 'string' },
  },
});
const topicsIn = (given: readonly string[]): readonly Topic[] => {
  const topics = given.filter(isTopic);
  if (topics.length === given.length) return topics;
  throw new Error(`expected topics among ${Object.keys(TOPICS).join(', ')}; got ${given.join(', ')}`);
};
const without = topicsIn(values.without ?? []);
const topics = topicsIn(values.topic ?? Object.keys(TOPICS)).filter((topic) => !without.includes(topic));
const caller = { token: values.token, asUser: values['as-user'], adminToken: values['admin-token'] };
if (caller.asUser !== undefined && caller.token === undefined) throw new Error('expected --token with --as-user');

if (values.base === undefined) {
  const service = await startOwnService({ USAGE: 'on', EVENTS: 'on' });
  after(() => service[Symbol.asyncDispose]());
  describeSafelight(await connect(service.origin), topics);
} else {
  describeSafelight(await connect(values.base, caller), caller.asUser === undefined ? topics : ['own']);
}
