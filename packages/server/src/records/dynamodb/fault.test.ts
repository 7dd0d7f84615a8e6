import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  ConditionalCheckFailedException,
  InternalServerError,
  ProvisionedThroughputExceededException,
  ResourceNotFoundException,
  TransactionCanceledException,
  TransactionConflictException,
  TransactionInProgressException,
} from '@aws-sdk/client-dynamodb';
import { AppError } from '../../domain/errors.ts';
import { dynamodbFault, failedConditions, isConflict } from './fault.ts';

const answered = (httpStatusCode: number) => ({
  message: 'secret-table of account 123',
  $metadata: { httpStatusCode },
});
const Item = { pk: { S: 'I#1' } };
const FAILED = { Code: 'ConditionalCheckFailed', Item };
const NONE = { Code: 'None' };

const canceled = (...CancellationReasons: { Code: string }[]) =>
  new TransactionCanceledException({ ...answered(400), CancellationReasons });

describe('failed conditions', () => {
  it('are listed by position, with the conflicting item', () => {
    const single = new ConditionalCheckFailedException({ ...answered(400), Item });
    assert.deepEqual(failedConditions(single), [FAILED]);
    assert.deepEqual(failedConditions(canceled(NONE, FAILED, NONE)), [undefined, FAILED, undefined]);
  });

  it('take precedence over a conflict of another item, since a retry cannot resolve them', () => {
    const error = canceled({ Code: 'TransactionConflict' }, FAILED);
    assert.deepEqual(failedConditions(error), [undefined, FAILED]);
    assert.equal(isConflict(error), false);
  });

  for (const [kind, error] of Object.entries({
    'a conflict': canceled({ Code: 'TransactionConflict' }, NONE),
    'a transaction without reasons': new TransactionCanceledException(answered(400)),
    'another error': new InternalServerError(answered(500)),
    'no error at all': undefined,
  })) {
    it(`are undefined for ${kind}`, () => assert.equal(failedConditions(error), undefined));
  }
});

describe('a retryable conflict', () => {
  for (const code of ['TransactionConflict', 'ThrottlingError', 'ProvisionedThroughputExceeded']) {
    it(`is a transaction with ${code} at any position`, () => {
      assert.equal(isConflict(canceled(NONE, { Code: code })), true);
      assert.equal(isConflict(canceled({ Code: code }, NONE, NONE)), true);
    });
  }

  it('is a write that conflicts with a transaction', () => {
    assert.equal(isConflict(new TransactionConflictException(answered(400))), true);
  });

  for (const [kind, error] of Object.entries({
    'a throttled call, which the SDK retries itself': new ProvisionedThroughputExceededException(answered(400)),
    'a transaction of our own that is still in progress, which the SDK awaits': new TransactionInProgressException(
      answered(400),
    ),
    'an item that is too large': canceled({ Code: 'ValidationError' }),
    'a missing table': new ResourceNotFoundException(answered(400)),
    'a programming error': new TypeError('x is undefined'),
  })) {
    it(`is not ${kind}`, () => assert.equal(isConflict(error), false));
  }
});

describe('a DynamoDB error', () => {
  for (const [kind, error] of Object.entries({
    'of throttling': new ProvisionedThroughputExceededException(answered(400)),
    'of a throttled transaction': canceled(NONE, { Code: 'ThrottlingError' }),
    'of a conflict that did not end': canceled({ Code: 'TransactionConflict' }),
    'of our own transaction that stayed in progress': new TransactionInProgressException(answered(400)),
  })) {
    it(`${kind} becomes unavailable with Retry-After`, () => {
      const fault = dynamodbFault(error);
      assert.ok(fault instanceof AppError);
      assert.deepEqual([fault.code, fault.cause], ['unavailable', error]);
      assert.match(fault.detail, /slow down/);
      assert.ok((fault.retryAfterSeconds ?? 0) > 0);
    });
  }

  it('of another kind becomes unavailable with its code, and reveals no table or account', () => {
    const fault = dynamodbFault(new ResourceNotFoundException(answered(400)));
    assert.ok(fault instanceof AppError);
    assert.equal(fault.code, 'unavailable');
    assert.equal(fault.detail, 'expected the table to answer; got 400 ResourceNotFoundException');
  });

  it('without a response is reported as such', () => {
    const fault = dynamodbFault(new Error('connect ECONNREFUSED 10.0.0.1:443'));
    assert.ok(fault instanceof AppError);
    assert.equal(fault.detail, 'expected the table to answer; got no answer');
  });

  it('that is already translated is passed on', () => {
    const error = new AppError('unavailable', 'expected the table to answer');
    assert.equal(dynamodbFault(error), error);
  });

  it('caused by a wrong request is passed on, since it is not an outage', () => {
    for (const name of ['ValidationException', 'IdempotentParameterMismatchException', 'SerializationException']) {
      const error = Object.assign(new Error('not so'), { name });
      assert.equal(dynamodbFault(error), error);
    }
  });
});
