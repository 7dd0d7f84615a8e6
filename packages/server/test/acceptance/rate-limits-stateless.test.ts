import { after, describe } from 'node:test';
import { NO_REDIS, startRedis } from '../../../../test/servers/redis.ts';
import { temporaryFolder } from '../faults/file-systems.ts';
import { startFleetIn } from '../fleet/fleet.ts';
import { createCloud, NO_CLOUD } from '../services/cloud.ts';
import { keyFrom } from '../services/keys-command.ts';
import { describeLimited, LIMITED } from './limited.ts';

const skip = NO_CLOUD || NO_REDIS;
if (skip) {
  describe('Safelight with rate limits as two API processes that share Redis', { skip }, () => {});
} else {
  const stack = new AsyncDisposableStack();
  after(() => stack.disposeAsync());
  const [cloud, redis] = [stack.use(await createCloud()), stack.use(await startRedis())];
  const { path } = stack.use(await temporaryFolder());
  const environment = { ...LIMITED, RATE_LIMIT_STORE: redis.url };
  const admin = await keyFrom(path, ['create', '--admin'], { ...cloud.environment, ...environment });
  const { origin } = stack.use(await startFleetIn(cloud, { services: 2, workers: 1, environment }));
  await describeLimited('rate-limits-stateless', { origin, admin: admin.key });
}
