import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PERMISSIONS, type Permission } from '../../../packages/server/src/admin/provision/permissions.ts';
import { missing, unused } from './compare.ts';
import { committed, faultsOf } from './gather.ts';

const without = (changed: Permission, action: string): Permission[] =>
  PERMISSIONS.map((one) =>
    one === changed ? { ...one, actions: one.actions.filter((each) => each !== action) } : one,
  );
const added = (changed: Permission, action: string): Permission[] =>
  PERMISSIONS.map((one) => (one === changed ? { ...one, actions: [...one.actions, action] } : one));

describe('the permissions of each role', () => {
  const seen = committed();

  it('permit every command that its processes sent in the tests', () => {
    assert.deepEqual(missing(seen), []);
  });

  it('permit nothing else without a reason', () => {
    assert.deepEqual(unused(seen), []);
  });

  for (const row of PERMISSIONS) {
    if (row.why !== undefined) continue;
    for (const action of row.actions) {
      it(`are too few for ${row.roles.join(' and ')} without ${action} in ${row.sid}`, () => {
        const lines = missing(seen, without(row, action));
        assert.ok(
          lines.some((line) => line.includes(` needs ${action} on ${row.on[0]} `)),
          lines.join('\n'),
        );
      });
    }
  }

  it('are too many with an action that no command needs', () => {
    for (const row of PERMISSIONS.filter(({ why }) => why === undefined)) {
      const expected = row.roles.flatMap((role) =>
        row.on.map((place) => `unused: ${role} has s3:DeleteBucket on ${place}`),
      );
      assert.deepEqual(unused(seen, added(row, 's3:DeleteBucket')), expected);
    }
  });

  it('have a reason for each action without a command', () => {
    for (const { why, sid } of PERMISSIONS) assert.ok(why === undefined || why.length > 20, sid);
  });

  it('name each action of a role on a place once', () => {
    const rights = PERMISSIONS.flatMap(({ roles, on, actions }) =>
      roles.flatMap((role) => on.flatMap((place) => actions.map((action) => `${role} ${action} ${place}`))),
    );
    assert.deepEqual(
      rights.filter((one, at) => rights.indexOf(one) !== at),
      [],
    );
  });
});

describe('a run of tests', () => {
  it('fails on a command that the file lacks, and on one that its role may not send', () => {
    const known = { worker: ['SQS ReceiveMessage queue'] };
    assert.deepEqual(faultsOf({ worker: ['SQS ReceiveMessage queue'] }, known), []);
    assert.deepEqual(faultsOf({ worker: ['SQS SetQueueAttributes queue'] }, known), [
      'new: worker sends SQS SetQueueAttributes queue',
      'missing: worker needs sqs:SetQueueAttributes on queue for SQS SetQueueAttributes queue',
    ]);
    assert.deepEqual(faultsOf({ api: ['SQS GetQueueAttributes queue'] }, known), [
      'new: api sends SQS GetQueueAttributes queue',
    ]);
  });
});
