import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { connect } from '../../../../test/acceptance/api.ts';
import { eventually } from '../../../../test/acceptance/eventually.ts';
import { startFleetIn } from '../fleet/fleet.ts';
import { isSettled, takeDeadLetters } from '../services/queue-messages.ts';
import { createQueuedCloud, NO_QUEUED_CLOUD } from '../services/queued-cloud.ts';
import { ASKS_THIS_MACHINE } from './closed.ts';
import { describeWay } from './way.ts';

if (NO_QUEUED_CLOUD) {
  describe('Safelight as two API processes and two workers with a queue', { skip: NO_QUEUED_CLOUD }, () => {});
} else {
  const stack = new AsyncDisposableStack();
  after(() => stack.disposeAsync());
  const { queue, notifications, ...cloud } = stack.use(await createQueuedCloud());
  const fleet = stack.use(await startFleetIn(cloud, { services: 2, workers: 2, environment: ASKS_THIS_MACHINE }));
  describeWay('queue', await connect(fleet.origin));

  it('the queue is empty at the end, and no message becomes a dead letter', async () => {
    assert.ok(notifications.forwarded > 0);
    await eventually(async () => assert.ok(await isSettled(queue)));
    assert.deepEqual(await takeDeadLetters(queue), []);
  });
}
